"""From vectors to nodes: distinct directions in an order of their own, in few dimensions.

The vectors are read in blocks and never copied as a whole, so a memory map stays on disk.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from python_jobs.clustering import measures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from python_jobs.clustering.measures import Indices, Matrix

    Units = Callable[..., Iterator[tuple[slice, Matrix]]]

DIMENSIONS = 64
"""Principal components that are kept. More helped only the smaller sets and cost clinc150 most;
32 cost all but one (benchmarks/README.md)."""

SAMPLE = 10_000
"""Nodes that the components are computed from."""


@dataclass(frozen=True)
class Nodes:
    """The distinct directions among n vectors, in an order that depends on them alone.

    Attributes:
        node_of: (n,) the node of each vector.
        first: (m,) one vector of each node.
        rows: (m,) how many vectors each node stands for.
        points: (m, at most `DIMENSIONS`) principal components of the unit vectors.
    """

    node_of: Indices
    first: Indices
    rows: Indices
    points: Matrix

    def __len__(self) -> int:
        return len(self.rows)


def make_nodes(vectors: NDArray[Any]) -> Nodes:
    """Merge equal directions, order the rest by their digests, project.

    Equal vectors are one node, so they cannot part; the order of the nodes looks random and is
    the same however the vectors are ordered.

    Args:
        vectors: (n, d), checked by `measures.check_vectors`.
    """
    is_small = 4 * vectors.size <= measures.BLOCK_BYTES
    units = _whole(measures.scaled(vectors)) if is_small else partial(measures.unit_blocks, vectors)
    digests = np.concatenate(
        [np.zeros(0, dtype=np.uint64), *(_digests(block) for _, block in units())]
    )
    _, first, node_of, rows = np.unique(
        digests, return_index=True, return_inverse=True, return_counts=True
    )
    return Nodes(node_of.ravel(), first, rows, _project(units, first, vectors.shape[-1]))


def _whole(units: Matrix) -> Units:
    """The rows of a small set, scaled once; a large one is scaled whenever it is read."""

    def chosen(rows: Indices | None = None) -> Iterator[tuple[slice, Matrix]]:
        taken = units if rows is None else units[rows]
        yield slice(0, len(taken)), taken

    return chosen


def _digests(units: Matrix) -> NDArray[np.uint64]:
    """(m,) 64 bits of each row; +0.0 so that the two zeros are one."""
    rows = np.ascontiguousarray(units) + np.float32(0.0)
    found = b"".join(hashlib.blake2b(row.data, digest_size=8).digest() for row in rows)
    return np.frombuffer(found, dtype="<u8").astype(np.uint64)


def _project(units: Units, rows: Indices, width: int) -> Matrix:
    points = np.zeros((len(rows), min(DIMENSIONS, width)), dtype=np.float32)
    if not len(rows):
        return points
    sample = np.concatenate([block for _, block in units(rows[:SAMPLE])])
    middle = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
    axes = _principal_axes(sample - middle, points.shape[1])
    for part, block in units(rows):
        points[part, : axes.shape[1]] = (block - middle) @ axes
    return points


def _principal_axes(centred: Matrix, count: int) -> Matrix:
    """(d, at most count) directions of most variance, from the smaller of the two products."""
    m, width = centred.shape
    if m >= width:
        _, axes = np.linalg.eigh(centred.T @ centred)
        return np.ascontiguousarray(axes[:, ::-1][:, :count])
    squares, left = np.linalg.eigh(centred @ centred.T)
    kept = np.flatnonzero(squares > max(squares[-1], 0) * 1e-6)[::-1][:count]
    found: Matrix = centred.T @ (left[:, kept] / np.sqrt(squares[kept]))
    return found
