"""Cluster names by a chat model with structured outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from python_jobs.providers import validation
from python_jobs.providers.base import ClusterName, Namings, Usage
from python_jobs.providers.naming import distinct
from python_jobs.providers.openai import models, prompts
from python_jobs.providers.openai.client import Client, chat_body
from python_jobs.settings import OPENAI_CHAT_MODEL, Settings

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Sequence

    from python_jobs.providers.base import ClusterEvidence
    from python_jobs.providers.openai.connection import Host
    from python_jobs.providers.retry import Sleep
    from python_jobs.providers.spending import Spending


class OpenAINamer:
    """A `Namer`; one instance serves all threads.

    Args:
        settings: key, address, model.
        provider: "openai" or "azure".
        sleep: waits for the seconds given; None waits so that `stop` ends it.
        stop: set when no call shall be made any more.
        spending: asked before every request; None where nobody counts money.

    Raises:
        ConfigurationError: no key, or a model that gives embeddings.
    """

    prompt_hash = prompts.NAMING_HASH

    def __init__(
        self,
        settings: Settings,
        *,
        provider: Host = "openai",
        sleep: Sleep | None = None,
        stop: threading.Event | None = None,
        spending: Spending | None = None,
    ) -> None:
        self.provider = provider
        self.model = settings.chat_model or OPENAI_CHAT_MODEL
        models.check_chat(self.model)
        self._client = Client(
            settings, provider=provider, sleep=sleep, stop=stop, spending=spending
        )

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
