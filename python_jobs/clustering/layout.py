"""UMAP layouts of unit rows: neighbours, fuzzy graph, start, descent.

The graph and the objective are UMAP's (McInnes, Healy, Melville 2018) with umap-learn's constants;
its own modules are not loaded, since importing and compiling them costs more than the work.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.clustering import layout_kernel, measures
from python_jobs.clustering.graph import neighbours as cells
from python_jobs.clustering.graph.weights import fuzzy_graph

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from python_jobs.clustering.measures import Matrix

EXACT_ROWS = 8_000
"""Above it, approximate neighbours cost less than n^2 products, and find 96 of 100."""

N_EPOCHS = 200
"""umap-learn's own number for large sets, here for all: what 500, its number below 10,000 rows,
and 100 gave instead is in benchmarks/README.md."""

PICTURE_MIN_DIST = 0.1
"""umap-learn's own default: spreads rows enough to be looked at."""

SMOOTHINGS = 3
WIDTH = 10.0
JITTER = 1e-4
"""Of a start: extent, and standard deviation of the noise that umap-learn adds to its own."""


@dataclass(frozen=True)
class Neighbours:
    """The nearest rows by cosine distance; umap-learn's `precomputed_knn`.

    Attributes:
        rows: (n, k) the row itself first.
        distances: (n, k) from 0 to 2.
    """

    rows: NDArray[np.int32]
    distances: Matrix


def find_neighbours(units: Matrix, k: int, seed: int) -> Neighbours:
    """The k nearest of each unit row, itself included: exact up to `EXACT_ROWS` rows."""
    k = min(k, len(units))
    if len(units) <= EXACT_ROWS:
        return Neighbours(*measures.nearest(units, k))
    return approximate_neighbours(units, k, seed)


def approximate_neighbours(units: Matrix, k: int, seed: int) -> Neighbours:
    """Those of the graph method's cells; half a squared distance of unit rows is the cosine's."""
    order = np.random.default_rng(seed).permutation(len(units)).astype(np.int32)
    near, apart = cells.nearest(units[order], k - 1)
    rows = np.empty((len(units), k), dtype=np.int32)
    distances = np.zeros((len(units), k), dtype=np.float32)
    rows[order, 0], rows[order, 1:] = order, order[near]
    distances[order, 1:] = np.minimum(apart**2 / 2, 2.0)
    return Neighbours(rows, distances)


def lay_out(
    units: Matrix, neighbours: Neighbours, n_components: int, min_dist: float, seed: int
) -> Matrix:
    """UMAP's layout of unit rows from their neighbours, seeded, on one thread.

    Returns:
        (n, n_components) finite float32.
    """
    graph = fuzzy_graph(neighbours.rows[:, 1:], neighbours.distances[:, 1:])
    return layout_kernel.descend(
        start(units, graph, n_components, seed),
        layout_kernel.Edges.of(graph, N_EPOCHS),
        layout_kernel.gradients(*curve(min_dist)),
        N_EPOCHS,
        seed,
    )


def start(units: Matrix, graph: sparse.csr_array, n_components: int, seed: int) -> Matrix:
    """Principal components, each row then moved half way to its neighbours a few times.

    After Kobak & Linderman (2021), who found principal components as good a start as the spectral
    one that umap-learn takes; they exist for every graph, also one in pieces, and cost less.

    Returns:
        (n, n_components) float32, each column from 0 to `WIDTH`.
    """
    places = measures.principal_plane(units, n_components).astype(np.float64)
    degrees = np.asarray(graph.sum(axis=1)).reshape(-1, 1)
    for _ in range(SMOOTHINGS):
        places = np.where(
            degrees > 0, places / 2 + (graph @ places) / (2 * np.maximum(degrees, JITTER)), places
        )
    places *= WIDTH / max(np.abs(places).max(), np.finfo(np.float32).tiny)
    places += np.random.default_rng(seed).normal(scale=JITTER, size=places.shape)
    places -= places.min(axis=0)
    found: Matrix = (WIDTH * places / places.max(axis=0)).astype(np.float32)
    return found


@functools.cache
def curve(min_dist: float) -> tuple[float, float]:
    """UMAP's a and b for a spread of 1: umap-learn's `find_ab_params`."""
    from scipy.optimize import curve_fit

    def height(x: NDArray[np.float64], a: float, b: float) -> NDArray[np.float64]:
        return 1.0 / (1.0 + a * x ** (2 * b))

    at = np.linspace(0.0, 3.0, 300)
    (a, b), _ = curve_fit(height, at, np.where(at < min_dist, 1.0, np.exp(min_dist - at)))
    return float(a), float(b)
