"""Which cluster of a run is which of the run before: keys that survive a new clustering.

Paths number the clusters of one run. A `cluster_key` stays with the feedback: it is handed on by an
optimal assignment of the later run's clusters to the earlier run's (Kuhn and Munkres, as in
`scipy.optimize.linear_sum_assignment`) that maximises the sum of their scores, the Jaccard index of
the feedback in them. Only texts that both runs know count, so new feedback moves no key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from python_jobs.clustering.overlap import (
    Overlap,
    Pair,
    depth,
    is_proper,
    nodes,
    overlap,
    paths_of,
)
from python_jobs.clustering.tree import NOISE, ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MIN_JACCARD = 0.3
"""Below it a cluster continues nothing. A threshold on the Jaccard index is how Greene, Doyle and
Cunningham match communities over time (2010); the value is ours. Above one half a cluster has one
partner at its depth at most, and nothing is left to assign; on the demo's feedback clusters of 0.3
to 0.5 still share most of their keywords with their partner."""
NEIGHBOUR = 0.7
"""Score of a partner one level higher or lower, as a share of its Jaccard index: what was a cluster
of its own and is now a part of a wider one keeps its key, unless one of its own depth is as
good."""
GROWN = 0.8
"""From this Jaccard index on a cluster that is mostly unseen feedback is the earlier one, grown."""
KEY_CHARACTERS = 10


@dataclass(frozen=True)
class Identity:
    """Keys of a run's clusters.

    Attributes:
        keys: of each node, by path; unique.
        continued: (path before, path now) of each cluster that kept its key, noise and the root
            left out; by path now.
        overlap: what the two runs share.
        continuity: share of the feedback known to both runs that is still under its key: its
            deepest cluster before is among those that hold it now, or the other way about (where
            a cluster was divided, or is no longer). None where the runs share nothing.
    """

    keys: Mapping[str, str]
    continued: tuple[Pair, ...]
    overlap: Overlap
    continuity: float | None


def identify(
    old: Mapping[str, str],
    old_keys: Mapping[str, str],
    new: Mapping[str, str],
    weights: Mapping[str, int],
    run_id: str,
) -> Identity:
    """Hand on the keys of the run before.

    Args:
        old: deepest cluster path of each text in the run before, by content hash.
        old_keys: its keys, by path; a node without one hands none on.
        new: deepest cluster path of each text in the run that needs keys.
        weights: how many feedback say each of those texts.
        run_id: that run, which new keys are made from.
    """
    shared = overlap(old, new, weights)
    pairs = [pair for pair in match(shared) if pair[0] in old_keys]
    kept = {after: old_keys[before] for before, after in pairs}
    keys = new_keys(paths_of(new), run_id, kept, taken=set(old_keys.values()))
    return Identity(keys, tuple(pairs), shared, _continuity(shared, old_keys, keys))


def new_keys(
    paths: Collection[str],
    run_id: str,
    kept: Mapping[str, str] | None = None,
    taken: Collection[str] = (),
) -> dict[str, str]:
    """A key for each path: the kept one, else a new one that nobody has.

    The root is called `root`, and noise after the cluster that it is left over from, so that both
    match their counterparts. A new key says nothing of the texts: it is a hash of run and path.
    """
    keys = dict(kept or {})
    used = {*taken, *keys.values()}
    for path in sorted(paths, key=lambda each: (depth(each), each)):
        if path == ROOT:
            keys[path] = ROOT
        elif not is_proper(path):
            keys[path] = f"{keys[path.rpartition('.')[0]]}.{NOISE}"
        elif path not in keys:
            keys[path] = _fresh(run_id, path, used)
            used.add(keys[path])
    return keys


def match(shared: Overlap) -> list[Pair]:
    """The pairs of clusters, one of each run, that are one and the same; by the later path."""
    scores = {pair: score for pair in shared.both if (score := _score(shared, pair)) > 0}
    found: list[Pair] = []
    for olds, news in _components(scores, shared):
        found += _assign(olds, news, scores)
    return sorted(found, key=lambda pair: (depth(pair[1]), pair[1]))


def mostly_unseen(shared: Overlap, path: str) -> bool:
    """Whether a later cluster is made of new feedback far more than its run is.

    That is, its share of unseen feedback is more than half of the way from the run's to all. Such
    a cluster is a new theme, whatever earlier feedback it attracted, unless that is (nearly) all of
    one earlier cluster and nothing else.
    """
    return shared.unseen(path) > (1 + shared.unseen(ROOT)) / 2


def _score(shared: Overlap, pair: Pair) -> float:
    before, after = pair
    distance = abs(depth(before) - depth(after))
    if distance > 1 or not (is_proper(before) and is_proper(after)):
        return 0.0
    jaccard = shared.jaccard(pair)
    if jaccard < GROWN and mostly_unseen(shared, after):
        return 0.0
    score = jaccard * NEIGHBOUR**distance
    return score if score >= MIN_JACCARD else 0.0


def _components(scores: Mapping[Pair, float], shared: Overlap) -> list[tuple[list[str], list[str]]]:
    """Clusters that compete with each other: each group is assigned by itself, which is exact.

    Ordered by smallest content hash, so that a tie falls the same way however paths are numbered.
    """
    if not scores:
        return []
    anchors = shared.anchors
    olds = sorted({pair[0] for pair in scores}, key=lambda each: (anchors[0][each], depth(each)))
    news = sorted({pair[1] for pair in scores}, key=lambda each: (anchors[1][each], depth(each)))
    row = {path: number for number, path in enumerate(olds)}
    column = {path: len(olds) + number for number, path in enumerate(news)}
    size = len(olds) + len(news)
    places = ([row[pair[0]] for pair in scores], [column[pair[1]] for pair in scores])
    graph = coo_array((np.ones(len(scores)), places), shape=(size, size))
    count, labels = connected_components(graph, directed=False)
    groups: list[tuple[list[str], list[str]]] = [([], []) for _ in range(count)]
    for path, number in row.items():
        groups[labels[number]][0].append(path)
    for path, number in column.items():
        groups[labels[number]][1].append(path)
    return groups


def _assign(olds: list[str], news: list[str], scores: Mapping[Pair, float]) -> list[Pair]:
    matrix = np.array([[scores.get((old, new), 0.0) for new in news] for old in olds])
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    chosen = [(olds[row], news[column]) for row, column in zip(rows, columns, strict=True)]
    return [pair for pair in chosen if pair in scores]


def _fresh(run_id: str, path: str, used: Collection[str]) -> str:
    seed, key = f"{run_id} {path}", ""
    while not key or key in used:
        seed = hashlib.sha256(seed.encode()).hexdigest()
        key = f"c{seed[:KEY_CHARACTERS]}"  # a letter first: a spreadsheet reads 1e234 as a number
    return key


def _continuity(
    shared: Overlap, old_keys: Mapping[str, str], keys: Mapping[str, str]
) -> float | None:
    total = sum(shared.leaves.values())
    if not total:
        return None
    kept = 0
    for (before, after), weight in shared.leaves.items():
        above = {old_keys.get(path) for path in nodes(before)[1:]}
        now = {keys[path] for path in nodes(after)[1:]}
        if old_keys.get(before) in now or keys[after] in above:
            kept += weight
    return kept / total
