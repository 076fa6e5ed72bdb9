"""What two cluster trees have in common, counted over the texts that both know."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_jobs.clustering.tree import NOISE, ROOT, lineage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Pair = tuple[str, str]
"""A path of the earlier tree and one of the later."""


@dataclass(frozen=True)
class Overlap:
    """Feedback in common, by nodes; a node holds what its descendants hold.

    A text counts as often as the later run's feedback says it, in both trees: what a customer
    sent again in the meantime moves nothing.

    Attributes:
        leaves: feedback known to both, by the deepest paths it has in each.
        both: the same by every pair of nodes that share any.
        old: of each earlier node, what the later run knows too.
        new: of each later node, what the earlier run knew too.
        total: of each later node, all feedback.
        anchors: of each node of either tree, its smallest content hash: an order of nodes that
            does not depend on how paths are numbered.
    """

    leaves: Mapping[Pair, int]
    both: Mapping[Pair, int]
    old: Mapping[str, int]
    new: Mapping[str, int]
    total: Mapping[str, int]
    anchors: tuple[Mapping[str, str], Mapping[str, str]]

    def jaccard(self, pair: Pair) -> float:
        """Feedback in both nodes over feedback in either, from 0 to 1."""
        shared = self.both.get(pair, 0)
        return shared / (self.old[pair[0]] + self.new[pair[1]] - shared) if shared else 0.0

    def unseen(self, path: str) -> float:
        """Share of a later node's feedback whose text the earlier run did not know."""
        return 1 - self.new.get(path, 0) / self.total[path]


def overlap(old: Mapping[str, str], new: Mapping[str, str], weights: Mapping[str, int]) -> Overlap:
    """Count what two trees share. Takes time in proportion to the texts.

    Args:
        old: deepest cluster path of each text in the earlier run, by content hash.
        new: the same in the later run.
        weights: how many feedback say each text of the later run, by content hash.
    """
    leaves: Counter[Pair] = Counter()
    for content_hash, path in new.items():
        before = old.get(content_hash)
        if before is not None:
            leaves[before, path] += weights[content_hash]
    both: Counter[Pair] = Counter()
    olds: Counter[str] = Counter()
    news: Counter[str] = Counter()
    for (before, after), weight in leaves.items():
        for above in nodes(before):
            olds[above] += weight
            for below in nodes(after):
                both[above, below] += weight
        for below in nodes(after):
            news[below] += weight
    total: Counter[str] = Counter()
    for content_hash, path in new.items():
        for above in nodes(path):
            total[above] += weights[content_hash]
    return Overlap(leaves, both, olds, news, total, (_anchors(old), _anchors(new)))


def nodes(path: str) -> list[str]:
    """The path and all those above it, the root first."""
    return [ROOT, *lineage(path)]


def depth(path: str) -> int:
    """0 for the root."""
    return path.count(".")


def is_proper(path: str) -> bool:
    """Whether a node is a cluster: neither the root nor noise."""
    return path != ROOT and not path.endswith(f".{NOISE}")


def proper(paths: Iterable[str]) -> list[str]:
    """The clusters among these nodes, in their order."""
    return [path for path in paths if is_proper(path)]


def paths_of(labels: Mapping[str, str]) -> list[str]:
    """Every node that holds a text, the root included; parents before their children."""
    found = {ROOT}.union(*map(lineage, set(labels.values())))
    return sorted(found, key=lambda path: (depth(path), path))


def _anchors(labels: Mapping[str, str]) -> dict[str, str]:
    smallest: dict[str, str] = {}
    for content_hash, path in labels.items():
        if path not in smallest or content_hash < smallest[path]:
            smallest[path] = content_hash
    found: dict[str, str] = defaultdict(str)
    for path, content_hash in smallest.items():
        for above in nodes(path):
            if not found[above] or content_hash < found[above]:
                found[above] = content_hash
    return dict(found)
