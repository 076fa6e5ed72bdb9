"""How fine the communities are, where nobody says so.

Modularity finds as many communities as its resolution asks for. How many topics a set has does
not follow from its size: the finer of two choices is taken only where its communities lie clearly
further apart, by the simplified silhouette (Hruschka, Campello, de Castro 2006) of the
directions, which counts each row with its own community's middle and with the nearest other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from python_jobs.clustering.graph import levels, neighbours
from python_jobs.clustering.graph.communities import communities, merge_small
from python_jobs.clustering.graph.weights import fuzzy_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from python_jobs.clustering.measures import Indices, Matrix

COARSE = 2.0
FINE = 4.0
CLEARLY = 0.01
"""Of ten sets (benchmarks/README.md), silhouettes of the finer choice were .02 higher in the three
whose labels agreed better with it, and at most .007 higher in the others."""

SAMPLE = 3_000
"""Nodes that decide in a larger set, with neighbours among themselves."""

TRIES = 3
"""Seeds that the silhouette is the mean of: one alone chose otherwise in a sixth of the runs."""


def chosen_resolution(
    points: Matrix, graph: sparse.csr_array, rows: Indices, *, smallest: int, k: int, seed: int
) -> float:
    """`COARSE`, or `FINE` where that is clearly better.

    Args:
        points: (n, d) in an order that looks random.
        graph: (n, n) their neighbours.
        rows: (n,) how many rows each point stands for.
        smallest: fewest rows of a community.
        k: neighbours of a point in the graph.
        seed: for Leiden.
    """
    n = len(points)
    if n < 2 or rows.sum() < 2 * smallest:
        return COARSE
    if n > SAMPLE:
        points, rows = points[:SAMPLE], rows[:SAMPLE]
        smallest = max(2, round(smallest * SAMPLE / n))
        graph = fuzzy_graph(*neighbours.nearest(points, min(k, SAMPLE - 1)), rows)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    units = np.divide(points, lengths, out=np.zeros_like(points), where=lengths > 0)

    def apart(resolution: float) -> float:
        found = (communities(graph, resolution, (seed + i) % 2**32) for i in range(TRIES))
        merged = [merge_small(graph, labels, rows, smallest) for labels in found]
        return float(np.mean([silhouette(units, labels) for labels in merged]))

    return FINE if apart(FINE) > apart(COARSE) + CLEARLY else COARSE


def silhouette(units: Matrix, labels: Indices) -> float:
    """Mean over the placed rows of (b - a) / max(a, b), from -1 to 1; 0 for one community.

    `a` is the cosine distance of a row to the middle of its community, `b` to the nearest other.

    Args:
        units: (n, d) unit rows.
        labels: (n,) communities from 0, -1 for none.
    """
    placed = np.flatnonzero(labels >= 0)
    count = int(labels.max(initial=-1)) + 1
    if count < 2:
        return 0.0
    middles = levels.directions(units, labels, np.ones(len(units), dtype=np.int64))
    far: NDArray[np.float32] = 1 - units[placed] @ middles.astype(np.float32).T
    here = np.arange(len(placed)), labels[placed]
    own = far[here].copy()
    far[here] = np.inf
    other = far.min(axis=1)
    larger = np.maximum(np.maximum(own, other), np.finfo(np.float32).tiny)
    return float(np.mean((other - own) / larger, dtype=np.float64))
