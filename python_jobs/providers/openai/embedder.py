"""Embeddings by OpenAI's API, there or on Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from python_jobs.providers import long_texts, validation
from python_jobs.providers.base import Embeddings, Usage
from python_jobs.providers.errors import BadRequest, CallFailed
from python_jobs.providers.openai import models
from python_jobs.providers.openai.client import Client, ClientOptions, Json
from python_jobs.providers.packing import pack, packed
from python_jobs.providers.spending import BudgetReached
from python_jobs.providers.tokens import count_tokens
from python_jobs.settings import OPENAI_EMBEDDING_MODEL, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from python_jobs.providers.base import Vectors
    from python_jobs.providers.protocols import Item

MAX_INPUTS = 2048
"""The most inputs a request may hold: the API reference of /v1/embeddings, like the next two."""
MAX_INPUT_TOKENS = 8192
MAX_REQUEST_TOKENS = 300_000


class OpenAIEmbedder:
    """An `Embedder`; one instance serves all threads.

    Args:
        settings: key, address, model, dimensions, what becomes of long texts.
        options: see `ClientOptions`.

    Raises:
        ConfigurationError: no key, or dimensions that the model does not have.
    """

    max_batch = MAX_INPUTS

    def __init__(self, settings: Settings, **options: Unpack[ClientOptions]) -> None:
        self.model = settings.embedding_model or OPENAI_EMBEDDING_MODEL
        self.dimensions = models.dimensions(self.model, settings.embedding_dimensions)
        self._long_texts = settings.long_texts
        self._client = Client(settings, **options)
        self.provider = self._client.provider

    def batches(
        self, items: Iterable[Item], text_of: Callable[[Item], str], size: int
    ) -> Iterator[tuple[Item, ...]]:
        """Cut the items into batches that one request holds, by real token counts.

        A text of more than 300,000 tokens has a batch of its own, of several requests.
        """

        def measure(block: Sequence[Item]) -> list[int]:
            counts = count_tokens([text_of(item) for item in block], self.model)
            if self._long_texts == "truncate":
                return [min(count, MAX_INPUT_TOKENS) for count in counts]
            return counts

        return packed(items, measure, min(size, self.max_batch), MAX_REQUEST_TOKENS)

    def embed_batch(self, texts: Sequence[str]) -> Embeddings:
        """Embed up to 2,048 texts: in one request where they fit, in several where not.

        A text of more than 8,192 tokens is averaged over its parts or truncated, and marked.

        Raises:
            BadRequest: too many texts, or an empty one (found before anything is sent).
            CallFailed: see `providers.errors`; its usage counts all requests.
        """
        _check(texts)
        inputs = self.prepare(texts)
        found: list[Vectors] = []
        spent = Usage()
        for run in pack(inputs.tokens, MAX_INPUTS, MAX_REQUEST_TOKENS):
            try:
                vectors, usage = self._request(inputs.texts[run.start : run.stop])
            except (CallFailed, BudgetReached) as error:
                error.usage = spent + error.usage
                raise
            found.append(vectors)
            spent += usage
        joined = long_texts.join(inputs, found[0] if len(found) == 1 else np.concatenate(found))
        return Embeddings(validation.check_vectors(joined), spent, inputs.marks)

    def marks(self, texts: Sequence[str]) -> tuple[str | None, ...]:
        """What is done to each text because the model does not read so much; None for most."""
        return self.prepare(texts).marks

    def prepare(self, texts: Sequence[str]) -> long_texts.Inputs:
        """The texts as they are sent: one that is too long in parts, or cut."""
        return long_texts.prepare(texts, self.model, MAX_INPUT_TOKENS, self._long_texts)

    def request_body(self, inputs: Sequence[str]) -> Json:
        """The body of one request for these inputs."""
        body: Json = {
            "model": self.model,
            "input": list(inputs),
            "encoding_format": "base64",  # a quarter of the bytes of decimal numbers
        }
        if self.model in models.SHORTENABLE:
            body["dimensions"] = self.dimensions
        return body

    def _request(self, inputs: Sequence[str]) -> tuple[Vectors, Usage]:
        def read(payload: dict[str, Any]) -> Vectors:
            return validation.vectors(payload.get("data"), len(inputs), self.dimensions)

        return self._client.embeddings(self.request_body(inputs), read)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _check(texts: Sequence[str]) -> None:
    if not 0 < len(texts) <= MAX_INPUTS:
        raise BadRequest(f"a batch holds 1 to {MAX_INPUTS} texts, not {len(texts)}")
    for position, text in enumerate(texts, 1):
        if not text.strip():
            raise BadRequest(f"text {position} of {len(texts)} is empty")
