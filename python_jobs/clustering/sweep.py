"""Which parameters suit a set: a small grid tried on a sample, one setting recommended.

No labels are needed: a tree is good when a text's segment tells much about those of the texts
nearest it, when most of these share it, and when it is found again without a fifth of the texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from python_jobs.clustering import measures, methods
from python_jobs.clustering.overlap import is_proper

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from python_jobs.clustering.measures import Indices
    from python_jobs.clustering.parameters import ClusterParameters, Method
    from python_jobs.clustering.tree import ClusterTree, Labels

NEIGHBOURS = 10
"""Nearest texts of each that purity looks at."""

SIZES = (0.5, 1.0, 2.0, 4.0)
"""Smallest clusters that are tried, in multiples of the automatic size."""
N_NEIGHBORS: dict[Method, tuple[int, ...]] = {"umap-hdbscan": (10, 15, 30), "graph": (15, 30)}
RESOLUTIONS = (2.0, 4.0, 8.0)
SAMPLE_ROWS: dict[Method, int] = {"umap-hdbscan": 2_000, "graph": 5_000}
SAMPLES: dict[Method, int] = {"umap-hdbscan": 1, "graph": 5}
"""Resamples of each trial for its stability."""

SMALLEST = 5
"""Rows of a cluster in the sample at least: fewer are chance."""
COLLAPSE = 1 / 3
"""A step of `min_cluster_size` that leaves less than this share of the clusters is warned of."""
AS_GOOD = 0.02
"""Scores this close are the same."""

Progress = Callable[[int], object]


@dataclass(frozen=True)
class Sample:
    """Rows to try settings on.

    Attributes:
        vectors: (n, d) of them.
        weights: (n,) how many feedback share each text.
        count_rows: of the whole set, from n.
    """

    vectors: NDArray[Any]
    weights: Indices
    count_rows: int

    @property
    def share(self) -> float:
        """Of the whole set."""
        return len(self.weights) / self.count_rows if self.count_rows else 1.0


@dataclass(frozen=True)
class Trial:
    """A setting and the tree that it gave.

    Attributes:
        parameters: as they would be given for the whole set.
        sample_size: `min_cluster_size` in the sample: the same share of fewer rows.
        level_one: clusters of level 1, noise left out.
        finest: clusters that are not divided.
        largest: share of all texts in the largest cluster of level 1.
        median: of the finest clusters, the share of all texts.
        noise_share: texts in no cluster.
        persistence: mean over texts in clusters, of their finest cluster; 0 without any.
        purity: of the nearest texts of a text in a cluster, the share in its finest cluster.
        stability: mean over texts in clusters, of their finest cluster; None where there is none.
        information: bits that a text's finest cluster tells about those of its nearest.
        score: information * purity * stability. Of products of the three it was the one that
            chose well on clinc150 and nhs_fft alike (docs/choosing-parameters.md).
    """

    parameters: ClusterParameters
    sample_size: int
    level_one: int
    finest: int
    largest: float
    median: float
    noise_share: float
    persistence: float
    purity: float
    stability: float | None
    information: float
    score: float


@dataclass(frozen=True)
class Collapse:
    """A step of `min_cluster_size` that leaves little of the tree; all else is equal."""

    before: Trial
    after: Trial
    level: str


@dataclass(frozen=True)
class Sweep:
    """Every trial in the grid's order, the best of them, and what is to be warned of."""

    trials: tuple[Trial, ...]
    best: Trial | None
    collapses: tuple[Collapse, ...]


def grid(
    asked: ClusterParameters, count_rows: int, share: float, fixed: Collection[str] = ()
) -> list[ClusterParameters]:
    """The settings to try, as they would be given for the whole set.

    Sizes are multiples of the automatic `min_cluster_size` (or of the one asked for) that leave
    at least `SMALLEST` rows in the sample.

    Args:
        asked: every other option is as given here.
        count_rows: of the whole set.
        share: of it that the sample is.
        fixed: `n_neighbors`, `resolution`, where they stay as asked for.
    """
    usual = (
        asked.smallest_community(count_rows)
        if asked.method == "graph"
        else asked.smallest_cluster(count_rows)
    )
    least = min(SMALLEST, usual) / share
    sizes = sorted({max(2, round(max(usual, least / min(SIZES)) * step)) for step in SIZES})
    is_tried = asked.method == "graph" and "resolution" not in fixed
    resolutions = RESOLUTIONS if is_tried else (asked.resolution,)
    nears = (asked.n_neighbors,) if "n_neighbors" in fixed else N_NEIGHBORS[asked.method]
    return [
        replace(asked, min_cluster_size=size, n_neighbors=near, resolution=resolution)
        for near, resolution, size in product(nears, resolutions, sizes)
    ]


def sweep(
    sample: Sample,
    asked: ClusterParameters,
    fixed: Collection[str] = (),
    progress: Progress | None = None,
) -> Sweep:
    """Try the grid on a sample.

    Memory: the method's for the sample, and blocks of 64 MiB.

    Args:
        sample: rows and how many there are in all.
        asked: options beside those of the grid.
        fixed: options of the grid that stay as asked for.
        progress: told 1 after each trial.

    Raises:
        UsageError: options or vectors that cannot be used.
    """
    asked.validate()
    near = nearest_rows(sample.vectors)
    trials = []
    for parameters in grid(asked, sample.count_rows, sample.share, fixed):
        trials.append(_trial(sample, parameters, near))
        if progress:
            progress(1)
    usual = asked.n_neighbors, asked.resolution
    fell = tuple(collapses(trials))
    return Sweep(tuple(trials), recommended(sound(trials, fell), usual), fell)


def nearest_rows(vectors: NDArray[Any]) -> NDArray[np.int32]:
    """(n, at most `NEIGHBOURS`) the nearest others of each row by cosine, exact."""
    units = measures.unit_rows(vectors)
    with threadpool_limits(limits=1, user_api="blas"):
        return measures.nearest(units, min(NEIGHBOURS + 1, len(units)))[0][:, 1:]


def _trial(sample: Sample, parameters: ClusterParameters, near: NDArray[np.int32]) -> Trial:
    assert parameters.min_cluster_size is not None
    size = max(2, round(parameters.min_cluster_size * sample.share))
    samples = parameters.stability_samples
    tried = replace(
        parameters,
        min_cluster_size=size,
        stability_samples=SAMPLES[parameters.method] if samples is None else samples,
    )
    tree = methods.cluster_with_stability(sample.vectors, tried, sample.weights)
    return measured(tree, parameters, near, size)


def measured(
    tree: ClusterTree, parameters: ClusterParameters, near: NDArray[np.int32], sample_size: int
) -> Trial:
    """Measure a tree; every distinct text counts once.

    Args:
        tree: over n rows.
        parameters: of the whole set.
        near: (n, k) the nearest others of each row.
        sample_size: the tree's `min_cluster_size`.
    """
    n = len(tree)
    leaves = [each for each in tree.clusters if each.is_leaf and not each.is_noise]
    top = [each for each in tree.children() if not each.is_noise]
    held = sum(each.count_members for each in leaves)
    rows = np.array([each.count_members for each in leaves], dtype=np.float64)
    stable = [each.stability for each in leaves if each.stability is not None]
    purity, information = told(tree.labels, near)
    placed = held / n if n else 0.0
    stability = float(np.average(stable, weights=rows)) if stable else None
    return Trial(
        parameters=parameters,
        sample_size=sample_size,
        level_one=len(top),
        finest=len(leaves),
        largest=max((each.count_members for each in top), default=0) / max(n, 1),
        median=float(np.median(rows)) / n if leaves else 0.0,
        noise_share=1 - placed if n else 0.0,
        persistence=float(np.average([c.persistence or 0.0 for c in leaves], weights=rows))
        if leaves
        else 0.0,
        purity=purity,
        stability=stability,
        information=information,
        score=information * purity * (1.0 if stability is None else stability),
    )


def told(labels: Labels, near: NDArray[np.int32]) -> tuple[float, float]:
    """Purity, and what a text's cluster tells about those of its nearest texts, in bits.

    Purity alone is best for one cluster of everything. The mutual information between the
    clusters of a text and of its nearest ("autoinformation", Faccin, Schaub and Delvenne 2018)
    is nothing for one cluster, and falls again where clusters are so fine that near texts part.
    Noise tells nothing: only pairs of two placed texts count, by their share of all pairs.

    Args:
        labels: (n,) deepest paths.
        near: (n, k) the nearest others.
    """
    names, codes = np.unique(labels.astype(str), return_inverse=True)
    codes = codes.ravel()
    proper = np.array([is_proper(str(name)) for name in names], dtype=bool)
    placed = proper[codes]
    if not placed.any() or not near.shape[1]:
        return 0.0, 0.0
    ends = codes[near]
    purity = float((ends == codes[:, None])[placed].mean())
    both = placed[:, None] & proper[ends]
    pairs = np.repeat(codes, near.shape[1])[both.ravel()] * len(names) + ends[both]
    if not len(pairs):
        return purity, 0.0
    pair, counts = np.unique(pairs, return_counts=True)
    joint = counts / counts.sum()
    one = np.bincount(pair // len(names), joint, len(names))[pair // len(names)]
    other = np.bincount(pair % len(names), joint, len(names))[pair % len(names)]
    information = float((joint * np.log2(joint / (one * other))).sum())
    return purity, max(0.0, information) * float(both.mean())


def collapses(trials: Sequence[Trial]) -> Iterator[Collapse]:
    """Steps of `min_cluster_size` alone that leave less than `COLLAPSE` of the clusters."""
    for before, after in pairwise(trials):
        same = replace(after.parameters, min_cluster_size=before.parameters.min_cluster_size)
        if same != before.parameters:
            continue
        for level, was, became in (
            ("level 1", before.level_one, after.level_one),
            ("the finest level", before.finest, after.finest),
        ):
            if became < COLLAPSE * was or (became <= 2 < was - 1):
                yield Collapse(before, after, level)
                break


def sound(trials: Sequence[Trial], fell: Sequence[Collapse]) -> Sequence[Trial]:
    """The trials without those that a step collapsed into or in which one cluster holds most.

    The score sees near texts only: a tree of one giant and some crumbs can tell many bits.

    Returns:
        All of them where none else would be left.
    """
    left = [
        each
        for each in trials
        if each.largest <= each.parameters.max_cluster_share
        and not any(each is step.after for step in fell)
    ]
    return left or trials


def recommended(trials: Sequence[Trial], usual: tuple[int, float | None]) -> Trial | None:
    """The best score; of those `AS_GOOD`, the one nearest the usual options and largest sizes.

    Args:
        trials: of one sample.
        usual: `n_neighbors` and `resolution` as asked for.

    Returns:
        None where no trial found a cluster.
    """
    good = [each for each in trials if each.score > 0]
    if not good:
        return None
    limit = (1 - AS_GOOD) * max(each.score for each in good)

    def rank(each: Trial) -> tuple[int, int]:
        options = each.parameters
        changed = (options.n_neighbors != usual[0]) + (options.resolution != usual[1])
        return changed, -(options.min_cluster_size or 0)

    return min((each for each in good if each.score >= limit), key=rank)
