"""From flat clusterings to a tree: divide the whole set, then zoom into every part.

Knows nothing of the method: it takes a function that divides rows, names what comes back and
keeps the books.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from python_jobs.clustering.tree import NOISE, ROOT, Cluster, Floats, Labels, Rows

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Division:
    """A flat clustering of m rows.

    Attributes:
        labels: (m,) 0 to k-1, and -1 for noise.
        probabilities: (m,) membership probability, from 0 to 1.
        persistence: (k,) one a cluster.
    """

    labels: Integers
    probabilities: Floats
    persistence: Floats


Divide = Callable[[Rows, str], Division | None]
"""Divide these rows, the members of this path; None where they cannot be divided."""
Medoid = Callable[[Rows], int]
"""The row in the middle of these rows."""


@dataclass(frozen=True)
class Grown:
    """The nodes, labels and probabilities of :class:`~python_jobs.clustering.tree.ClusterTree`."""

    clusters: tuple[Cluster, ...]
    labels: Labels
    probabilities: Floats


def grow(divide: Divide, medoid: Medoid, weights: Integers, max_depth: int) -> Grown:
    """Divide all rows, then each part, down to `max_depth`.

    A part that cannot be divided, or whose division has fewer than two clusters, stays a leaf.
    The whole set takes what it gets: one cluster, or nothing but noise. Siblings are numbered
    by falling size, ties by more rows, then by the smaller first row; rows placed nowhere go to
    `<path>.noise`.

    Args:
        divide: the method.
        medoid: the row in the middle of some rows.
        weights: (n,) what each row counts in sizes.
        max_depth: levels, from 1.
    """
    n = len(weights)
    labels: Labels = np.full(n, ROOT, dtype=object)
    probabilities = np.zeros(n, dtype=np.float32)

    def visit(path: str, rows: Rows, depth: int) -> Iterator[Cluster]:
        if depth > max_depth or not len(rows):
            return
        division = divide(rows, path)
        if path == ROOT:
            division = division or nothing_found(n)
        elif division is None or len(division.persistence) < 2:
            return
        for child, inside in _parts(path, depth, rows, division, weights):
            labels[child_rows := rows[inside]] = child.path
            probabilities[child_rows] = 0 if child.is_noise else division.probabilities[inside]
            if child.is_noise:
                yield child
                continue
            below = tuple(visit(child.path, child_rows, depth + 1))
            yield replace(child, is_leaf=not below, medoid=medoid(child_rows))
            yield from below

    clusters = tuple(visit(ROOT, np.arange(n, dtype=np.int64), 1))
    return Grown(clusters, labels, probabilities)


def nothing_found(count: int) -> Division:
    """`count` rows of noise."""
    none = np.zeros(0, dtype=np.float32)
    return Division(np.full(count, -1, dtype=np.int64), np.zeros(count, dtype=np.float32), none)


def _parts(
    path: str, depth: int, rows: Rows, division: Division, weights: Integers
) -> Iterator[tuple[Cluster, Rows]]:
    """The children of `path` in order, each with its positions in `rows`."""
    found = [np.flatnonzero(division.labels == k) for k in range(len(division.persistence))]
    order = sorted(
        range(len(found)),
        key=lambda k: (-weights[rows[found[k]]].sum(), -len(found[k]), rows[found[k][0]]),
    )
    named = [(str(i), found[k], float(division.persistence[k])) for i, k in enumerate(order)]
    noise = np.flatnonzero(division.labels < 0)
    for name, inside, persistence in [*named, *([(NOISE, noise, None)] if len(noise) else [])]:
        child = Cluster(
            path=f"{path}.{name}",
            parent_path=path,
            depth=depth,
            size=int(weights[rows[inside]].sum()),
            count_members=len(inside),
            is_noise=name == NOISE,
            is_leaf=True,
            persistence=persistence,
            medoid=None,
        )
        yield child, inside
