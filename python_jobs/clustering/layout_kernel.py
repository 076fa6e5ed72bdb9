"""UMAP's layout by stochastic gradient descent, compiled once and then read from disk.

A port of umap-learn's `optimize_layout_euclidean` (BSD 3-clause, Copyright (c) 2017 Leland
McInnes; McInnes, Healy, Melville 2018, section 4.2): the same edges in the same epochs, the same
negative samples from the same generator, in the same order. What differs is how the two gradients
are computed: umap-learn raises each distance to a power in double precision, which is most of its
time, here they are read from a table (relative error below 5e-5) in single precision.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from python_jobs.clustering.measures import Matrix

    Table = NDArray[np.float32]

NEGATIVE_SAMPLES = 5
"""Rows that a row is pushed from each time an edge pulls it: umap-learn's default."""

_MANTISSA = 7
_SHIFT = 23 - _MANTISSA
_LOWEST, _HIGHEST = -40, 24
_FIRST = (127 + _LOWEST) << 23
_LAST = ((_HIGHEST - _LOWEST) << 23) - 1
_REST = (1 << _SHIFT) - 1
_ZERO, _LIMIT = np.float32(0), np.float32(4)
_WORD = 0xFFFFFFFF

_SIGNATURE = (
    "void(f4[:,::1], i4[::1], i4[::1], f8[::1], f8[::1], f8[::1], "
    "f8[::1], f4[:,::1], i8[:,::1], i8, f4)"
)
_OPTIONS: dict[str, Any] = {"fastmath": True, "nogil": True}
"""Reordered sums, as in umap-learn; other threads (heartbeats) go on."""


@dataclass(frozen=True)
class Edges:
    """Both directions of each edge of a fuzzy graph, weights from 0 to 1.

    Attributes:
        heads: (m,) rows.
        tails: (m,) rows.
        weights: (m,)
    """

    heads: NDArray[np.int32]
    tails: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, graph: Any, n_epochs: int) -> Edges:
        """Those of a symmetric sparse graph that `n_epochs` use at all, by row."""
        found = graph.tocoo()
        weights = found.data.astype(np.float32)
        used = weights >= weights.max(initial=0.0) / float(n_epochs)
        heads, tails = (rows[used].astype(np.int32) for rows in (found.row, found.col))
        return cls(heads, tails, weights[used])

    def periods(self, n_epochs: int) -> NDArray[np.float64]:
        """(m,) epochs between two uses of an edge: umap-learn's `make_epochs_per_sample`."""
        times = n_epochs * (self.weights / self.weights.max(initial=0.0))
        found: NDArray[np.float64] = np.divide(float(n_epochs), times, dtype=np.float64)
        return found


def gradients(a: float, b: float) -> Table:
    """Attraction and repulsion of a pair by its squared distance, to be multiplied by its offset.

    Attraction is `-2ab x^(b-1) / (1 + a x^b)`, repulsion `2b / ((0.001 + x)(1 + a x^b))`.

    Returns:
        (steps, 4) a row for 1/128 of each octave of x from 2^-40 to 2^24: value and slope of the
        first, value and slope of the second. The step of a float is in its leading bits.
    """
    steps = (_HIGHEST - _LOWEST) << _MANTISSA
    bits = ((np.arange(steps + 1) + ((127 + _LOWEST) << _MANTISSA)) << _SHIFT).astype(np.int32)
    x = bits.view(np.float32).astype(np.float64)
    power = x**b
    table = np.empty((steps, 4), dtype=np.float32)
    pull, push = -2 * a * b * power / x / (1 + a * power), 2 * b / ((0.001 + x) * (1 + a * power))
    for at, values in ((0, pull), (2, push)):
        table[:, at] = values[:-1]
        table[:, at + 1] = np.diff(values) / (1 << _SHIFT)
    return table


@njit(inline="always")
def _look_up(table, which, squared):  # type: ignore[no-untyped-def] # pragma: no cover
    at = np.int32(np.float32(squared).view(np.int32) - np.int32(_FIRST))
    at = min(max(at, np.int32(0)), np.int32(_LAST))
    step = at >> _SHIFT
    return table[step, which] + np.float32(at & _REST) * table[step, which + 1]


@njit(inline="always")
def _draw(states, row):  # type: ignore[no-untyped-def] # pragma: no cover
    """The next of Tausworthe's numbers (L'Ecuyer 1996) in umap-learn's variant, of 32 bits."""
    a, b, c = states[row, 0], states[row, 1], states[row, 2]
    a = (((a & 4294967294) << 12) & _WORD) ^ ((((a << 13) & _WORD) ^ a) >> 19)
    b = (((b & 4294967288) << 4) & _WORD) ^ ((((b << 2) & _WORD) ^ b) >> 25)
    c = (((c & 4294967280) << 17) & _WORD) ^ ((((c << 3) & _WORD) ^ c) >> 11)
    states[row, 0], states[row, 1], states[row, 2] = a, b, c
    return np.int32(a ^ b ^ c)


@njit(inline="always")
def _clip(value):  # type: ignore[no-untyped-def] # pragma: no cover
    return min(_LIMIT, max(-_LIMIT, value))


def _epoch_in(width: int) -> Callable[..., None]:
    """An epoch in so many dimensions: as a constant, so that loops over them are unrolled."""

    def epoch(  # type: ignore[no-untyped-def] # pragma: no cover
        places, heads, tails, pull_every, push_every, next_pull, next_push, table, states, now, step
    ):
        """Pull and push along every edge that is due, in place; each row moves at once."""
        n = np.int32(places.shape[0])
        for edge in range(heads.shape[0]):
            if next_pull[edge] > now:
                continue
            head, tail = heads[edge], tails[edge]
            squared = _ZERO
            for axis in range(width):
                offset = places[head, axis] - places[tail, axis]
                squared += offset * offset
            if squared > _ZERO:
                pull = _look_up(table, 0, squared)
                for axis in range(width):
                    move = _clip(pull * (places[head, axis] - places[tail, axis])) * step
                    places[head, axis] += move
                    places[tail, axis] -= move
            next_pull[edge] += pull_every[edge]
            count = int((now - next_push[edge]) / push_every[edge])
            for _ in range(count):
                other = _draw(states, head) % n
                squared = _ZERO
                for axis in range(width):
                    offset = places[head, axis] - places[other, axis]
                    squared += offset * offset
                push = _look_up(table, 2, squared)
                for axis in range(width):
                    places[head, axis] += (
                        _clip(push * (places[head, axis] - places[other, axis])) * step
                    )
            next_push[edge] += count * push_every[edge]

    return cast("Callable[..., None]", epoch)


@functools.cache
def _compiled(width: int) -> Callable[..., None]:
    """The compiled epoch: read from numba's cache where there is one, which is by far faster.

    The cache lies beside this file or, where that is read-only, in the user's own cache. Where
    neither can be written, or what is there cannot be read, this process compiles for itself.
    """
    try:
        compiled = njit(_SIGNATURE, cache=True, **_OPTIONS)(_epoch_in(width))
    except Exception:  # a damaged pickle can raise anything; a defect of ours raises again below
        compiled = njit(_SIGNATURE, **_OPTIONS)(_epoch_in(width))
    return cast("Callable[..., None]", compiled)


def descend(
    start: Matrix, edges: Edges, table: Table, n_epochs: int, seed: int, rate: float = 1.0
) -> Matrix:
    """Move a start to a layout in `n_epochs`, the step falling from `rate` to 0.

    Args:
        start: (n, d) float32; left as it is.
        edges: both directions of each edge.
        table: of :func:`gradients`.
        n_epochs: an edge of the largest weight is used in each.
        seed: decides the negative samples.
        rate: the first step; 1 is umap-learn's.

    Returns:
        (n, d) float32.
    """
    places: Matrix = np.array(start, dtype=np.float32, order="C")
    pull_every = edges.periods(n_epochs)
    push_every = pull_every / NEGATIVE_SAMPLES
    next_pull, next_push = pull_every.copy(), push_every.copy()
    states = _random_states(places, seed)
    run = _compiled(places.shape[1])
    for epoch in range(n_epochs):
        step = np.float32(rate * (1.0 - max(epoch - 1, 0) / n_epochs))
        run(
            places, edges.heads, edges.tails, pull_every, push_every, next_pull, next_push,
            table, states, epoch, step,
        )  # fmt: skip
    return places


def _random_states(places: Matrix, seed: int) -> NDArray[np.int64]:
    """(n, 3) a generator for each row, seeded as umap-learn does."""
    low, high = np.iinfo(np.int32).min + 1, np.iinfo(np.int32).max - 1
    drawn = np.random.RandomState(seed).randint(low, high, 3).astype(np.int64)
    return drawn + places[:, :1].astype(np.float64).view(np.int64)
