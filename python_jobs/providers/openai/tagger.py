"""Tags by a chat model with structured outputs."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from python_jobs.providers import validation
from python_jobs.providers.base import Taggings
from python_jobs.providers.errors import BadRequest
from python_jobs.providers.openai import prompts
from python_jobs.providers.openai.client import Client
from python_jobs.settings import OPENAI_CHAT_MODEL, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.providers.base import TagResult, Taxonomy
    from python_jobs.providers.retry import Sleep

MAX_ITEMS = 20
"""Items a request: the instructions are paid once for all, and an answer stays short."""
_SHORTEST_HANDLE = 8


class OpenAITagger:
    """A `Tagger`; one instance serves all threads.

    Raises:
        ConfigurationError: no key.
    """

    provider = "openai"
    max_batch = MAX_ITEMS
    prompt_hash = prompts.TAGGING_HASH

    def __init__(self, settings: Settings, *, sleep: Sleep = time.sleep) -> None:
        self.model = settings.chat_model or OPENAI_CHAT_MODEL
        self._client = Client(settings, sleep=sleep)

    def tag_batch(self, items: Sequence[tuple[str, str]], taxonomy: Taxonomy) -> Taggings:
        """Tag up to 20 items in one request.

        Raises:
            BadRequest: no item, too many, or one id twice (found before anything is sent).
            CallFailed: see `providers.errors`.
        """
        ids = [item_id for item_id, _ in items]
        if not 0 < len(ids) <= MAX_ITEMS or len(set(ids)) != len(ids):
            raise BadRequest(f"a batch holds 1 to {MAX_ITEMS} items with ids of their own")
        sent = handles(ids)

        def read(answer: dict[str, Any]) -> tuple[TagResult, ...]:
            return validation.tag_results(answer.get("answers"), sent, taxonomy.names)

        results, usage = self._client.chat(
            self.model,
            prompts.tagging_system(taxonomy),
            [{"id": handle, "text": text} for handle, (_, text) in zip(sent, items, strict=True)],
            prompts.tagging_schema(taxonomy.names),
            read,
        )
        named = (
            replace(result, item_id=item_id) for result, item_id in zip(results, ids, strict=True)
        )
        return Taggings(tuple(named), usage)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def handles(ids: Sequence[str]) -> list[str]:
    """Short names for the ids: fewer tokens, and no text can guess its neighbour's.

    They are the first 8 hexadecimal digits of the id's SHA-256, more where two would be equal.
    """
    digests = [hashlib.sha256(item_id.encode("utf-8", "replace")).hexdigest() for item_id in ids]
    length = _SHORTEST_HANDLE
    while len({digest[:length] for digest in digests}) < len(set(digests)):
        length += 1
    return [digest[:length] for digest in digests]
