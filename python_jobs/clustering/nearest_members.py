"""The nearest of many members to each of some texts, compared in blocks that bound the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from python_jobs.clustering import measures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_jobs.clustering.measures import Indices, Matrix

NEIGHBOURS = 10
"""Members that vote. Of 5, 10 and 14 the best, or within a point of it, on the six trees of
`clustering/assign.py`."""

_QUERIES = 1_024  # texts compared at a time
_RANKED = 64  # of them, ranked at a time
_CANDIDATES = 2 * NEIGHBOURS
_DECIMALS = 7  # of a similarity: vectors are stored with as many


def nearest_members(
    vectors: NDArray[Any], members: NDArray[Any], own: Indices | None = None
) -> tuple[Indices, NDArray[np.float64]]:
    """The `NEIGHBOURS` nearest members by cosine, all compared, in blocks.

    Args:
        vectors: (m, d) of any length.
        members: (n, d) of any length.
        own: (m,) for each vector the member that it is itself, which is left out.

    Returns:
        (m, k) rows of `members` and (m, k) cosine distances, 0 to 2, the nearest first, ties by the
        smaller row; k is smaller than `NEIGHBOURS` where there are fewer members.
    """
    k = min(NEIGHBOURS, len(members) - (own is not None))
    rows = np.empty((len(vectors), k), dtype=np.int64)
    similar = np.empty((len(vectors), k), dtype=np.float64)
    for start in range(0, len(vectors), _QUERIES):
        part = slice(start, start + _QUERIES)
        units = measures.unit_rows(vectors[part])
        candidates = _candidates(units, members, None if own is None else own[part])
        rows[part], similar[part] = _ranked(units, members, candidates, k)
    return rows, 1.0 - similar


def _candidates(units: Matrix, members: NDArray[Any], own: Indices | None) -> Indices:
    """(m, at most `_CANDIDATES`) rows of the members most similar to each unit row.

    At single precision, with sums that depend on blocks and threads: what counts is ranked again.
    """
    count = min(_CANDIDATES, len(members) - (own is not None))
    rows = np.empty((len(units), 0), dtype=np.int64)
    similar = np.empty((len(units), 0), dtype=np.float32)
    step = max(1, measures.BLOCK_BYTES // (4 * max(2 * _QUERIES, members.shape[1])))
    for start in range(0, len(members), step):
        block = measures.unit_rows(members[start : start + step])
        found = units @ block.T
        if own is not None:
            inside = np.flatnonzero((own >= start) & (own < start + len(block)))
            found[inside, own[inside] - start] = -np.inf
        best = _top(found, count)
        rows = np.hstack([rows, best + start])
        similar = np.hstack([similar, np.take_along_axis(found, best, axis=1)])
        kept = _top(similar, count)
        rows = np.take_along_axis(rows, kept, axis=1)
        similar = np.take_along_axis(similar, kept, axis=1)
    return rows


def _ranked(
    units: Matrix, members: NDArray[Any], candidates: Indices, k: int
) -> tuple[Indices, NDArray[np.float64]]:
    """The k most similar candidates of each unit row, and their similarities.

    At double precision and rounded, so that a text's answer does not depend on its neighbours in a
    block, and equal members are equal.
    """
    similar = np.empty(candidates.shape, dtype=np.float64)
    for start in range(0, len(units), _RANKED):
        part = slice(start, start + _RANKED)
        found = np.asarray(members[candidates[part]], dtype=np.float64)
        lengths = np.sqrt(np.einsum("mkd,mkd->mk", found, found))
        products = np.einsum("mkd,md->mk", found, units[part].astype(np.float64))
        similar[part] = np.round(np.clip(products / lengths, -1.0, 1.0), _DECIMALS)
    order = np.lexsort((candidates, -similar), axis=1)[:, :k]
    return np.take_along_axis(candidates, order, axis=1), np.take_along_axis(similar, order, axis=1)


def _top(found: Matrix, count: int) -> Indices:
    """(m, at most `count`) columns of the largest values, in no order."""
    first = max(0, found.shape[1] - count)
    if not first:
        return np.tile(np.arange(found.shape[1]), (len(found), 1))
    return np.argpartition(found, first, axis=1)[:, first:]
