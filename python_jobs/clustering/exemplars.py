"""The texts that stand for a cluster: its middle, and typical members that differ.

Maximal marginal relevance (Carbonell & Goldstein 1998): take the member with the highest
lambda * similarity to the medoid - (1 - lambda) * similarity to what is taken already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from python_jobs.clustering import measures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_jobs.clustering.measures import Indices, Matrix

RELEVANCE = 0.45
"""Lambda. The medoid is taken first, so from 0.5 on the next best is always a copy of it; the
candidates are typical already, so a little below 0.5 is the most typical set without copies
(looked at on real feedback, where 0.7 gave "Nothing", "Nothing," and "Nothing.")."""

MAX_CANDIDATES = 1_000


def exemplars(
    vectors: NDArray[Any],
    members: Indices,
    probabilities: NDArray[np.floating[Any]],
    k: int = 5,
) -> tuple[int, tuple[int, ...]]:
    """Choose the medoid and k exemplars of a cluster.

    Candidates are the members with at least the median membership probability, of these the
    quarter nearest the medoid (at least `3 * k`, at most `MAX_CANDIDATES`). Reads the vectors in
    blocks of 64 MiB (they may be a memory map) and takes k * candidates * d time.

    Args:
        vectors: (n, d) embeddings of all rows.
        members: (m,) rows of the cluster, at least one.
        probabilities: (n,) membership probabilities of all rows.
        k: exemplars at most; the medoid is the first of them.

    Returns:
        The medoid's row, and min(k, m) distinct rows, in the order in which they were taken.
    """
    members = np.asarray(members, dtype=np.int64)
    middle = _medoid(vectors, members)
    sure = np.asarray(probabilities, dtype=np.float64)[members]
    centre = measures.scaled(np.asarray(vectors[members[middle : middle + 1]]))[0]
    candidates = _candidates(_closeness(vectors, members, centre), middle, sure, k)
    units = measures.scaled(np.asarray(vectors[members[candidates]]))
    chosen = _marginal(units, centre, k)
    return int(members[middle]), tuple(int(members[candidates[i]]) for i in chosen)


def _medoid(vectors: NDArray[Any], members: Indices) -> int:
    """Position of the exact medoid, as `measures.medoid` finds it, in blocks."""
    total = np.zeros(vectors.shape[1])
    for _, units in measures.unit_blocks(vectors, members):
        total += units.sum(axis=0, dtype=np.float64)
    return int(np.argmax(_closeness(vectors, members, total)))


def _closeness(
    vectors: NDArray[Any], members: Indices, direction: NDArray[np.floating[Any]]
) -> NDArray[np.floating[Any]]:
    """(m,) products of the members' unit vectors with a direction."""
    found = np.empty(len(members), dtype=direction.dtype)
    for part, units in measures.unit_blocks(vectors, members):
        found[part] = units @ direction
    return found


def _candidates(
    closeness: NDArray[np.floating[Any]], middle: int, sure: NDArray[np.float64], k: int
) -> Indices:
    """Positions of the candidates, nearest the medoid first, the medoid itself leading."""
    order = np.lexsort((np.arange(len(closeness)), -closeness))
    order = order[order != middle]
    likely = order[sure[order] >= np.median(sure)]
    rest = order[sure[order] < np.median(sure)]
    wanted = min(max(len(likely) // 4, 3 * k), MAX_CANDIDATES)
    # unlikely members only where there are too few others to choose k from
    fill = rest[: max(0, k - 1 - len(likely))]
    return np.concatenate(([middle], likely[:wanted], fill)).astype(np.int64)


def _marginal(units: Matrix, middle: Matrix, k: int) -> list[int]:
    relevance = units @ middle
    chosen = [0]
    nearest = units @ units[0]
    while len(chosen) < min(k, len(units)):
        worth = RELEVANCE * relevance - (1 - RELEVANCE) * nearest
        worth[chosen] = -np.inf
        best = int(np.argmax(worth))
        chosen.append(best)
        nearest = np.maximum(nearest, units @ units[best])
    return chosen
