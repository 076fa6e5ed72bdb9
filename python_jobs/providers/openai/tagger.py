"""Tags by a chat model with structured outputs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from python_jobs.providers import validation
from python_jobs.providers.base import Taggings, Usage
from python_jobs.providers.errors import BadRequest, CallFailed
from python_jobs.providers.openai import prompts
from python_jobs.providers.openai.chat import ChatModel
from python_jobs.providers.openai.client import Json, chat_body
from python_jobs.providers.openai.suspicion import is_suspicious
from python_jobs.providers.spending import BudgetReached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from python_jobs.providers.base import TagResult, Taxonomy
    from python_jobs.providers.protocols import Item

MAX_ITEMS = 20
"""Items a request: the instructions are paid once for all, and an answer stays short."""
_SHORTEST_HANDLE = 8


class OpenAITagger(ChatModel):
    """A `Tagger`: see `ChatModel`."""

    max_batch = MAX_ITEMS
    prompt_hash = prompts.TAGGING_HASH

    def batches(
        self, items: Iterable[Item], text_of: Callable[[Item], str], size: int
    ) -> Iterator[tuple[Item, ...]]:
        """Cut the items into batches for `tag_batch` that are one request each.

        A suspicious text (see `suspicion`) has a batch of its own, before the one that it
        interrupts; so the order is that of the items except for those.
        """
        size = min(size, self.max_batch)
        run: list[Item] = []
        for item in items:
            if is_suspicious(text_of(item)):
                yield (item,)
                continue
            run.append(item)
            if len(run) == size:
                yield tuple(run)
                run = []
        if run:
            yield tuple(run)

    def tag_batch(self, items: Sequence[tuple[str, str]], taxonomy: Taxonomy) -> Taggings:
        """Tag up to 20 items in one request, and each suspicious one in a request of its own.

        Suspicious ones come first: a server's filter that refuses one has then been asked for
        nothing else.

        Raises:
            BadRequest: no item, too many, or one id twice (found before anything is sent).
            CallFailed: see `providers.errors`; its usage counts all requests.
        """
        ids = [item_id for item_id, _ in items]
        if not 0 < len(ids) <= MAX_ITEMS or len(set(ids)) != len(ids):
            raise BadRequest(f"a batch holds 1 to {MAX_ITEMS} items with ids of their own")
        found: dict[str, TagResult] = {}
        spent = Usage()
        for group in isolated(items, taxonomy):
            try:
                results, usage = self._ask(TagRequest.of(group, taxonomy), taxonomy)
            except (CallFailed, BudgetReached) as error:
                error.usage = spent + error.usage
                raise
            found.update((result.item_id, result) for result in results)
            spent += usage
        return Taggings(tuple(found[item_id] for item_id in ids), spent)

    def request_body(self, request: TagRequest, taxonomy: Taxonomy) -> Json:
        """The body of one request, as it is sent to OpenAI."""
        return chat_body(
            self.model,
            prompts.tagging_system(taxonomy),
            request.data,
            prompts.tagging_schema(taxonomy.names),
            len(request.items),
        )

    def _ask(self, request: TagRequest, taxonomy: Taxonomy) -> tuple[tuple[TagResult, ...], Usage]:
        return self._client.chat(self.request_body(request, taxonomy), request.read)


@dataclass(frozen=True)
class TagRequest:
    """What one request asks about, and how its answer is read.

    Attributes:
        items: ids and texts.
        names: of the categories that may come back.
    """

    items: tuple[tuple[str, str], ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, items: Sequence[tuple[str, str]], taxonomy: Taxonomy) -> TagRequest:
        """A request about these items."""
        return cls(tuple(items), taxonomy.names)

    @property
    def data(self) -> list[dict[str, str]]:
        """The user message's content: texts under handles."""
        return [
            {"id": handle, "text": text}
            for handle, (_, text) in zip(self._handles, self.items, strict=True)
        ]

    def read(self, answer: dict[str, Any]) -> tuple[TagResult, ...]:
        """Check what the model wrote; results by the items' own ids, in their order.

        Raises:
            InvalidAnswer: see `validation.tag_results`.
        """
        results = validation.tag_results(
            answer.get("answers"), self._handles, self.names, [text for _, text in self.items]
        )
        return tuple(
            replace(result, item_id=item_id)
            for result, (item_id, _) in zip(results, self.items, strict=True)
        )

    @property
    def _handles(self) -> list[str]:
        return handles([item_id for item_id, _ in self.items])


def isolated(
    items: Sequence[tuple[str, str]], taxonomy: Taxonomy
) -> list[Sequence[tuple[str, str]]]:
    """The items by request: each suspicious one alone, then all others together."""
    alone = [item for item in items if is_suspicious(item[1], taxonomy.names)]
    others = [item for item in items if item not in alone]
    return [*([item] for item in alone), *([others] if others else [])]


def handles(ids: Sequence[str]) -> list[str]:
    """Short names for the ids: fewer tokens, and no text can guess its neighbour's.

    They are the first 8 hexadecimal digits of a SHA-256 over the id and all ids of the request
    (more where two would be equal): who knows a text could tell its id, but not its company.
    """
    company = hashlib.sha256("\n".join(ids).encode("utf-8", "replace")).digest()
    digests = [
        hashlib.sha256(company + item_id.encode("utf-8", "replace")).hexdigest() for item_id in ids
    ]
    length = _SHORTEST_HANDLE
    while len({digest[:length] for digest in digests}) < len(set(digests)):
        length += 1
    return [digest[:length] for digest in digests]
