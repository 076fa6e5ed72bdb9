"""Embeddings on this machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from python_jobs.errors import ConfigurationError
from python_jobs.providers import validation
from python_jobs.providers.base import Embeddings, Usage
from python_jobs.providers.local import model
from python_jobs.settings import LOCAL_EMBEDDING_DIMENSIONS, LOCAL_EMBEDDING_MODEL, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence


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

    def __init__(self, settings: Settings) -> None:
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

    def embed_batch(self, texts: Sequence[str]) -> Embeddings:
        """Embed texts of any length (the first 256 tokens count); never fails on a text."""
        start = time.perf_counter()
        vectors = validation.check_vectors(self._model.embed(texts))
        return Embeddings(vectors, Usage(latency_seconds=time.perf_counter() - start))
