"""What a clustering is asked to do: the options of `insights cluster`, checked."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from python_jobs.errors import UsageError

Method = Literal["umap-hdbscan", "graph"]
HdbscanMetric = Literal["euclidean", "cosine"]
_OTHERS = {
    "umap-hdbscan": ("max_top_level", "resolution", "max_noise_share"),
    "graph": ("n_components", "hdbscan_metric", "min_samples", "min_dist", "max_cluster_share"),
}
"""Options that only the other method knows."""

_RESAMPLES = {
    "umap-hdbscan": ((5_000, 3),),
    "graph": ((50_000, 10), (10_000_000, 3)),
}
"""Resamples by default, up to so many rows."""

AUTOMATIC_SIZE_BOUNDS = (5, 100)
AUTOMATIC_MIN_SAMPLES = 10


@dataclass(frozen=True)
class ClusterParameters:
    """Options of a clustering run; every default is the command line's default.

    Attributes:
        method: recursive UMAP + HDBSCAN, or communities of the neighbour graph.
        recursive_depth: levels of the tree; 1 clusters the whole set only.
        min_cluster_size: fewest rows of a cluster, None for `min_cluster_pct` of all rows,
            at least 5 and at most 100. One value holds for the whole tree.
        min_cluster_pct: share of all rows (0.01 is 1%), used where no size is given.
        n_neighbors: neighbours of a row in UMAP's graph, itself included (umap-learn's default).
        n_components: dimensions of the UMAP space in which HDBSCAN works.
        hdbscan_metric: distance in that space.
        min_samples: HDBSCAN's density smoothing; None for `min_cluster_size`, at most 10.
            hdbscan's own default is `min_cluster_size` without a bound: on real feedback that
            makes half of the rows noise (see docs/decisions.md).
        min_dist: UMAP's packing of near rows. 0.0 instead of umap-learn's 0.1 because the aim
            is density, not a picture ("Using UMAP for clustering" in umap-learn's manual).
        max_cluster_share: a cluster above this share of its node is divided further where the
            density allows; 1.0 takes hdbscan's selection as it comes.
        max_top_level: `graph` only: level 1 has at most so many clusters.
        resolution: `graph` only: how fine the communities are (Reichardt & Bornholdt's gamma);
            None for 2, or 4 where that is clearly better (`graph/fineness.py`).
        max_noise_share: `graph` only: at most this share of the rows is noise.
        stability_samples: resamples that tell how stable each cluster is; None for
            :meth:`resamples`, 0 for none. The tree itself does not depend on it.
        seed: for UMAP's layout and Leiden's order; the same rows, order, options and seed give
            the same labels (`graph`: in any order).
    """

    method: Method = "umap-hdbscan"
    recursive_depth: int = 2
    min_cluster_size: int | None = None
    min_cluster_pct: float = 0.01
    n_neighbors: int = 15
    n_components: int = 2
    hdbscan_metric: HdbscanMetric = "euclidean"
    min_samples: int | None = None
    min_dist: float = 0.0
    max_cluster_share: float = 0.5
    max_top_level: int = 20
    resolution: float | None = None
    max_noise_share: float = 0.05
    stability_samples: int | None = None
    seed: int = 42

    def validate(self) -> None:
        """Check every option.

        Raises:
            UsageError: naming the option and what it takes.
        """
        if self.method not in get_args(Method):
            raise UsageError(
                f"there is no method {self.method!r}", hint="choose umap-hdbscan or graph"
            )
        _whole("--recursive-depth", self.recursive_depth, 1, 10, "1 clusters the whole set only")
        if self.min_cluster_size is not None:
            hint = "leave it out for an automatic size"
            _whole("--min-cluster-size", self.min_cluster_size, 2, 10_000_000, hint)
        hint = "give a share of all rows: 0.01 means 1%"
        _share("--min-cluster-pct", self.min_cluster_pct, 0.5, hint)
        _whole(
            "--n-neighbors", self.n_neighbors, 2, 500, "15 suits most sets, 30 gives fewer topics"
        )
        _whole("--n-components", self.n_components, 1, 100, "2 is the default, 5 often finds more")
        if self.hdbscan_metric not in get_args(HdbscanMetric):
            raise UsageError(
                "--hdbscan-metric must be euclidean or cosine",
                hint="euclidean is the default and right for most sets",
            )
        if self.min_samples is not None:
            hint = "leave it out for an automatic value; lower means less noise"
            _whole("--min-samples", self.min_samples, 1, 10_000, hint)
        if not 0.0 <= self.min_dist < 1.0:
            raise UsageError(
                "--min-dist must be at least 0 and below 1", hint="0 separates clusters best"
            )
        hint = "1 takes clusters of any size, 0.5 divides those above half of their node"
        _share("--max-cluster-share", self.max_cluster_share, 1.0, hint)
        _whole("--max-top-level", self.max_top_level, 2, 1_000, "20 is what people can read")
        if self.resolution is not None and not 0.01 <= self.resolution <= 1_000:
            raise UsageError(
                "--resolution must be between 0.01 and 1000",
                hint="leave it out for 2 or 4, as suits the set; 8 is finer",
            )
        if not 0.0 <= self.max_noise_share <= 0.5:
            raise UsageError(
                f"--max-noise-share must be between 0 and 0.5, not {self.max_noise_share:g}",
                hint="0.05 is the default, 0.1 sets more apart, 0 nothing",
            )
        if self.stability_samples is not None:
            hint = "0 computes no stability; 10 is plenty"
            _whole("--stability-samples", self.stability_samples, 0, 1_000, hint)
        _whole("--seed", self.seed, 0, 2**32 - 1, "any whole number of that range")

    def to_dict(self) -> dict[str, int | float | str | None]:
        """The method's options as asked for, to be stored with the run."""
        left_out = {"method", *_OTHERS[self.method]}
        return {name: value for name, value in asdict(self).items() if name not in left_out}

    def options_of_others(self) -> tuple[str, ...]:
        """Options that this method does not know."""
        return _OTHERS[self.method]

    def smallest_cluster(self, count_rows: int) -> int:
        """Fewest rows of a cluster in a set of `count_rows`: as given, else `min_cluster_pct`."""
        if self.min_cluster_size is not None:
            return self.min_cluster_size
        low, high = AUTOMATIC_SIZE_BOUNDS
        return min(max(round(self.min_cluster_pct * count_rows), low), high)

    def smallest_community(self, count_rows: int) -> int:
        """Fewest rows of a cluster of the graph method: as given, else a third of sqrt(n).

        Never above what `min_cluster_pct` gives: a graph tells topics apart that are too small
        for a dense spot on a map.
        """
        if self.min_cluster_size is not None:
            return self.min_cluster_size
        third = max(round(math.sqrt(count_rows) / 3), AUTOMATIC_SIZE_BOUNDS[0])
        share = max(round(self.min_cluster_pct * count_rows), AUTOMATIC_SIZE_BOUNDS[0])
        return min(third, share)

    def resamples(self, count_rows: int) -> int:
        """Resamples for the stability of clusters: as given, else what is worth its time.

        The graph method's cost a fifth of the clustering each; UMAP's cost as much as the
        clustering, so larger sets have none unless asked for.
        """
        if self.stability_samples is not None:
            return self.stability_samples
        return next((samples for rows, samples in _RESAMPLES[self.method] if count_rows <= rows), 0)

    def density_samples(self, smallest_cluster: int) -> int:
        """HDBSCAN's `min_samples`: as given, else `smallest_cluster`, at most 10."""
        return self.min_samples or min(smallest_cluster, AUTOMATIC_MIN_SAMPLES)

    def smallest_layout(self) -> int:
        """Fewest rows that UMAP lays out.

        A row must have more rows than neighbours, else everything is everything's neighbour,
        and the spectral start needs `2 * (n_components + 1) + 1` Lanczos vectors.
        """
        return max(self.n_neighbors + 2, 2 * self.n_components + 4)

    def smallest_zoom(self, smallest_cluster: int) -> int:
        """Fewest rows of a cluster that is zoomed into: two clusters and a layout fit in."""
        return max(2 * smallest_cluster, self.smallest_layout())


def _whole(option: str, value: int, low: int, high: int, hint: str) -> None:
    if not low <= value <= high:
        raise UsageError(f"{option} must be between {low} and {high}, not {value}", hint=hint)


def _share(option: str, value: float, high: float, hint: str) -> None:
    if not 0.0 < value <= high:
        raise UsageError(f"{option} must be above 0 and at most {high:g}, not {value:g}", hint=hint)
