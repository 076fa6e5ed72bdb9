"""Numerics that the methods share: unit rows, exact neighbours, medoids, a plain projection."""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

Matrix = NDArray[np.float32]
Indices = NDArray[np.int64]

BLOCK_BYTES = 64 * 2**20
SAME = 1e-6


def check_vectors(vectors: NDArray[Any]) -> NDArray[Any]:
    """The vectors as a matrix, read in blocks of `BLOCK_BYTES`; (0,) is (0, 0).

    Raises:
        UsageError: not a matrix of numbers, or rows that are NaN, infinite or zero.
    """
    vectors = np.asanyarray(vectors)
    if vectors.size == 0 and vectors.shape[:1] == (0,):
        return np.zeros((0, vectors.shape[1] if vectors.ndim == 2 else 0), dtype=np.float32)
    if vectors.ndim != 2 or vectors.shape[1] == 0 or vectors.dtype.kind not in "fiu":
        raise UsageError(
            f"vectors must be one row of real numbers a text, not {vectors.dtype} of shape "
            f"{vectors.shape}",
            hint="embed again: all vectors of a run need the same model and dimensions",
        )
    unusable = 0
    step = max(1, BLOCK_BYTES // (8 * vectors.shape[1]))
    for start in range(0, len(vectors), step):
        largest = _largest(vectors[start : start + step])
        unusable += int((~(np.isfinite(largest) & (largest > 0))).sum())
        let_go(vectors)
    if unusable:
        raise UsageError(
            f"{unusable} of {len(vectors)} vectors are zero or hold NaN or infinite values",
            hint="delete these embeddings and embed the texts again",
        )
    return vectors


def let_go(vectors: NDArray[Any]) -> None:
    """Give back the pages of a memory map that were read; what is in them stays in its file.

    Else a map that was read once counts as resident as a whole, however little of it is needed at
    a time. Nothing happens to an array in memory, nor where the system does not know how.
    """
    if not isinstance(vectors, np.memmap) or vectors.mode == "c":
        return
    pages: Any = vectors
    while isinstance(pages, np.ndarray):
        pages = pages.base
    if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        pages.madvise(mmap.MADV_DONTNEED)


def unit_blocks(
    vectors: NDArray[Any], rows: Indices | None = None
) -> Iterator[tuple[slice, Matrix]]:
    """Unit vectors of these rows (all if None), a block of `BLOCK_BYTES` at a time.

    Args:
        vectors: (n, d), checked by :func:`check_vectors`; a memory map stays on disk.
        rows: (m,) which of them, in which order.

    Yields:
        Where the block belongs among the m rows, and its unit vectors.
    """
    n = len(vectors) if rows is None else len(rows)
    step = max(1, BLOCK_BYTES // (8 * max(1, vectors.shape[-1])))
    for start in range(0, n, step):
        part = slice(start, min(start + step, n))
        yield part, scaled(np.asarray(vectors[part if rows is None else rows[part]]))
        let_go(vectors)


def mean_row(vectors: NDArray[Any], rows: Indices) -> Matrix:
    """(d,) mean of at least one of the rows, read in blocks of `BLOCK_BYTES`."""
    total = np.zeros(vectors.shape[1])
    step = max(1, BLOCK_BYTES // (8 * max(1, vectors.shape[1])))
    for start in range(0, len(rows), step):
        total += vectors[rows[start : start + step]].sum(axis=0, dtype=np.float64)
        let_go(vectors)
    return (total / len(rows)).astype(np.float32)


def checked_weights(weights: NDArray[Any] | None, n: int) -> Indices:
    """(n,) what each row counts; ones if None.

    Raises:
        UsageError: not n whole numbers of at least 1.
    """
    if weights is None:
        return np.ones(n, dtype=np.int64)
    weights = np.asarray(weights)
    if weights.shape != (n,) or weights.dtype.kind not in "iu" or (weights < 1).any():
        raise UsageError(
            f"weights must be {n} whole numbers of at least 1",
            hint="a weight is the number of feedback items that share a text",
        )
    return weights.astype(np.int64)


def unit_rows(vectors: NDArray[Any]) -> Matrix:
    """Return the vectors scaled to length 1, as a new float32 matrix.

    Args:
        vectors: (n, d) of any real type; (0,) and (0, d) are an empty set. Read in blocks of
            `BLOCK_BYTES`; a memory map stays on disk.

    Raises:
        UsageError: not a matrix of numbers, or rows that are NaN, infinite or zero.
    """
    checked = check_vectors(vectors)
    units = np.empty(checked.shape, dtype=np.float32)
    for part, block in unit_blocks(checked):
        units[part] = block
    return units


def scaled(vectors: NDArray[Any]) -> Matrix:
    """Checked rows scaled to length 1, as a new float32 matrix."""
    if not len(vectors):
        return np.zeros(vectors.shape, dtype=np.float32)
    # by the largest part first, so that squares neither overflow nor vanish
    units: Matrix = np.divide(vectors, _largest(vectors)[:, None]).astype(np.float32, copy=False)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    return units


def _largest(vectors: NDArray[Any]) -> NDArray[Any]:
    """The largest absolute value of each row, without a copy of the matrix."""
    found: NDArray[Any] = np.maximum(vectors.max(axis=1), -vectors.min(axis=1))
    return found


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
