"""What a provider can do: one method that calls a model, whoever runs it.

Its answers have been checked (`validation`) before they get here; its errors are
`errors.CallFailed`. All of them may be used from several threads at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from python_jobs.providers.base import (
        ClusterEvidence,
        Embeddings,
        Namings,
        Rewordings,
        Taggings,
        Taxonomy,
    )

Item = TypeVar("Item")


class Model(Protocol):
    """Which model answers."""

    @property
    def provider(self) -> str:
        """Who runs the model."""

    @property
    def model(self) -> str:
        """The model, as stamped on everything that it says."""


class Embedder(Model, Protocol):
    """Turns texts into vectors."""

    @property
    def dimensions(self) -> int:
        """The length of each vector."""

    @property
    def max_batch(self) -> int:
        """The most texts that `embed_batch` takes."""

    def batches(
        self, items: Iterable[Item], text_of: Callable[[Item], str], size: int
    ) -> Iterator[tuple[Item, ...]]:
        """Cut the items into batches for `embed_batch`, in order, each item once.

        A batch holds at most `size` items (and `max_batch`), and no more text than fits one
        request, unless a single item does not. Reads at most `size` items ahead.
        """

    def embed_batch(self, texts: Sequence[str]) -> Embeddings:
        """Embed the texts.

        Raises:
            CallFailed: see `errors`; nothing of the batch is to be stored.
        """

    def marks(self, texts: Sequence[str]) -> Sequence[str | None]:
        """What `embed_batch` says was done to each text (`Embeddings.marks`), without a call."""


class Tagger(Model, Protocol):
    """Says which categories apply to a text."""

    @property
    def prompt_hash(self) -> str:
        """SHA-256 (hex) of how the model is asked, without the taxonomy."""

    @property
    def max_batch(self) -> int:
        """The most items that `tag_batch` takes."""

    def batches(
        self, items: Iterable[Item], text_of: Callable[[Item], str], size: int
    ) -> Iterator[tuple[Item, ...]]:
        """Cut the items into batches for `tag_batch`, each item once.

        A batch holds at most `size` items (and `max_batch`). Texts that may try to command the
        model have batches of their own.
        """

    def tag_batch(self, items: Sequence[tuple[str, str]], taxonomy: Taxonomy) -> Taggings:
        """Tag the items, each an id (unique in the batch) and a text.

        Raises:
            CallFailed: see `errors`; nothing of the batch is to be stored.
        """


class Namer(Model, Protocol):
    """Names clusters."""

    @property
    def prompt_hash(self) -> str:
        """SHA-256 (hex) of how the model is asked."""

    def name_siblings(
        self, evidence: Sequence[ClusterEvidence], taken: Collection[str] = ()
    ) -> Namings:
        """Name clusters of one parent, distinct among themselves and from the names `taken`.

        Raises:
            CallFailed: see `errors`.
        """


class Writer(Model, Protocol):
    """Words sentences anew."""

    def reword(self, sentences: Sequence[tuple[str, str]]) -> Rewordings:
        """Word sentences anew, each with the lead that it is read under.

        Raises:
            CallFailed: see `errors`.
        """
