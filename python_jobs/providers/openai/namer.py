"""Cluster names by a chat model with structured outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from python_jobs.providers import validation
from python_jobs.providers.base import ClusterName, Namings, Usage
from python_jobs.providers.naming import distinct
from python_jobs.providers.openai import models, prompts
from python_jobs.providers.openai.client import Client, ClientOptions, chat_body
from python_jobs.settings import OPENAI_CHAT_MODEL, Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from python_jobs.providers.base import ClusterEvidence


class OpenAINamer:
    """A `Namer`; one instance serves all threads.

    Args:
        settings: key, address, model.
        options: see `ClientOptions`.

    Raises:
        ConfigurationError: no key, or a model that gives embeddings.
    """

    prompt_hash = prompts.NAMING_HASH

    def __init__(self, settings: Settings, **options: Unpack[ClientOptions]) -> None:
        self.model = settings.chat_model or OPENAI_CHAT_MODEL
        models.check_chat(self.model)
        self._client = Client(settings, **options)
        self.provider = self._client.provider

    def name_siblings(
        self, evidence: Sequence[ClusterEvidence], taken: Collection[str] = ()
    ) -> Namings:
        """Name the clusters in one request; a name given twice gets a keyword added.

        Raises:
            CallFailed: see `providers.errors`.
        """
        if not evidence:
            return Namings((), Usage())
        paths = [cluster.path for cluster in evidence]

        def read(answer: dict[str, Any]) -> dict[str, tuple[str, str]]:
            return validation.cluster_texts(answer.get("clusters"), paths)

        data = prompts.naming_data(evidence, sorted(taken))
        body = chat_body(self.model, prompts.NAMING, data, prompts.naming_schema(), len(evidence))
        texts, usage = self._client.chat(body, read)
        names = distinct([texts[path][0] for path in paths], evidence, taken)
        return Namings(
            tuple(
                ClusterName(path, name, texts[path][1])
                for path, name in zip(paths, names, strict=True)
            ),
            usage,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
