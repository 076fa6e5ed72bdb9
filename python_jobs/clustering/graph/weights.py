"""Edge weights of the neighbour graph: UMAP's fuzzy simplicial set (McInnes, Healy, Melville 2018).

The formulas and constants are umap-learn's (`smooth_knn_dist`, `compute_membership_strengths`,
`fuzzy_simplicial_set` with `set_op_mix_ratio` 1), for all rows at once in NumPy: umap-learn would
spend longer on compiling its own than this takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_jobs.clustering.measures import Indices, Matrix

ROUNDS = 40
"""Halvings in the search for a row's bandwidth: beyond float32."""

SMALLEST_BANDWIDTH = 1e-3
"""Of the mean distance: umap-learn's `MIN_K_DIST_SCALE`."""


def fuzzy_graph(
    rows: NDArray[np.int32], distances: Matrix, copies: Indices | None = None
) -> sparse.csr_array:
    """The symmetric graph of the neighbours, weights from 0 to 1, sorted indices.

    Args:
        rows: (n, k) other points.
        distances: (n, k) ascending.
        copies: (n,) how many equal rows each point stands for. They are each other's nearest,
            so that the more there are, the less a point looks to others.
    """
    n, k = rows.shape
    if not k:
        return sparse.csr_array((n, n), dtype=np.float64)
    strengths = _strengths(distances)
    if copies is not None:
        strengths *= np.maximum(k + 1 - copies, 0)[:, None] / k
    strengths = strengths.ravel()
    ends = np.arange(0, n * k + 1, k)
    one_way = sparse.csr_array((strengths, rows.ravel(), ends), shape=(n, n))
    back = one_way.T.tocsr()
    graph = (one_way + back - one_way.multiply(back)).tocsr()
    graph.eliminate_zeros()
    graph.sort_indices()
    return graph


def _strengths(distances: Matrix) -> NDArray[np.float64]:
    """(n, k) exp(-(distance - nearest) / bandwidth), each row's sum being log2(k + 1)."""
    far = distances.astype(np.float64)
    nearest = np.where(far > 0, far, np.inf).min(axis=1, initial=np.inf)
    nearest[np.isinf(nearest)] = 0.0
    beyond = np.maximum(far - nearest[:, None], 0.0)
    bandwidth = _bandwidths(beyond, float(np.log2(distances.shape[1] + 1)))
    least = np.where(nearest > 0, far.mean(axis=1), far.mean()) * SMALLEST_BANDWIDTH
    bandwidth = np.maximum(np.maximum(bandwidth, least), np.finfo(np.float64).tiny)
    strengths: NDArray[np.float64] = np.exp(-beyond / bandwidth[:, None])
    return strengths


def _bandwidths(beyond: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    """(n,) bandwidths by bisection, all rows in step."""
    low = np.zeros(len(beyond))
    high = np.full(len(beyond), np.inf)
    middle = np.ones(len(beyond))
    for _ in range(ROUNDS):
        is_wide = np.exp(-beyond / middle[:, None]).sum(axis=1) > total
        high[is_wide] = middle[is_wide]
        low[~is_wide] = middle[~is_wide]
        middle = np.where(np.isinf(high), middle * 2, (low + high) / 2)
        middle = np.maximum(middle, np.finfo(np.float64).tiny)
    return middle
