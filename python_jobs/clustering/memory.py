"""How much memory a clustering takes, before it is begun.

Measured as peak resident memory on n x d float32 vectors (docs/choosing-parameters.md has the
figures), rounded up: an estimate that is too low would be found out by the kernel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from python_jobs.clustering.parameters import ClusterParameters, Method

MIB = 2**20
_PROGRAM: dict[Method, int] = {"umap-hdbscan": 700 * MIB, "graph": 400 * MIB}
"""Libraries, blocks, and what they compile: taken whatever the set."""
_A_ROW: dict[Method, int] = {"umap-hdbscan": 6 * 1024, "graph": 2560}
"""Neighbours, edges, layouts, candidates, the tree."""
_A_TEXT = 1024
"""A text, its hash, and what is stored of it."""
_COPIES: dict[Method, int] = {"umap-hdbscan": 3, "graph": 0}
"""Of the vectors, beside those that were read: unit vectors, and umap-learn's own two."""


@dataclass(frozen=True)
class Need:
    """Bytes for one clustering.

    Attributes:
        rest: everything but the vectors that are read.
        vectors: those, where they are held in memory and not mapped.
    """

    rest: int
    vectors: int

    @property
    def held(self) -> int:
        """With the vectors in memory."""
        return self.rest + self.vectors


def need(parameters: ClusterParameters, n: int, d: int) -> Need:
    """What clustering n texts with vectors of d dimensions takes, stability included."""
    method = parameters.method
    vectors = 4 * n * d
    copies = float(_COPIES[method])
    if method == "umap-hdbscan" and parameters.resamples(n):
        copies += 0.8  # the drawn rows; the copies of the whole set are gone by then
    return Need(_PROGRAM[method] + n * (_A_ROW[method] + _A_TEXT) + int(copies * vectors), vectors)


def most_rows(parameters: ClusterParameters, d: int, limit: int) -> int:
    """How many texts fit within `limit` bytes, vectors mapped; 0 where the program does not."""
    low, high = 0, 1 << 40
    while low < high:
        middle = (low + high + 1) // 2
        if need(parameters, middle, d).rest <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def shown(size: float) -> str:
    """A size for people, rounded up."""
    if size >= 1024 * MIB:
        return f"{math.ceil(size / (1024 * MIB) * 10) / 10:.1f} GiB"
    return f"{math.ceil(size / MIB)} MiB"
