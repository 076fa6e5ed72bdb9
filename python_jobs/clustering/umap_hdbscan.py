"""Recursive UMAP + HDBSCAN: the whole set first, then a fresh layout of every cluster.

UMAP (McInnes, Healy, Melville 2018) lays the rows out by their cosine neighbours, HDBSCAN
(Campello, Moulavi, Sander 2013) finds what is dense in that layout.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from python_jobs.clustering import growing, layout, measures, stability
from python_jobs.clustering.growing import Division
from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.clustering.tree import ROOT, ClusterTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_jobs.clustering.growing import Integers
    from python_jobs.clustering.layout import Neighbours
    from python_jobs.clustering.measures import Indices, Matrix
    from python_jobs.clustering.tree import Floats, Labels

KEPT_SHARE = 0.6
"""A finer division counts if it places at least this share of the rows it divides."""

CRUMBS_SHARE = 0.9
"""A zoom counts if no part holds more than this share of what it places: one large part with
crumbs beside it is what UMAP makes of a cluster that has no parts."""

LIBRARIES = ("hdbscan", "numba", "numpy", "scikit-learn", "scipy")

Progress = Callable[[str, int, int], object]
"""Told after each node that was tried: its path, its rows, the clusters found in it."""


def cluster(
    vectors: NDArray[Any],
    parameters: ClusterParameters | None = None,
    weights: Integers | None = None,
    progress: Progress | None = None,
) -> ClusterTree:
    """Cluster n embeddings into a tree.

    What to expect of unusual sets:

    * no rows: a tree without clusters.
    * fewer rows than two clusters need (`2 * min_cluster_size`): all `root.noise`, and a note
      that says so. Identical vectors are the exception: from `min_cluster_size` rows on they
      are one cluster, `root.0`, with probability 1.
    * HDBSCAN finds nothing: all `root.noise`, and a note.
    * too few rows for a layout (:meth:`ClusterParameters.smallest_layout`, 17 by default): no
      UMAP, HDBSCAN works on the unit vectors themselves and the picture is a principal plane.
    * a cluster is zoomed into if it has the rows for two clusters and for a layout
      (:meth:`ClusterParameters.smallest_zoom`); it stays a leaf if that finds fewer than two
      clusters, makes more than 1 - `KEPT_SHARE` of its rows noise, or finds one part with
      crumbs (`CRUMBS_SHARE`).
    * one cluster above `max_cluster_share` of its node: hdbscan chooses again with
      `max_cluster_size`, and the finer choice counts if it places at least `KEPT_SHARE` of the
      rows of the large cluster. `effective["divided_further"]` names these nodes.

    `noise_score` is the mean cosine distance to the `n_neighbors - 1` nearest other rows of the
    whole set, cut to [0, 1].

    The same rows in the same order with the same parameters and library versions give the same
    tree, in any process and with any number of threads: BLAS is held to one, as the last bit of
    a distance can change a layout (so may another kind of processor). Another order may give
    another tree, since UMAP draws random numbers in row order: callers sort rows by content
    hash.

    Memory: about `4 * n * d` bytes for the unit vectors, as much again above `EXACT_ROWS` rows,
    and blocks of 64 MiB.

    Args:
        vectors: (n, d) embeddings, of any float type and length.
        parameters: options; the defaults if None.
        weights: (n,) how many pieces of feedback share the text; sizes add these up. Density
            counts each text once.
        progress: told after each node.

    Raises:
        UsageError: an option or vectors that cannot be used.
    """
    parameters = parameters or ClusterParameters()
    parameters.validate()
    units = measures.unit_rows(vectors)
    counts = measures.checked_weights(weights, len(units))
    with threadpool_limits(limits=1, user_api="blas"):
        return _Run(units, parameters, progress).tree(counts)


def cluster_with_stability(
    vectors: NDArray[Any],
    parameters: ClusterParameters,
    weights: Integers | None = None,
    progress: Progress | None = None,
) -> ClusterTree:
    """As `cluster`, and the stability of each cluster (`python_jobs.clustering.stability`).

    Every resample is clustered from scratch under a seed of its own (neighbours, layouts, HDBSCAN,
    zooms), with the same options and a `min_cluster_size` of the same share: on one fixed layout
    clusters that UMAP made up would look stable. So each takes about as long as `cluster`, and
    about as much memory again (0.8 of it) while it lasts.

    Raises:
        UsageError: an option or vectors that cannot be used.
    """
    tree = cluster(vectors, parameters, weights, progress)
    smallest = stability.resampled_size(parameters.smallest_cluster(len(tree)))

    def again(rows: Indices, seed: int) -> Labels:
        options = replace(parameters, seed=seed, min_cluster_size=smallest)
        return cluster(vectors[rows], options, progress=progress).labels

    samples = parameters.resamples(len(tree))
    found = stability.stability(tree.labels, again, samples, parameters.seed)
    return stability.with_stability(tree, found, samples)


def library_versions() -> dict[str, str]:
    """Versions of what decides the result."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


class _Run:
    """One clustering: the rows, the sizes that hold for all nodes, and what was found out."""

    def __init__(
        self, units: Matrix, parameters: ClusterParameters, progress: Progress | None
    ) -> None:
        self.units = units
        self.parameters = parameters
        self.progress = progress
        self.smallest = parameters.smallest_cluster(len(units))
        self.min_samples = parameters.density_samples(self.smallest)
        self.n_neighbors = min(parameters.n_neighbors, max(len(units), 1))
        self.is_laid_out = len(units) >= parameters.smallest_layout()
        self.neighbours: Neighbours | None = None
        self.layout: Matrix | None = None
        self.level_one = 0
        self.divided_further: list[str] = []

    def tree(self, weights: Integers) -> ClusterTree:
        """Grow the tree, and say what decided it."""
        grown = growing.grow(
            self.divide,
            lambda rows: measures.medoid(self.units, rows),
            weights,
            self.parameters.recursive_depth,
        )
        return ClusterTree(
            clusters=grown.clusters,
            labels=grown.labels,
            probabilities=grown.probabilities,
            noise_score=self.noise_score(),
            coordinates=self.coordinates(),
            parameters=self.parameters,
            effective=self.effective(),
            versions=library_versions(),
            notes=self.notes(),
        )

    def divide(self, rows: Indices, path: str) -> Division | None:
        """Divide the members of `path`, None where they are too few or too alike."""
        division = self._divided(rows, path)
        count = 0 if division is None else len(division.persistence)
        if path == ROOT:
            self.level_one = count
        if self.progress:
            self.progress(path, len(rows), count)
        return division

    def _divided(self, rows: Indices, path: str) -> Division | None:
        units = self.units if path == ROOT else self.units[rows]
        if measures.all_same(units):
            return _one_cluster(len(rows)) if len(rows) >= self.smallest else None
        if path != ROOT and len(rows) < self.parameters.smallest_zoom(self.smallest):
            return None
        if len(rows) < 2 * self.smallest:
            return None
        division, is_further = self._dense(self._space(units, path))
        if path != ROOT and not _is_worth_it(division):
            return None
        if is_further:
            self.divided_further.append(path)
        return division

    def _space(self, units: Matrix, path: str) -> Matrix:
        if not self.is_laid_out:
            return units
        neighbours = self._root_neighbours() if path == ROOT else self._found(units)
        options = self.parameters
        space = layout.lay_out(
            units, neighbours, options.n_components, options.min_dist, options.seed
        )
        if path == ROOT:
            self.layout = space
        return _on_sphere(space) if options.hdbscan_metric == "cosine" else space

    def _dense(self, space: Matrix) -> tuple[Division, bool]:
        """HDBSCAN's choice, and whether it is the finer one that `max_cluster_share` asks for."""
        division = dense_parts(space, self.smallest, self.min_samples)
        sizes = np.bincount(division.labels[division.labels >= 0], minlength=1)
        limit = int(self.parameters.max_cluster_share * len(space))
        if sizes.max() <= limit:
            return division, False
        finer = dense_parts(space, self.smallest, self.min_samples, max(limit, self.smallest))
        kept = (finer.labels[division.labels == sizes.argmax()] >= 0).mean()
        if len(finer.persistence) <= len(division.persistence) or kept < KEPT_SHARE:
            return division, False
        return finer, True

    def _found(self, units: Matrix) -> Neighbours:
        return layout.find_neighbours(units, self.n_neighbors, self.parameters.seed)

    def _root_neighbours(self) -> Neighbours:
        if self.neighbours is None:
            self.neighbours = self._found(self.units)
        return self.neighbours

    def noise_score(self) -> Floats:
        """(n,) mean cosine distance to the nearest other rows; 1 for a row that is alone."""
        if len(self.units) < 2:
            return np.ones(len(self.units), dtype=np.float32)
        others = self._root_neighbours().distances[:, 1:]
        scores: Floats = np.clip(others.mean(axis=1), 0.0, 1.0).astype(np.float32)
        return scores

    def coordinates(self) -> Floats:
        """(n, 2) the clustering's own layout where it is 2-D, else one made for the picture."""
        if measures.all_same(self.units):
            return np.zeros((len(self.units), 2), dtype=np.float32)
        if not self.is_laid_out:
            return measures.principal_plane(self.units)
        if self.layout is not None and self.parameters.n_components == 2:
            return self.layout
        return layout.lay_out(
            self.units, self._root_neighbours(), 2, layout.PICTURE_MIN_DIST, self.parameters.seed
        )

    def effective(self) -> dict[str, int | str | list[str]]:
        """What the options became for this set."""
        is_exact = len(self.units) <= layout.EXACT_ROWS
        return {
            "method": "umap-hdbscan",
            "count_rows": len(self.units),
            "min_cluster_size": self.smallest,
            "min_samples": self.min_samples,
            "n_neighbors": self.n_neighbors,
            "smallest_zoom": self.parameters.smallest_zoom(self.smallest),
            "layout": "umap" if self.is_laid_out else "none",
            "neighbours": "exact" if is_exact else "approximate",
            "divided_further": self.divided_further,
        }

    def notes(self) -> tuple[str, ...]:
        """Why nothing was found, where nothing was."""
        n = len(self.units)
        if n == 0 or self.level_one:
            return ()
        if n < 2 * self.smallest:
            why = f"two clusters of at least {self.smallest} distinct texts do not fit in {n}"
        else:
            why = f"no two dense groups of at least {self.smallest} among {n} distinct texts"
        way_out = "a smaller --min-cluster-size or more feedback may help"
        return (f"everything is noise: {why}; {way_out}",)


def _is_worth_it(division: Division) -> bool:
    placed = division.labels[division.labels >= 0]
    if len(placed) < KEPT_SHARE * len(division.labels):
        return False
    return int(np.bincount(placed, minlength=1).max()) <= CRUMBS_SHARE * len(placed)


def _one_cluster(count: int) -> Division:
    one = np.ones(count, dtype=np.float32)
    return Division(np.zeros(count, dtype=np.int64), one, one[:1])


def _on_sphere(space: Matrix) -> Matrix:
    """Scale a layout's rows to length 1 around its centre.

    HDBSCAN's trees know no cosine, but on unit rows the squared euclidean distance is
    2 - 2 cos, which ranks pairs alike. UMAP's origin means nothing, so angles are taken at
    the centre of the layout. A row on the centre itself keeps its place.
    """
    centred = space - space.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    sphere: Matrix = np.divide(centred, lengths, out=np.zeros_like(centred), where=lengths > 0)
    return sphere


def dense_parts(
    space: Matrix, min_cluster_size: int, min_samples: int, max_cluster_size: int = 0
) -> Division:
    """HDBSCAN on the rows of `space`, euclidean, excess of mass, in this process alone."""
    from hdbscan import HDBSCAN

    model = HDBSCAN(
        min_cluster_size=min_cluster_size,
        min_samples=min_samples,
        max_cluster_size=max_cluster_size,
        core_dist_n_jobs=1,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        model.fit(space)
    return Division(
        np.asarray(model.labels_, dtype=np.int64),
        np.clip(np.nan_to_num(model.probabilities_, nan=1.0), 0.0, 1.0).astype(np.float32),
        np.clip(np.nan_to_num(model.cluster_persistence_, nan=1.0), 0.0, 1.0).astype(np.float32),
    )
