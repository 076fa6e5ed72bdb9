"""Cluster names by a chat model with structured outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from python_jobs.providers import validation
from python_jobs.providers.base import ClusterName, Namings, Usage
from python_jobs.providers.naming import distinct
from python_jobs.providers.openai import prompts
from python_jobs.providers.openai.chat import ChatModel
from python_jobs.providers.openai.client import chat_body

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from python_jobs.providers.base import ClusterEvidence


class OpenAINamer(ChatModel):
    """A `Namer`: see `ChatModel`."""

    prompt_hash = prompts.NAMING_HASH

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
