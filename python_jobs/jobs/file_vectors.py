"""Vectors for texts that are in no database: from the cache on disk, else from the provider."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.errors import ProviderError
from python_jobs.jobs.batches import in_threads, isolating
from python_jobs.jobs.budget import Budget, Spender, dollars
from python_jobs.jobs.memory import Room, in_memory
from python_jobs.jobs.outgoing import outgoing
from python_jobs.jobs.pending import HOPELESS, Selection
from python_jobs.jobs.stopping import stop_on_signals
from python_jobs.logs import logger, progress
from python_jobs.providers import factory
from python_jobs.providers.errors import Stopped
from python_jobs.providers.spending import BudgetReached
from python_jobs.redaction import parse_patterns, redaction_hash
from python_jobs.storage.vector_cache import VectorCache

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from python_jobs.jobs.batches import Outcome
    from python_jobs.providers.base import Embeddings
    from python_jobs.providers.protocols import Embedder
    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.job_inputs import ClusteringText

    _Outcome = Outcome[ClusteringText, Embeddings]

_ROWS = 10_000


@dataclass(frozen=True)
class TextVectors:
    """Texts that have a vector, and those that were given up.

    Attributes:
        texts: (n) of those given, in their order.
        vectors: (n, dimensions) theirs.
        model: that made them.
        embedded: texts that the provider was asked for now.
        cached: texts whose vector was there.
        given_up: texts without a vector, by reason.
    """

    texts: tuple[ClusteringText, ...]
    vectors: NDArray[np.float32]
    model: str
    embedded: int
    cached: int
    given_up: Counter[str]


def vectors_of(
    settings: Settings,
    texts: Sequence[ClusteringText],
    *,
    provider: ProviderName | None = None,
    selection: Selection | None = None,
    budget: Budget | None = None,
    room: Room = in_memory,
) -> TextVectors:
    """A vector for each text; what is embedded stays in the cache under `INSIGHTS_HOME`.

    No database is asked: prices come from the seed.

    Args:
        settings: for the provider, the redaction and the cache.
        texts: distinct by content hash.
        provider: instead of the configured one.
        selection: batch size and workers.
        budget: what may be spent; None allows everything.
        room: for the vectors; raises, before anything is embedded, where they are too many.

    Raises:
        BudgetReached: the next request could have passed it; what was answered is kept.
        CallFailed: the provider refused or failed for good; what was answered is kept.
        ProviderError: it gave no usable answer to any text.
        StoppedError: a signal came; what was answered is kept.
        ConfigurationError: the provider or the cache cannot be used.
    """
    budget, selection = budget or Budget(), selection or Selection()
    with stop_on_signals() as stop:
        spender = Spender(budget, settings.dbt_project_dir / "seeds" / "model_prices.csv")
        embedder = factory.embedder(settings, provider, stop=stop, spending=spender)
        spender.open(embedder)
        cache = VectorCache(
            settings.home, embedder.model, embedder.dimensions, _prepared(settings, embedder)
        )
        places = {text.content_hash: row for row, text in enumerate(texts)}
        vectors = room(len(texts), embedder.dimensions)
        found = cache.fill(places, vectors)
        missing = [text for text in texts if text.content_hash not in found]
        logger.info(
            "%s of %s texts have a vector in the cache", f"{len(found):,}", f"{len(texts):,}"
        )
        work = _Work(settings, embedder, cache, places, vectors)
        if missing:
            work.embed(missing, selection, stop, budget)
    _report(work, len(found))
    all_found = found | work.found
    there = np.array([text.content_hash in all_found for text in texts], dtype=bool)
    known = tuple(text for text, is_there in zip(texts, there, strict=True) if is_there)
    return TextVectors(
        known,
        _moved_up(vectors, np.flatnonzero(there)),
        embedder.model,
        len(work.found),
        len(found),
        work.tally.given_up,
    )


def _moved_up(vectors: NDArray[np.float32], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Only these ascending rows, in place: a copy could be more than memory holds."""
    if len(rows) < len(vectors):
        for start in range(0, len(rows), _ROWS):
            part = rows[start : start + _ROWS]
            vectors[start : start + len(part)] = vectors[part]
    return vectors[: len(rows)]


def _prepared(settings: Settings, embedder: Embedder) -> str:
    """What decides a text's vector besides text and model: how it is sent."""
    if embedder.provider == "local":
        return ""
    return f"{redaction_hash(parse_patterns(settings.redact))} {settings.long_texts}"


@dataclass
class _Tally:
    """Texts without a usable answer, by the kind of failure."""

    given_up: Counter[str] = field(default_factory=Counter)
    messages: dict[str, str] = field(default_factory=dict)
    unusable: int = 0


class _Work:
    """Embedding in threads; each stores its answer before it asks again."""

    def __init__(
        self,
        settings: Settings,
        embedder: Embedder,
        cache: VectorCache,
        places: Mapping[str, int],
        out: NDArray[np.float32],
    ) -> None:
        self._embedder, self._cache = embedder, cache
        self._places, self._out = places, out
        self._redacted = outgoing(settings, embedder.provider)
        self._guard = threading.Lock()
        self.found: set[str] = set()
        self.tally = _Tally()

    def embed(
        self,
        texts: Sequence[ClusteringText],
        selection: Selection,
        stop: threading.Event,
        budget: Budget,
    ) -> None:
        """Embed all texts, or stop cleanly."""

        def cost() -> str:
            return f"{dollars(budget.spent)}" if budget.spent else ""

        sent = (replace(item, text=self._redacted(item.text)) for item in texts)
        batches = self._embedder.batches(sent, lambda item: item.text, selection.batch_size)
        try:
            with progress("Embedding", len(texts), "texts", cost) as tick:
                for count in in_threads(batches, self._do, selection.workers, stop):
                    tick(count)
        except Stopped:
            if not stop.is_set():
                raise
        except BudgetReached as error:
            raise error.leaving(
                len(texts) - len(self.found) - self.tally.given_up.total()
            ) from None
        if stop.is_set():
            raise Stopped("asked to stop; what was answered is stored")

    def _do(self, batch: tuple[ClusteringText, ...]) -> int:
        for outcome in isolating(self._ask, batch):
            self._settle(outcome)
        return len(batch)

    def _ask(self, items: Sequence[ClusteringText]) -> Embeddings:
        return self._embedder.embed_batch([item.text for item in items])

    def _settle(self, outcome: _Outcome) -> None:
        hashes = [item.content_hash for item in outcome.items]
        if outcome.answer is not None:
            self._cache.add(hashes, outcome.answer.vectors)
            with self._guard:
                self._out[[self._places[each] for each in hashes]] = outcome.answer.vectors
                self.found.update(hashes)
                self.tally.unusable = 0
            return
        assert outcome.error is not None
        with self._guard:
            status = outcome.error.status
            self.tally.given_up[status] += len(hashes)
            self.tally.messages.setdefault(status, outcome.error.message)
            self.tally.unusable += status == "invalid_answer"
            hopeless = self.tally.unusable >= HOPELESS and not self.found
        if hopeless:
            raise ProviderError(
                f"{self._embedder.model} gave no usable answer to {HOPELESS} texts in a row",
                hint="does this model embed texts?",
            )


def _report(work: _Work, cached: int) -> None:
    """Say what was embedded, and what could not be.

    Raises:
        ProviderError: no text has a vector.
    """
    tally = work.tally
    for status, count in tally.given_up.most_common():
        logger.warning(
            "%s texts have no vector and are left out: %s: %s",
            f"{count:,}",
            status,
            tally.messages[status],
        )
    if tally.given_up and not (work.found or cached):
        raise ProviderError(
            f"none of the {tally.given_up.total():,} texts could be embedded",
            hint="the reasons stand above",
        )
    if work.found:
        logger.info("%s texts were embedded and put into the cache", f"{len(work.found):,}")
