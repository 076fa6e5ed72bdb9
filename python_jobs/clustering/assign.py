"""Place new texts into a finished tree: among the nearest of its members, or nowhere.

A text goes where most of its nearest members are. Members vote down the tree, one level at a
time, weighted by one over the square of their distance (the weighted neighbours of Dudani, 1976,
with the weights that served best here). What is farther from its neighbours than members are from
theirs fits nowhere. Only members that the tree was made from vote, never what was assigned later:
the answer for a text depends on no other text and on no order.

Left out, 82% to 97% of the members of six trees come back to their own level-1 cluster or noise,
and of those that are placed both times 88% to 99% (demo, nhs_fft and 8,000 rows of clinc150, by
either method; `benchmarks/assigning.py`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from python_jobs.clustering.nearest_members import nearest_members
from python_jobs.clustering.tree import NOISE, ROOT, lineage

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from python_jobs.clustering.measures import Indices
    from python_jobs.clustering.tree import Floats, Labels

ROOT_NOISE = f"{ROOT}.{NOISE}"

AGREEMENT = 0.35
"""Share of the vote that the winner needs at a level. With one half, 10% to 20% of what a run had
placed would be lost as noise; with none, a text among five clusters would go to any of them."""
FITTING = 0.98
"""Share of the run's own placed members that the distance bound lets pass: it costs 2% of them, and
tells seven in ten of the texts that the graph method calls noise."""
FAR = 0.9
"""Share of the run's own members that are nearer to the others than what counts as far. A theme
that begins mostly fits somewhere, but worse than what was there before."""
NEAREST = 0.01
"""Smaller distances count as this one: a copy outvotes, but does not silence."""
SAMPLE = 2_000
"""Members that the bound is read off: enough to know a share to a percentage point."""


@dataclass(frozen=True)
class Members:
    """What a run placed, in a settled order (by content hash).

    Attributes:
        vectors: (n, d), of any length; may be a memory map, read in blocks.
        labels: (n,) deepest cluster path of each.
        coordinates: (n, 2) on the run's map.
    """

    vectors: NDArray[Any]
    labels: Labels
    coordinates: Floats

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Rule:
    """What a run's own members say of fitting, each judged by all others.

    Attributes:
        bound: largest mean cosine distance to the nearest members, 0 to 1, that still fits.
        noise_share: share of the members that `place` would leave at `root.noise`.
        far: the mean distance above which a text is far.
        far_share: share of the members above it.
        count_judged: how many members were judged.
    """

    bound: float
    noise_share: float
    far: float
    far_share: float
    count_judged: int


@dataclass(frozen=True)
class Placement:
    """Where texts landed; arrays in the order of the texts.

    Attributes:
        labels: (m,) deepest path; `root.noise` for what fits nowhere.
        probabilities: (m,) share of the vote for that path, 0 for noise.
        noise_score: (m,) mean cosine distance to the nearest members, 0 to 1.
        coordinates: (m, 2) weighted mean of the places of the members that it joined.
    """

    labels: Labels
    probabilities: Floats
    noise_score: Floats
    coordinates: Floats

    def __len__(self) -> int:
        return len(self.labels)


def calibrate(members: Members) -> Rule:
    """Judge the run's members, or `SAMPLE` of them, by all others.

    Members come in the order of their hashes, so evenly spaced ones are a random sample, and the
    same each time.

    Raises:
        UsageError: vectors that cannot be compared.
    """
    n = len(members)
    judged = np.unique(np.linspace(0, n - 1, min(n, SAMPLE)).astype(np.int64)) if n else _NONE
    if n < 2:
        return Rule(1.0, 0.0, 1.0, 0.0, len(judged))
    near, distances = nearest_members(members.vectors[judged], members.vectors, judged)
    scores = _scores(distances)
    is_placed = np.array([members.labels[row] != ROOT_NOISE for row in judged], dtype=bool)
    bound = float(np.quantile(scores[is_placed], FITTING)) if is_placed.any() else 1.0
    found = _vote(members, near, distances, scores, bound)
    far = float(np.quantile(scores, FAR))
    return Rule(
        bound=bound,
        noise_share=float(np.mean(found.labels == ROOT_NOISE)),
        far=far,
        far_share=float(np.mean(scores > far)),
        count_judged=len(judged),
    )


def place(vectors: NDArray[Any], members: Members, rule: Rule) -> Placement:
    """Place texts by their vectors.

    Beside its arguments it needs about 300 MB, whatever their size.

    Args:
        vectors: (m, d), of the model that the members' vectors are of.
        members: of the run; at least one.
        rule: what fits.

    Raises:
        UsageError: vectors that cannot be compared.
    """
    near, distances = nearest_members(vectors, members.vectors)
    return _vote(members, near, distances, _scores(distances), rule.bound)


def _scores(distances: NDArray[np.float64]) -> Floats:
    scores: Floats = np.clip(distances.mean(axis=1), 0, 1).astype(np.float32)
    return scores


def _vote(
    members: Members, near: Indices, distances: NDArray[np.float64], scores: Floats, bound: float
) -> Placement:
    """Let the nearest members of each text vote."""
    lines = {label: tuple(lineage(label)) for label in set(members.labels)}
    noise = {path for line in lines.values() for path in line if path.endswith(f".{NOISE}")}
    m = len(near)
    labels = np.full(m, ROOT_NOISE, dtype=object)
    probabilities = np.zeros(m, dtype=np.float32)
    coordinates = np.empty((m, 2), dtype=np.float32)
    weights = 1.0 / np.maximum(distances, NEAREST) ** 2
    for row in range(m):
        voters = [lines[members.labels[each]] for each in near[row]]
        share = weights[row] / weights[row].sum()
        if scores[row] <= bound:
            labels[row] = _winner(voters, share, noise)
        joined = np.array([line[-1] == labels[row] for line in voters], dtype=bool)
        if not labels[row].endswith(f".{NOISE}"):
            probabilities[row] = min(1.0, share[joined].sum())
        counts = share * joined if joined.any() else share
        coordinates[row] = counts @ members.coordinates[near[row]] / counts.sum()
    return Placement(labels, probabilities, scores, coordinates)


def _winner(
    voters: Sequence[tuple[str, ...]], share: NDArray[np.float64], noise: Collection[str]
) -> str:
    """The deepest path that the voters agree on, from the root down.

    Without agreement on a child, a text is noise of its parent, where the run knows such noise;
    where it does not, the strongest child will do, and the tree keeps its shape.
    """
    path, depth = ROOT, 0
    while True:
        votes: defaultdict[str, float] = defaultdict(float)
        for line, weight in zip(voters, share, strict=True):
            if len(line) > depth and (not depth or line[depth - 1] == path):
                votes[line[depth]] += weight
        if not votes:
            return path
        best = min(votes, key=lambda child: (-votes[child], child))
        if votes[best] < AGREEMENT * sum(votes.values()):
            rest = f"{path}.{NOISE}"
            if path == ROOT or rest in noise:
                return rest
        path, depth = best, depth + 1


_NONE = np.empty(0, dtype=np.int64)
