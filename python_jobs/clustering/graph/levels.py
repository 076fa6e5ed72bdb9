"""A level above communities: Ward's method (1963) on the directions of their centroids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_jobs.clustering.measures import Indices, Matrix


def directions(points: Matrix, labels: Indices, weights: Indices) -> NDArray[np.float64]:
    """(k, d) weighted means of the points of each community, scaled to length 1.

    Points are centred on the whole set, so a direction is what a community is about beside what
    all feedback is about, and how far it goes that way does not matter.
    """
    placed = np.flatnonzero(labels >= 0)
    sums = sparse.csr_array(
        (weights[placed].astype(np.float64), (labels[placed], np.arange(len(placed))))
    )
    return _scaled(sums @ points[placed].astype(np.float64))


def among_neighbours(
    centres: NDArray[np.float64], graph: sparse.csr_array, labels: Indices
) -> NDArray[np.float64]:
    """(k, d) each direction plus those of the communities it has edges to, by share of weight.

    What two communities share as neighbours then counts beside what they are about.
    """
    placed = np.flatnonzero(labels >= 0)
    member = sparse.csr_array(
        (np.ones(len(placed)), (labels[placed], placed)), (len(centres), len(labels))
    )
    between = (member @ graph @ member.T).toarray()
    total = between.sum(axis=1, keepdims=True)
    np.fill_diagonal(between, 0)
    shares = np.divide(between, total, out=np.zeros_like(between), where=total > 0)
    return _scaled(centres + shares @ centres)


def _scaled(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    found: NDArray[np.float64] = np.divide(
        rows, lengths, out=np.zeros_like(rows), where=lengths > 0
    )
    return found


def ward(centres: NDArray[np.float64], masses: NDArray[np.float64], count: int) -> Indices:
    """(k,) at most `count` groups: joins the two whose union adds least to the sum of squares.

    The Lance-Williams update on a k x k matrix; k is a few hundred at most. Ties: the first.
    """
    k = len(centres)
    group = np.arange(k)
    mass = masses.astype(np.float64)
    squares = (centres**2).sum(axis=1)
    cost = np.maximum(squares[:, None] + squares - 2 * centres @ centres.T, 0)
    cost *= mass[:, None] * mass / (mass[:, None] + mass)
    np.fill_diagonal(cost, np.inf)
    for _ in range(k - count):
        i, j = sorted(divmod(int(cost.argmin()), k))
        joined = (mass + mass[i]) * cost[i] + (mass + mass[j]) * cost[j] - mass * cost[i, j]
        joined /= mass + mass[i] + mass[j]
        joined[i] = np.inf
        cost[i] = cost[:, i] = joined
        cost[j] = cost[:, j] = np.inf
        mass[i] += mass[j]
        group[group == j] = i
    _, found = np.unique(group, return_inverse=True)
    return found.ravel().astype(np.int64)
