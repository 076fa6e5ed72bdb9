"""What became of each cluster from one run to the next: continued, split, merged, born, died.

Splits and merges are read off level by level, between the flat clusterings that the two trees cut
to that level give: a part lies mostly (`MOST`) in the whole and is no crumb of it (`PART`), and a
whole has two parts at least. MONIC (Spiliopoulou and others, 2006) tells transitions in this way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from python_jobs.clustering.identity import mostly_unseen
from python_jobs.clustering.overlap import depth, is_proper, nodes, proper

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from python_jobs.clustering.identity import Identity
    from python_jobs.clustering.overlap import Overlap, Pair

Event = Literal["continued", "split", "merged", "born", "died"]

MOST = 0.5
"""A part has at least this share of its shared feedback in the whole."""
PART = 0.1
"""A part is at least this share of the whole's shared feedback."""


@dataclass(frozen=True)
class Change:
    """One event; a split has a row for each part, a merge for each cluster that went in.

    Attributes:
        event: `continued` kept its key. `split`: a part of an earlier cluster. `merged`: an earlier
            cluster is a part of this one. `born`: has no such origin. `died`: an earlier cluster
            that none of these rows tells of.
        path: in the later run; None for `died`.
        previous_path: in the earlier run; None for `born`.
        count_feedback: in both clusters; in the later one where it is `born`; in the earlier one,
            as far as the later run knows it, where that has `died`.
        share_of_previous: of the earlier cluster's feedback, as far as the later run knows it.
        share_of_cluster: of the later cluster's feedback, as far as the earlier run knew it.
        share_unseen: of the later cluster's feedback, what the earlier run did not know.
        jaccard: feedback in both over feedback in either.
    """

    event: Event
    path: str | None
    previous_path: str | None
    count_feedback: int
    share_of_previous: float | None = None
    share_of_cluster: float | None = None
    share_unseen: float | None = None
    jaccard: float | None = None


def changes(old: Iterable[str], new: Iterable[str], identity: Identity) -> list[Change]:
    """Every event between two runs, in the order of `Event`, then of paths.

    Each later cluster is `continued`, `born`, a part of a `split` or the whole of a `merged`; each
    earlier one is `continued`, `died`, the whole of a split or a part of a merge. It may be more:
    what splits mostly continues in one of its parts.

    Args:
        old: paths of the earlier run's clusters.
        new: those of the later run's.
        identity: what became of the keys.
    """
    shared = identity.overlap
    splits, merges = _transitions(shared)
    kept = identity.continued
    told_old = {pair[0] for pair in (*kept, *splits, *merges)}
    told_new = {pair[1] for pair in (*kept, *splits, *merges)}
    return [
        *(_between("continued", shared, pair) for pair in kept),
        *(_between("split", shared, pair) for pair in sorted(splits)),
        *(_between("merged", shared, pair) for pair in sorted(merges, key=lambda p: (p[1], p[0]))),
        *(
            Change("born", path, None, shared.total[path], share_unseen=shared.unseen(path))
            for path in sorted(proper(new))
            if path not in told_new and path in shared.total  # an erasure can empty a stored one
        ),
        *(
            Change("died", None, path, shared.old.get(path, 0))
            for path in sorted(proper(old))
            if path not in told_old
        ),
    ]


def _between(event: Event, shared: Overlap, pair: Pair) -> Change:
    before, after = pair
    count = shared.both[pair]
    return Change(
        event,
        after,
        before,
        count,
        share_of_previous=count / shared.old[before],
        share_of_cluster=count / shared.new[after],
        share_unseen=shared.unseen(after),
        jaccard=shared.jaccard(pair),
    )


def _transitions(shared: Overlap) -> tuple[set[Pair], set[Pair]]:
    """Pairs (earlier, later) of splits and of merges, at every level."""
    deepest = max((depth(path) for pair in shared.leaves for path in pair), default=0)
    splits: set[Pair] = set()
    merges: set[Pair] = set()
    for level in range(1, deepest + 1):
        cells: Counter[Pair] = Counter()
        for (before, after), weight in shared.leaves.items():
            cells[_cell(before, level), _cell(after, level)] += weight
        pairs = [pair for pair in cells if _may_be_told(shared, pair)]
        splits |= _with_others(_parts(shared, cells, pairs, level, part=1), whole=0)
        merges |= _with_others(_parts(shared, cells, pairs, level, part=0), whole=1)
    return splits, merges


def _cell(path: str, level: int) -> str:
    return nodes(path)[: level + 1][-1]


def _may_be_told(shared: Overlap, pair: Pair) -> bool:
    return is_proper(pair[0]) and is_proper(pair[1]) and not mostly_unseen(shared, pair[1])


def _parts(
    shared: Overlap, cells: Mapping[Pair, int], pairs: Iterable[Pair], level: int, part: int
) -> list[Pair]:
    """Pairs whose earlier (0) or later (1) cluster is at this level and a part of the other."""
    sizes = (shared.old, shared.new)
    return [
        pair
        for pair in pairs
        if depth(pair[part]) == level
        and cells[pair] >= MOST * sizes[part][pair[part]]
        and cells[pair] >= PART * sizes[1 - part][pair[1 - part]]
    ]


def _with_others(pairs: Iterable[Pair], whole: int) -> set[Pair]:
    """Those whose whole has two parts at least."""
    parts: Mapping[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        parts[pair[whole]].append(pair)
    return {pair for found in parts.values() if len(found) > 1 for pair in found}
