"""Which points are alone: far from their neighbours, for a point of this set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_jobs.clustering.measures import Indices, Matrix
    from python_jobs.clustering.tree import Floats

SPREADS = 2.0
"""A score so many robust standard deviations above the median is noise. On clinc150 that line is
passed by 86% of the out-of-scope rows and by 4.5% of the others (2.5: 70% and 2.1%), on real
feedback by 1% at most (benchmarks/README.md)."""

NORMAL = 1.4826
"""Of a normal distribution: standard deviation / median absolute deviation."""


def scores(points: Matrix, near: NDArray[np.int32], copies: Indices) -> Floats:
    """(n,) mean cosine distance to the nearest others, from 0 to 1; 1 for a point without any.

    Args:
        points: (n, d).
        near: (n, k) their neighbours.
        copies: (n,) how many rows each point stands for: copies are neighbours at no distance.
    """
    n, k = near.shape
    if not k:
        return np.where(copies > 1, 0.0, 1.0).astype(np.float32)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    units = np.divide(points, lengths, out=np.zeros_like(points), where=lengths > 0)
    found = np.empty(n, dtype=np.float32)
    step = 4096
    for start in range(0, n, step):
        part = slice(start, start + step)
        middle = units[near[part]].sum(axis=1)
        found[part] = 1 - np.einsum("ij,ij->i", middle, units[part]) / k
    found *= np.maximum(0, k + 1 - copies) / k
    return np.clip(found, 0.0, 1.0)


def line(score: Floats, copies: Indices) -> float:
    """The score above which a row is far from its neighbours for a row of this set."""
    if not len(score):
        return 1.0
    values = np.repeat(score, copies)
    middle = np.median(values)
    spread = NORMAL * np.median(np.abs(values - middle))
    return float(middle + SPREADS * spread)


def alone(score: Floats, copies: Indices, largest_share: float) -> NDArray[np.bool_]:
    """(n,) whether each point is noise: above the line, and among the loneliest rows.

    Args:
        score: (n,) from `scores`.
        copies: (n,) how many rows each point stands for.
        largest_share: of all rows; no more are noise. Where a set is half form letters, half
            prose, the prose is far from its neighbours by the letters' measure, and no noise.
    """
    if not len(score):
        return np.zeros(0, dtype=bool)
    highest = float(np.quantile(np.repeat(score, copies), 1 - largest_share))
    return np.asarray(score > max(line(score, copies), highest))
