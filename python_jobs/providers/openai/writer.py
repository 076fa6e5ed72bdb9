"""Sentences of the report worded anew by a chat model with structured outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from python_jobs.providers import validation
from python_jobs.providers.base import Rewordings
from python_jobs.providers.openai import prompts
from python_jobs.providers.openai.chat import ChatModel
from python_jobs.providers.openai.client import chat_body
from python_jobs.providers.wording import is_faithful

if TYPE_CHECKING:
    from collections.abc import Sequence


class OpenAIWriter(ChatModel):
    """A `Writer`: see `ChatModel`."""

    def reword(self, sentences: Sequence[tuple[str, str]]) -> Rewordings:
        """Word sentences anew in one request; None for one whose figures or names changed.

        Args:
            sentences: the lead that each is read under, and its text.

        Raises:
            CallFailed: see `providers.errors`.
        """

        def read(answer: dict[str, Any]) -> list[str]:
            return validation.sentences(answer.get("sentences"), len(sentences))

        data = {"sentences": [{"lead": lead, "text": text} for lead, text in sentences]}
        schema = prompts.wording_schema()
        body = chat_body(self.model, prompts.WORDING, data, schema, len(sentences))
        texts, usage = self._client.chat(body, read)
        return Rewordings(
            tuple(
                after if is_faithful(before, after) else None
                for (_, before), after in zip(sentences, texts, strict=True)
            ),
            usage,
        )
