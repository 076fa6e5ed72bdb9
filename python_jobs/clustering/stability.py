"""Which clusters are found again when a fifth of the texts is left out.

Cluster-wise stability by resampling (Hennig 2007, "Cluster-wise assessment of cluster stability"):
cluster a part of the rows again, take for each cluster the largest Jaccard index that it has with
any cluster of the new tree, over the rows that were drawn, and average over the resamples. Hennig
reads a mean of .75 and more as a stable cluster, .6 to .75 as a pattern whose members are in doubt,
.5 and less as one that dissolves.

Rows are drawn without replacement (his "subset" scheme, 80% as in scclusteval, Tang and others
2021): a bootstrap's copies of a row would be each other's nearest neighbours and make dense spots
of their own. A partner may lie at any depth: a cluster that comes back as a part of a wider one is
found again. Every row counts once, however many feedback share its text: one text that 400
customers sent would otherwise hold any cluster together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.clustering.overlap import is_proper, nodes
from python_jobs.clustering.tree import Labels, Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from python_jobs.clustering.tree import ClusterTree

SHARE = 0.8
"""Of the rows that a resample draws."""

Again = Callable[[Rows, int], Labels]
"""Cluster these rows (ascending) under this seed: the deepest path of each."""


def stability(labels: Labels, again: Again, samples: int, seed: int) -> dict[str, float]:
    """Mean best Jaccard index of each cluster over the resamples, from 0 to 1.

    A cluster none of whose rows were drawn does not count in that resample.

    Args:
        labels: (n,) deepest path of each row.
        again: clusters a part of the rows.
        samples: resamples, from 0.
        seed: decides the draws, and the seeds that `again` is given.

    Returns:
        By path of every cluster but noise; nothing where `samples` is 0 or there is no cluster.
    """
    found: dict[str, list[float]] = {}
    if not any(is_proper(path) for path in set(labels)):
        return {}
    drawn = max(1, round(SHARE * len(labels)))
    for number in range(1, samples + 1):
        random = np.random.default_rng([seed, number])
        rows = np.sort(random.choice(len(labels), size=drawn, replace=False)).astype(np.int64)
        new = again(rows, (seed + number) % 2**32)
        for path, best in best_matches(labels[rows], new).items():
            found.setdefault(path, []).append(best)
    return {path: float(np.mean(values)) for path, values in found.items()}


def best_matches(old: Iterable[str], new: Iterable[str]) -> dict[str, float]:
    """The largest Jaccard index of each cluster of `old` with any cluster of `new`.

    Args:
        old: (m,) deepest path of each row in one tree.
        new: (m,) the same in another.
    """
    both: Counter[tuple[str, str]] = Counter()
    sizes: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for (before, after), count in Counter(zip(old, new, strict=True)).items():
        befores = [path for path in nodes(before) if is_proper(path)]
        afters = [path for path in nodes(after) if is_proper(path)]
        for path in befores:
            sizes[0][path] += count
        for path in afters:
            sizes[1][path] += count
        both.update({(one, other): count for one in befores for other in afters})
    best = dict.fromkeys(sizes[0], 0.0)
    for (one, other), shared in both.items():
        jaccard = shared / (sizes[0][one] + sizes[1][other] - shared)
        best[one] = max(best[one], jaccard)
    return best


def resampled_size(smallest: int) -> int:
    """Fewest rows of a cluster in a resample: the same share of fewer rows, at least 2."""
    return max(2, round(SHARE * smallest))


def with_stability(tree: ClusterTree, found: Mapping[str, float], samples: int) -> ClusterTree:
    """The tree with the stability of its clusters, and with how it was computed."""
    return replace(
        tree,
        clusters=tuple(replace(each, stability=found.get(each.path)) for each in tree.clusters),
        effective={**tree.effective, "stability_samples": samples, "stability_share": SHARE},
    )
