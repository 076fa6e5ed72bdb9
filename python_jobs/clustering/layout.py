"""UMAP layouts of unit rows, from neighbours that are found here.

Neighbours of up to `EXACT_ROWS` rows come from a matrix product instead of pynndescent: exact,
and most of what umap-learn compiles in each new process is never called.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from python_jobs.clustering import measures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_jobs.clustering.measures import Matrix

EXACT_ROWS = 30_000
"""Above it, pynndescent's approximate neighbours cost less than n^2 products."""

PICTURE_MIN_DIST = 0.1
"""umap-learn's own default: spreads rows enough to be looked at."""


@dataclass(frozen=True)
class Neighbours:
    """umap-learn's `precomputed_knn`: rows, cosine distances, and pynndescent's index if any.

    Attributes:
        rows: (n, k) the row itself first.
        distances: (n, k) from 0 to 2.
        index: None where the neighbours are exact.
    """

    rows: NDArray[np.int32]
    distances: Matrix
    index: Any = None


def find_neighbours(units: Matrix, k: int, seed: int) -> Neighbours:
    """The k nearest of each unit row, itself included: exact up to `EXACT_ROWS` rows."""
    k = min(k, len(units))
    if len(units) <= EXACT_ROWS:
        return Neighbours(*measures.nearest(units, k))
    return approximate_neighbours(units, k, seed)


def lay_out(
    units: Matrix, neighbours: Neighbours, n_components: int, min_dist: float, seed: int
) -> Matrix:
    """UMAP's layout of unit rows from their neighbours, seeded, on one thread.

    The spectral start fails on some graphs (components smaller than its Lanczos basis, no gap
    between eigenvalues); those start from principal components.

    Returns:
        (n, n_components) finite float32.
    """
    found: Matrix | None
    start: str | Matrix = "spectral"
    try:
        found = _umap(start, units, neighbours, n_components, min_dist, seed)
    except (ValueError, UserWarning):
        found = None
    if found is None or not np.isfinite(found).all():
        start = _principal_start(units, n_components, seed)
        found = _umap(start, units, neighbours, n_components, min_dist, seed)
    return found


def _umap(
    start: str | Matrix,
    units: Matrix,
    neighbours: Neighbours,
    n_components: int,
    min_dist: float,
    seed: int,
) -> Matrix:
    with warnings.catch_warnings():
        _ignore_known_warnings()
        warnings.filterwarnings("error", "Spectral initialisation failed", UserWarning)
        from umap import UMAP

        model = UMAP(
            n_neighbors=neighbours.rows.shape[1],
            n_components=n_components,
            metric="cosine",
            min_dist=min_dist,
            init=start,
            random_state=seed,
            n_jobs=1,
            # copies: umap-learn writes to both
            precomputed_knn=(
                neighbours.rows.copy(),
                neighbours.distances.copy(),
                neighbours.index,
            ),
            # opposite vectors stay connected instead of becoming NaN
            disconnection_distance=np.inf,
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            found = model.fit_transform(units)
    result: Matrix = np.asarray(found, dtype=np.float32, order="C")
    return result


def _principal_start(units: Matrix, n_components: int, seed: int) -> Matrix:
    """Principal components to scale 10, with the noise that umap-learn adds to its own starts."""
    plane = measures.principal_plane(units, n_components)
    noise = np.random.default_rng(seed).normal(scale=1e-4, size=plane.shape)
    start: Matrix = (plane * (10 / np.abs(plane).max()) + noise).astype(np.float32)
    return start


def _ignore_known_warnings() -> None:
    """umap-learn on its optional tensorflow, and on placing new rows, which is not done here."""
    warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
    warnings.filterwarnings("ignore", r"precomputed_knn\[2\]", UserWarning)


def approximate_neighbours(units: Matrix, k: int, seed: int) -> Neighbours:
    """pynndescent's neighbours, as umap-learn asks for them."""
    with warnings.catch_warnings():
        _ignore_known_warnings()
        from umap.umap_ import nearest_neighbors

    random = np.random.RandomState(seed)
    rows, distances, index = nearest_neighbors(units, k, "cosine", {}, True, random, n_jobs=1)
    return Neighbours(rows, np.clip(distances, 0.0, 2.0), index)
