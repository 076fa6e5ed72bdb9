"""Embeddings on this machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from python_jobs.errors import ConfigurationError
from python_jobs.providers import validation
from python_jobs.providers.base import Embeddings, Usage
from python_jobs.providers.errors import Stopped
from python_jobs.providers.local import model
from python_jobs.providers.packing import by_count
from python_jobs.settings import LOCAL_EMBEDDING_DIMENSIONS, LOCAL_EMBEDDING_MODEL, Settings

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from python_jobs.providers.protocols import Item


class LocalEmbedder:
    """An `Embedder`; one instance serves all threads.

    Raises:
        ConfigurationError: another model or other dimensions are asked for, or the extra
            `local` is not installed.
    """

    provider = "local"
    model = LOCAL_EMBEDDING_MODEL
    dimensions = LOCAL_EMBEDDING_DIMENSIONS
    max_batch = 2048

    def __init__(self, settings: Settings, *, stop: threading.Event | None = None) -> None:
        if settings.embedding_model not in (None, self.model):
            raise ConfigurationError(
                f"the provider local has the model {self.model}, not {settings.embedding_model}",
                hint="unset INSIGHTS_EMBEDDING_MODEL, or choose another provider",
            )
        if settings.embedding_dimensions not in (None, self.dimensions):
            raise ConfigurationError(
                f"{self.model} has {self.dimensions} dimensions, "
                f"not {settings.embedding_dimensions}",
                hint="unset INSIGHTS_EMBEDDING_DIMENSIONS, or choose another provider",
            )
        self._model = model.load()
        self._stop = stop

    def batches(
        self,
        items: Iterable[Item],
        text_of: Callable[[Item], str],  # noqa: ARG002 - the length of a text does not matter here
        size: int,
    ) -> Iterator[tuple[Item, ...]]:
        """Cut the items into batches of `size`."""
        return by_count(items, min(size, self.max_batch))

    def embed_batch(self, texts: Sequence[str]) -> Embeddings:
        """Embed texts of any length: the first 256 tokens count, and longer ones are marked.

        Raises:
            Stopped: the job was asked to stop. No text is ever at fault.
        """
        if self._stop is not None and self._stop.is_set():
            raise Stopped("nothing was embedded because the job is stopping")
        start = time.perf_counter()
        vectors, truncated = self._model.embed_marked(texts)
        return Embeddings(
            validation.check_vectors(vectors),
            Usage(latency_seconds=time.perf_counter() - start),
            _marks(truncated),
        )

    def marks(self, texts: Sequence[str]) -> tuple[str | None, ...]:
        """What is done to each text because the model does not read so much; None for most."""
        return _marks(self._model.too_long(texts))


def _marks(truncated: Sequence[bool]) -> tuple[str | None, ...]:
    return tuple("truncated" if cut else None for cut in truncated)
