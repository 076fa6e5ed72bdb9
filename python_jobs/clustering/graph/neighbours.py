"""The nearest points by euclidean distance: all pairs of a small set, near cells of a large one.

A large set is divided into cells around k-means centres (the inverted file of Jégou, Douze,
Schmid 2011, without its compression); each point is compared with the members of the cells whose
centres are nearest it, one matrix product a cell. Nothing is compiled and nothing is random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_jobs.clustering.measures import Indices, Matrix

    Neighbours = tuple[NDArray[np.int32], Matrix]

EXACT_POINTS = 4_000
CELL_POINTS = 200
PROBES = 8
ROUNDS = 4
TRAINING_POINTS = 32
"""Points a cell that the centres are computed from."""

BLOCK_VALUES = 4 * 2**20


def nearest(points: Matrix, k: int) -> Neighbours:
    """The k nearest other points of each, nearest first.

    Args:
        points: (n, d) in an order that looks random.
        k: from 0 to n - 1.

    Returns:
        (n, k) points and (n, k) distances; ties by the smaller number.
    """
    n = len(points)
    if not k:
        return np.zeros((n, 0), dtype=np.int32), np.zeros((n, 0), dtype=np.float32)
    everything = np.arange(n)
    if n <= EXACT_POINTS:
        return _finish(points, *_compare(points, everything, everything, k))
    rows, heights = _probe_cells(points, k)
    best = np.argpartition(heights, k - 1, axis=1)[:, :k]
    rows, heights = (
        np.take_along_axis(rows, best, axis=1),
        np.take_along_axis(heights, best, axis=1),
    )
    # cells of a few points each, as around outliers, may hold fewer than k
    short = np.flatnonzero(np.isinf(heights).any(axis=1))
    if len(short):
        rows[short], heights[short] = _compare(points, short, everything, k)
    return _finish(points, rows, heights)


def _finish(points: Matrix, rows: NDArray[np.int32], heights: Matrix) -> Neighbours:
    """Sort by distance; a height is the squared distance less the point's own square."""
    order = np.lexsort((rows, heights), axis=1)
    squares = np.take_along_axis(heights, order, axis=1) + _squares(points)[:, None]
    return np.take_along_axis(rows, order, axis=1), np.sqrt(np.maximum(squares, 0))


def _squares(points: Matrix) -> Matrix:
    found: Matrix = np.einsum("ij,ij->i", points, points)
    return found


def _compare(points: Matrix, asking: Indices, members: Indices, k: int) -> Neighbours:
    """The k lowest members for each asking point, itself left out, in no order.

    Where there are fewer, the rest has height infinity.
    """
    count = min(k, len(members))
    rows = np.zeros((len(asking), k), dtype=np.int32)
    heights = np.full((len(asking), k), np.inf, dtype=np.float32)
    target = points[members].T * np.float32(-2)
    squares = _squares(points[members])
    at = np.searchsorted(members, asking)
    at[at == len(members)] = 0
    is_member = members[at] == asking
    step = max(1, BLOCK_VALUES // len(members))
    for start in range(0, len(asking), step):
        part = slice(start, start + step)
        near = points[asking[part]] @ target
        near += squares
        inside = np.flatnonzero(is_member[part])
        near[inside, at[part][inside]] = np.inf
        best = np.argpartition(near, count - 1, axis=1)[:, :count]
        rows[part, :count] = members[best]
        heights[part, :count] = np.take_along_axis(near, best, axis=1)
    return rows, heights


def _probe_cells(points: Matrix, k: int) -> Neighbours:
    """(n, PROBES * k) candidates of each point from the cells nearest it."""
    n = len(points)
    centres = _centres(points, n // CELL_POINTS)
    probed = _nearest_centres(points, centres, PROBES)
    rows = np.zeros((n, PROBES, k), dtype=np.int32)
    heights = np.full((n, PROBES, k), np.inf, dtype=np.float32)
    members = _groups(probed[:, 0], len(centres))
    askings = _groups(probed.ravel(), len(centres))
    for inside, pairs in zip(members, askings, strict=True):
        if len(inside) and len(pairs):
            asking, slot = pairs // PROBES, pairs % PROBES
            rows[asking, slot], heights[asking, slot] = _compare(points, asking, inside, k)
    return rows.reshape(n, -1), heights.reshape(n, -1)


def _groups(cell: Indices, count: int) -> list[Indices]:
    """Ascending positions of each value below `count`."""
    order = np.argsort(cell, kind="stable")
    return np.split(order, np.cumsum(np.bincount(cell, minlength=count))[:-1])


def _centres(points: Matrix, count: int) -> Matrix:
    """A few rounds of Lloyd's k-means from the first points, which are a random sample."""
    sample = points[: count * TRAINING_POINTS]
    centres = sample[:count].copy()
    for _ in range(ROUNDS):
        groups = _groups(_nearest_centres(sample, centres, 1)[:, 0], count)
        centres = np.stack(
            [
                sample[inside].mean(axis=0) if len(inside) else centre
                for inside, centre in zip(groups, centres, strict=True)
            ]
        )
    return centres


def _nearest_centres(points: Matrix, centres: Matrix, count: int) -> Indices:
    """(n, count) the cells nearest each point, nearest first."""
    half = _squares(centres) / 2
    found = np.empty((len(points), count), dtype=np.int64)
    step = max(1, BLOCK_VALUES // len(centres))
    for start in range(0, len(points), step):
        far = half - points[start : start + step] @ centres.T
        if count == 1:
            found[start : start + step, 0] = far.argmin(axis=1)
            continue
        best = np.argpartition(far, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(far, best, axis=1), axis=1, kind="stable")
        found[start : start + step] = np.take_along_axis(best, order, axis=1)
    return found
