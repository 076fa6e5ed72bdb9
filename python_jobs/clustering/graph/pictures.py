"""A plane to look at: each community an island, near what it has in common with, no random start.

Islands are placed by stress majorisation (SMACOF; de Leeuw 1977) of the angles between the
communities, then pushed apart until none overlaps. In an island the typical rows are in the
middle, and a row that has neighbours in other communities lies towards them. It costs 0.1 s
for 24,000 rows. Within an island only the middle means something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from python_jobs.clustering import measures
from python_jobs.clustering.graph import levels

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from python_jobs.clustering.measures import Indices, Matrix

    Plane = NDArray[np.float64]

ROUNDS = 60
LEANING = 0.35
"""How far a row goes from its place in the island to the middle of its neighbours."""

CLOSER = 0.5
"""Islands of one cluster of level 1 are wanted at this share of their distance."""

FILLED = 0.35
"""Share of the picture's area that the islands cover."""

GAP = 1.15
"""Distance between two islands' middles at least, in sums of their radii."""


def lay_out(points: Matrix, graph: sparse.csr_array, labels: Indices, top: Indices) -> Matrix:
    """(n, 2) positions.

    Args:
        points: (n, d) principal components.
        graph: (n, n) their neighbours.
        labels: (n,) communities from 0; -1 for what lies in none.
        top: (n,) level 1, each a group of communities.
    """
    count = int(labels.max(initial=-1)) + 1
    if count < 2:
        return measures.principal_plane(points)
    sizes = np.bincount(labels[labels >= 0], minlength=count)
    centres = levels.directions(points, labels, np.ones(len(points), dtype=np.int64))
    groups = np.zeros(count, dtype=np.int64)
    groups[labels[labels >= 0]] = top[labels >= 0]
    radii = np.sqrt(sizes / sizes.sum() * FILLED)
    middles = _apart(_majorised(centres, groups), radii)
    plane = np.zeros((len(points), 2))
    for one in range(count):
        inside = np.flatnonzero(labels == one)
        plane[inside] = middles[one] + radii[one] * _disc(points[inside])
    found = _leaning(plane, graph, labels)
    return (found * 10).astype(np.float32)


def _majorised(centres: NDArray[np.float64], groups: Indices) -> Plane:
    """(k, 2) places whose distances follow the angles between unit rows, groups together."""
    wanted = np.sqrt(np.maximum(1 - centres @ centres.T, 0))
    wanted[groups[:, None] == groups] *= CLOSER
    start = measures.principal_plane(centres.astype(np.float32)).astype(np.float64)
    # a spiral too small to see parts what has one place
    turn = np.arange(len(centres)) * 2.4
    places = start + 1e-3 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    for _ in range(ROUNDS):
        apart = _far(places)
        ratio = np.divide(wanted, apart, out=np.zeros_like(apart), where=apart > 0)
        places = (ratio.sum(axis=1)[:, None] * places - ratio @ places) / len(places)
    found: Plane = places - places.mean(axis=0)
    return found


def _far(places: Plane) -> NDArray[np.float64]:
    """(k, k) distances."""
    x, y = places.T
    # not hypot, which is three times as slow for the sake of extreme values
    found: NDArray[np.float64] = np.sqrt((x[:, None] - x) ** 2 + (y[:, None] - y) ** 2)
    return found


def _apart(places: Plane, radii: NDArray[np.float64]) -> Plane:
    """The same places, islands pushed apart until none overlaps."""
    needed = (radii[:, None] + radii) * GAP
    np.fill_diagonal(needed, 0)
    for _ in range(2 * ROUNDS):
        far = _far(places)
        short = np.maximum(needed - far, 0)
        if not short.any():
            break
        push = np.divide(short, far, out=np.zeros_like(far), where=far > 0) / 4
        places = places + push.sum(axis=1)[:, None] * places - push @ places
    return places


def _disc(points: Matrix) -> Plane:
    """(m, 2) within the unit circle: the nearer the mean, the nearer the middle."""
    far = ((points - points.mean(axis=0)) ** 2).sum(axis=1)
    rank = np.empty(len(points))
    rank[np.argsort(far, kind="stable")] = np.arange(len(points)) + 0.5
    plane = measures.principal_plane(points).astype(np.float64)
    lengths = np.linalg.norm(plane, axis=1, keepdims=True)
    way = np.divide(plane, lengths, out=np.zeros_like(plane), where=lengths > 0)
    found: Plane = way * np.sqrt(rank / len(points))[:, None]
    return found


def _leaning(plane: Plane, graph: sparse.csr_array, labels: Indices) -> Plane:
    """Towards the neighbours; what lies in no island goes all the way."""
    weights = np.asarray(graph.sum(axis=1)).ravel()
    weights -= graph.diagonal()
    pull = graph @ plane - graph.diagonal()[:, None] * plane
    middle = np.divide(pull, weights[:, None], out=plane.copy(), where=weights[:, None] > 0)
    share = np.where(labels >= 0, LEANING, 1.0)[:, None]
    leant: Plane = plane + share * (middle - plane)
    return leant
