"""What a batch of embeddings is and what one of tags: their lines, and what an answer is worth.

Lines hold the bodies of single requests, and answers meet the same checks and are stored by the
same functions: only the way there and back differs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from python_jobs.jobs.embed import VectorWriter
from python_jobs.jobs.outgoing import outgoing
from python_jobs.jobs.tag import tagged_items
from python_jobs.providers import long_texts, validation
from python_jobs.providers.base import Category, Embeddings, Taggings, Taxonomy, Usage
from python_jobs.providers.errors import InvalidAnswer, Unavailable
from python_jobs.providers.openai.batches import CHAT, EMBEDDINGS, MAX_INPUTS
from python_jobs.providers.openai.client import written
from python_jobs.providers.openai.embedder import MAX_INPUTS as INPUTS_IN_LINE
from python_jobs.providers.openai.embedder import MAX_REQUEST_TOKENS, OpenAIEmbedder
from python_jobs.providers.openai.tagger import OpenAITagger, TagRequest, isolated
from python_jobs.storage import batches, results, tables
from python_jobs.storage.job_inputs import PendingText

if TYPE_CHECKING:
    from datetime import datetime

    import sqlalchemy as sa

    from python_jobs.settings import Settings
    from python_jobs.storage.batches import Batch, Item
    from python_jobs.storage.job_runs import JobRun
    from python_jobs.storage.vector_store import VectorStore

Json = dict[str, Any]
Store = Callable[["VectorStore", "sa.Connection", set[str], "JobRun"], None]
"""Stores the answer for the texts given by content hash, in the connection's transaction."""


@dataclass(frozen=True)
class Line:
    """One request of a file: its body, and its texts with the inputs that each was sent as."""

    items: tuple[PendingText, ...]
    inputs: tuple[int, ...]
    body: Json


class Kind(Protocol):
    """What a job asks a provider for in batches."""

    job: str
    endpoint: str
    most_inputs: int
    pending: sa.Table
    model: str
    active: results.ActiveModel
    parameters: dict[str, Any]

    def lines(self, items: Sequence[PendingText], size: int) -> Iterator[Line]:
        """The requests for these texts, at most `size` in each.

        A text that no single request holds is left out: the ordinary way has to embed it.
        """

    def read(self, payload: Json, items: Sequence[Item]) -> tuple[set[str], Store]:
        """Check the answer to a line: the texts that it answers, and how to store it.

        Raises:
            CallFailed: nothing of the line is to be stored.
        """

    def outdated(self, connection: sa.Connection, hashes: set[str]) -> set[str]:
        """Texts of which something newer is stored or wanted by now."""


class EmbeddingBatches:
    """Batches of `insights embed`.

    Raises:
        ConfigurationError: no key, or dimensions that the model does not have.
    """

    job, endpoint, most_inputs = "embed", EMBEDDINGS, MAX_INPUTS
    pending = tables.pending_embeddings

    def __init__(self, settings: Settings) -> None:
        self.embedder = OpenAIEmbedder(settings)
        self._outgoing = outgoing(settings, self.embedder.provider)
        self.model = self.embedder.model
        self.active = results.ActiveModel(
            kind="embedding",
            provider=self.embedder.provider,
            model=self.model,
            dimensions=self.embedder.dimensions,
        )
        self.parameters: dict[str, Any] = {"long_texts": settings.long_texts}

    @classmethod
    def made_as(cls, settings: Settings, batch: Batch) -> EmbeddingBatches:
        """As it was when the batch was made."""
        changes = {
            "embedding_model": batch.model,
            "embedding_dimensions": batch.dimensions,
            "long_texts": batch.parameters.get("long_texts", settings.long_texts),
        }
        return cls(settings.model_copy(update=changes))

    def lines(self, items: Sequence[PendingText], size: int) -> Iterator[Line]:
        """See `Kind`."""
        for group in self.embedder.batches(items, lambda item: self._outgoing(item.text), size):
            inputs = self.embedder.prepare([self._outgoing(item.text) for item in group])
            if len(inputs.texts) > INPUTS_IN_LINE or sum(inputs.tokens) > MAX_REQUEST_TOKENS:
                if len(group) > 1:  # parts of long texts together count more than the texts
                    yield from self.lines(group, max(1, len(group) // 2))
                continue
            counts = tuple(len(rows) for rows in inputs.rows)
            yield Line(group, counts, self.embedder.request_body(inputs.texts))

    def read(self, payload: Json, items: Sequence[Item]) -> tuple[set[str], Store]:
        """See `Kind`. Texts that were erased from the line leave a gap."""
        width = self.embedder.dimensions
        found = validation.vectors(payload.get("data"), items[0].count_in_line, width)
        known = [item for item in items if item.text is not None]
        inputs = self.embedder.prepare([self._outgoing(item.text or "") for item in known])
        if [len(rows) for rows in inputs.rows] != [item.count_inputs for item in known]:
            raise InvalidAnswer("a text was sent in other parts than it has now")
        rows = [item.line_position + place for item in known for place in range(item.count_inputs)]
        joined = validation.check_vectors(
            long_texts.join(inputs, found[np.array(rows, dtype=np.intp)])
        )

        answer = Embeddings(joined, Usage(), inputs.marks)

        def store(
            vectors: VectorStore, connection: sa.Connection, hashes: set[str], run: JobRun
        ) -> None:
            kept = [place for place, item in enumerate(known) if item.content_hash in hashes]
            writer = VectorWriter(vectors, self.embedder, self._outgoing, run.job_run_id)
            writer.write(connection, [pending_text(item) for item in known], answer, kept)

        return {item.content_hash for item in known}, store

    def outdated(self, connection: sa.Connection, hashes: set[str]) -> set[str]:  # noqa: ARG002
        """See `Kind`. A vector is what it is, whenever it was made."""
        return set()


class TaggingBatches:
    """Batches of `insights tag`.

    Raises:
        ConfigurationError: no key.
    """

    job, endpoint, most_inputs = "tag", CHAT, sys.maxsize
    pending = tables.pending_tags

    def __init__(self, settings: Settings, taxonomy: Taxonomy) -> None:
        self._tagger = OpenAITagger(settings)
        self._outgoing = outgoing(settings, self._tagger.provider)
        self._taxonomy = taxonomy
        self._since: datetime | None = None
        self.model = self._tagger.model
        self.active = results.ActiveModel(
            kind="tagging",
            provider=self._tagger.provider,
            model=self.model,
            taxonomy_hash=taxonomy.taxonomy_hash,
            prompt_hash=self._tagger.prompt_hash,
        )
        self.parameters: dict[str, Any] = {"categories": list(taxonomy.names)}

    @classmethod
    def made_as(cls, settings: Settings, batch: Batch) -> TaggingBatches:
        """As it was when the batch was made: the taxonomy may have changed since."""
        names = batch.parameters.get("categories", ())
        taxonomy = Taxonomy(tuple(Category(name) for name in names))
        kind = cls(settings.model_copy(update={"chat_model": batch.model}), taxonomy)
        kind.active = replace(
            kind.active, taxonomy_hash=batch.taxonomy_hash, prompt_hash=batch.prompt_hash
        )
        kind._since = batch.created_at
        return kind

    def lines(self, items: Sequence[PendingText], size: int) -> Iterator[Line]:
        """See `Kind`."""
        groups = self._tagger.batches(items, lambda item: item.text, size)
        for group in groups:
            sent = {item.content_hash: item for item in group}
            texts = [(item.content_hash, self._outgoing(item.text)) for item in group]
            for part in isolated(texts, self._taxonomy):
                request = TagRequest.of(part, self._taxonomy)
                body = self._tagger.request_body(request, self._taxonomy)
                asked = tuple(sent[content_hash] for content_hash, _ in part)
                yield Line(asked, (1,) * len(asked), body)

    def read(self, payload: Json, items: Sequence[Item]) -> tuple[set[str], Store]:
        """See `Kind`. A line that texts were erased from cannot be told apart any more."""
        if len(items) < items[0].count_in_line:
            raise Unavailable("texts of the request were erased meanwhile")
        texts = [(item.content_hash, self._outgoing(item.text or "")) for item in items]
        found = TagRequest.of(texts, self._taxonomy).read(written(payload))
        known = {item.content_hash for item in items if item.text is not None}

        def store(
            vectors: VectorStore,  # noqa: ARG001 - one shape for both kinds
            connection: sa.Connection,
            hashes: set[str],
            run: JobRun,
        ) -> None:
            chosen = [place for place, item in enumerate(items) if item.content_hash in hashes]
            answer = Taggings(tuple(found[place] for place in chosen), Usage())
            results.record_tagged(
                connection,
                tagged_items([pending_text(items[place]) for place in chosen], answer),
                active=self.active,
                job_run_id=run.job_run_id,
            )

        return known, store

    def outdated(self, connection: sa.Connection, hashes: set[str]) -> set[str]:
        """See `Kind`."""
        if self._since is None:
            return set()
        return batches.newer_elsewhere(connection, hashes, self.model, self._since)


def made_as(settings: Settings, batch: Batch) -> Kind:
    """The kind of a batch, with the model and the options that it was made with.

    Raises:
        ConfigurationError: no key.
    """
    maker = EmbeddingBatches if batch.job == "embed" else TaggingBatches
    return maker.made_as(settings, batch)


def pending_text(item: Item) -> PendingText:
    """The item as the synchronous way has it."""
    return PendingText(item.content_hash, item.feedback_id, item.text or "")
