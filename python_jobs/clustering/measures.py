"""Numerics that the methods share: unit rows, exact neighbours, medoids, a plain projection."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from python_jobs.errors import UsageError

Matrix = NDArray[np.float32]
Indices = NDArray[np.int64]

BLOCK_BYTES = 64 * 2**20
SAME = 1e-6


def unit_rows(vectors: NDArray[Any]) -> Matrix:
    """Return the vectors scaled to length 1, as a new float32 matrix.

    Args:
        vectors: (n, d) of any real type; (0,) and (0, d) are an empty set.

    Raises:
        UsageError: not a matrix of numbers, or rows that are NaN, infinite or zero.
    """
    vectors = np.asarray(vectors)
    if vectors.size == 0 and vectors.shape[:1] == (0,):
        return np.zeros((0, vectors.shape[1] if vectors.ndim == 2 else 0), dtype=np.float32)
    if vectors.ndim != 2 or vectors.shape[1] == 0 or vectors.dtype.kind not in "fiu":
        raise UsageError(
            f"vectors must be one row of real numbers a text, not {vectors.dtype} of shape "
            f"{vectors.shape}",
            hint="embed again: all vectors of a run need the same model and dimensions",
        )
    largest = np.abs(vectors).max(axis=1)
    unusable = int((~(np.isfinite(largest) & (largest > 0))).sum())
    if unusable:
        raise UsageError(
            f"{unusable} of {len(vectors)} vectors are zero or hold NaN or infinite values",
            hint="delete these embeddings and embed the texts again",
        )
    # by the largest part first, so that squares neither overflow nor vanish
    scaled: Matrix = np.divide(vectors, largest[:, None]).astype(np.float32)
    scaled /= np.linalg.norm(scaled, axis=1, keepdims=True)
    return scaled


def all_same(units: Matrix) -> bool:
    """Whether all unit rows are one and the same direction, up to rounding."""
    return len(units) > 0 and bool((np.abs(units - units[0]).max(axis=1) <= SAME).all())


def nearest(units: Matrix, k: int) -> tuple[NDArray[np.int32], Matrix]:
    """Exact neighbours by cosine distance, in blocks of `BLOCK_BYTES`.

    Args:
        units: (n, d) unit rows.
        k: neighbours of each row, itself included; at most n.

    Returns:
        (n, k) rows and (n, k) distances from 0 to 2; the row itself first, then by distance,
        ties by the smaller row. Same layout as umap-learn's `precomputed_knn`.
    """
    n = len(units)
    rows = np.empty((n, k), dtype=np.int32)
    distances = np.empty((n, k), dtype=np.float32)
    step = max(1, BLOCK_BYTES // (4 * max(n, 1)))
    for start in range(0, n, step):
        near = units[start : start + step] @ units.T
        here = np.arange(len(near))
        near[here, start + here] = 2.0
        best = np.argpartition(near, n - k, axis=1)[:, n - k :]
        similarity = np.take_along_axis(near, best, axis=1)
        order = np.lexsort((best, -similarity), axis=1)
        rows[start : start + step] = np.take_along_axis(best, order, axis=1)
        distances[start : start + step] = 1.0 - np.take_along_axis(similarity, order, axis=1)
    distances[:, :1] = 0.0
    return rows, np.clip(distances, 0.0, 2.0, out=distances)


def medoid(units: Matrix, members: Indices) -> int:
    """The member with the least total cosine distance to all members.

    For unit rows that total is m minus the product with the sum of all members, so the row
    nearest the sum is the exact medoid and no m x m matrix is needed. Ties: the first.
    """
    inside = units[members]
    return int(members[int(np.argmax(inside @ inside.sum(axis=0, dtype=np.float64)))])


def principal_plane(units: Matrix, dimensions: int = 2) -> Matrix:
    """(n, dimensions) principal components, padded with zeros where there are fewer.

    Each axis points to where its largest value is positive, so that the sign is settled.
    """
    n, width = units.shape
    plane = np.zeros((n, dimensions), dtype=np.float32)
    if n < 2:
        return plane
    centred = units - units.mean(axis=0)
    if n <= width:
        left, scale, _ = np.linalg.svd(centred, full_matrices=False)
        axes = left[:, :dimensions] * scale[:dimensions]
    else:  # a d x d matrix instead of an n x d one
        _, directions = np.linalg.eigh(centred.T @ centred)
        axes = centred @ directions[:, ::-1][:, :dimensions]
    peaks = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    plane[:, : axes.shape[1]] = axes * np.where(peaks < 0, -1.0, 1.0)
    return plane
