"""Embeddings by OpenAI's API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from python_jobs.errors import ConfigurationError
from python_jobs.providers import validation
from python_jobs.providers.base import Embeddings
from python_jobs.providers.errors import BadRequest
from python_jobs.providers.openai.client import Client, Json, encodable
from python_jobs.settings import OPENAI_EMBEDDING_MODEL, Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.providers.base import Vectors
    from python_jobs.providers.retry import Sleep

MAX_INPUTS = 2048
"""The most texts a request may hold: the API reference of /v1/embeddings."""

_SHORTENABLE = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}
"""Models that take `dimensions`, with their full width."""
_FIXED = {"text-embedding-ada-002": 1536}


class OpenAIEmbedder:
    """An `Embedder`; one instance serves all threads.

    Raises:
        ConfigurationError: no key, or dimensions that the model does not have.
    """

    provider = "openai"
    max_batch = MAX_INPUTS

    def __init__(self, settings: Settings, *, sleep: Sleep = time.sleep) -> None:
        self.model = settings.embedding_model or OPENAI_EMBEDDING_MODEL
        self.dimensions = _dimensions(self.model, settings.embedding_dimensions)
        self._client = Client(settings, sleep=sleep)

    def embed_batch(self, texts: Sequence[str]) -> Embeddings:
        """Embed up to 2,048 texts in one request.

        Raises:
            BadRequest: too many texts, or an empty one (found before anything is sent).
            CallFailed: see `providers.errors`.
        """
        _check(texts)
        body: Json = {
            "model": self.model,
            "input": [encodable(text) for text in texts],
            "encoding_format": "base64",  # a quarter of the bytes of decimal numbers
        }
        if self.model in _SHORTENABLE:
            body["dimensions"] = self.dimensions

        def read(payload: dict[str, Any]) -> Vectors:
            return validation.vectors(payload.get("data"), len(texts), self.dimensions)

        vectors, usage = self._client.embeddings(body, read)
        return Embeddings(vectors, usage)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _check(texts: Sequence[str]) -> None:
    if not 0 < len(texts) <= MAX_INPUTS:
        raise BadRequest(f"a batch holds 1 to {MAX_INPUTS} texts, not {len(texts)}")
    for position, text in enumerate(texts, 1):
        if not text.strip():
            raise BadRequest(f"text {position} of {len(texts)} is empty")


def _dimensions(model: str, asked: int | None) -> int:
    hint = "see INSIGHTS_EMBEDDING_MODEL and INSIGHTS_EMBEDDING_DIMENSIONS"
    if model in _SHORTENABLE:
        full = _SHORTENABLE[model]
        if asked is not None and asked > full:
            raise ConfigurationError(
                f"{model} has at most {full} dimensions, not {asked}", hint=hint
            )
        return asked or full
    if model in _FIXED:
        if asked not in (None, _FIXED[model]):
            raise ConfigurationError(
                f"{model} has {_FIXED[model]} dimensions, not {asked}", hint=hint
            )
        return _FIXED[model]
    if asked is None:
        raise ConfigurationError(
            f"the dimensions of {model} are not known",
            hint="set INSIGHTS_EMBEDDING_DIMENSIONS to the length of its vectors",
        )
    return asked
