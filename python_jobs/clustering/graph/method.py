"""Segments as communities of a graph of nearest neighbours.

Principal components of the unit vectors, their nearest neighbours, UMAP's fuzzy weights, Leiden.
Level 1 groups the communities by Ward's method on their directions, weighted by the root of their
size (unweighted, small ones decide; by size, large ones never join), level 2 is the communities
themselves, and from level 3 on each is divided again by Leiden at a higher resolution.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from python_jobs.clustering import growing, measures, stability
from python_jobs.clustering.graph import levels, neighbours, noise, pictures
from python_jobs.clustering.graph.communities import (
    communities,
    inner_weight,
    merge_small,
    renumbered,
)
from python_jobs.clustering.graph.fineness import chosen_resolution
from python_jobs.clustering.graph.nodes import Nodes, make_nodes
from python_jobs.clustering.graph.weights import fuzzy_graph
from python_jobs.clustering.growing import Division
from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.clustering.tree import ROOT, Cluster, ClusterTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy import sparse

    from python_jobs.clustering.growing import Grown, Integers
    from python_jobs.clustering.measures import Indices
    from python_jobs.clustering.tree import Floats, Labels

    Progress = Callable[[str, int, int], object]

FINER = 4.0
"""From level to level below the communities the resolution rises by this factor."""

SOUND_SHARE = 0.6
"""A community is divided if its parts keep at least this share of its inner edge weight."""

FEWEST_CHILDREN = 3
"""On average a cluster of level 1 has at least so many communities."""

PER_DOUBLING = 2
"""Level 1 gains so many clusters when communities double, up to `max_top_level`. A compromise of
three labelled sets: nhs_fft agreed best with its own level 1 at 8 to 10 clusters (of 50),
clinc150 at 14 to 16 (of 137), the demo at 20 (of 54)."""

LIBRARIES = ("graspologic-native", "numpy", "scipy")


def cluster(
    vectors: NDArray[Any],
    parameters: ClusterParameters | None = None,
    weights: Integers | None = None,
    progress: Progress | None = None,
) -> ClusterTree:
    """Cluster n embeddings into a tree.

    The tree depends on the vectors, the weights, the parameters and the library versions alone:
    not on the order of the rows, the number of threads or the process (another kind of
    processor may round otherwise). Equal vectors always share a label.

    Noise is what is far from its neighbours (:mod:`python_jobs.clustering.graph.noise`), all
    of it `root.noise`. A set of fewer rows than two clusters need (`2 * min_cluster_size`) is
    noise altogether, and a note says so; identical vectors are one cluster from
    `min_cluster_size` rows on.

    * `probabilities`: the share of a row's edge weight that stays in its deepest cluster.
    * `persistence`: the share of a cluster's edge weight that stays in it.
    * `noise_score`: mean cosine distance to the `n_neighbors - 1` nearest others among the
      principal components.
    * `medoid`: the nearest to the cluster's mean among the principal components.

    Memory: the vectors are read in blocks of 64 MiB and may be a memory map; beside them about
    `4 KB * n`.

    Args:
        vectors: (n, d) embeddings, of any float type and length.
        parameters: options; the defaults if None.
        weights: (n,) how many pieces of feedback share the text.
        progress: told after each node that was tried: its path, its rows, the clusters in it.

    Raises:
        UsageError: an option or vectors that cannot be used.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        return _run(vectors, parameters or ClusterParameters(), weights, progress).tree()


def cluster_with_stability(
    vectors: NDArray[Any],
    parameters: ClusterParameters,
    weights: Integers | None = None,
    progress: Progress | None = None,
) -> ClusterTree:
    """As `cluster`, and the stability of each cluster (`python_jobs.clustering.stability`).

    A resample is the neighbour graph among the rows that were drawn; communities, level 1 and
    finer levels are found in it anew, under a seed of its own. Principal components, edge weights
    and noise scores stay those of the whole set: a resample costs a fifth of the clustering, and
    its memory is less than the graph's.

    Raises:
        UsageError: an option or vectors that cannot be used.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        run = _run(vectors, parameters, weights, progress)
        tree = run.tree()
        samples = parameters.resamples(len(tree))
        found = stability.stability(tree.labels[run.order], run.again, samples, parameters.seed)
    return stability.with_stability(tree, found, samples)


def _run(
    vectors: NDArray[Any],
    parameters: ClusterParameters,
    weights: Integers | None,
    progress: Progress | None,
) -> _Run:
    parameters.validate()
    vectors = measures.check_vectors(vectors)
    counts = measures.checked_weights(weights, len(vectors))
    nodes = make_nodes(vectors)
    return _Run(nodes, counts, parameters, _neighbourhood(nodes, parameters), progress)


def library_versions() -> dict[str, str]:
    """Versions of what decides the result."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}


@dataclass(frozen=True)
class _Neighbourhood:
    """What nodes are near which: (m, m) edge weights, and (m,) noise scores."""

    graph: sparse.csr_array
    score: Floats


def _neighbourhood(nodes: Nodes, parameters: ClusterParameters) -> _Neighbourhood:
    k = max(0, min(parameters.n_neighbors - 1, len(nodes) - 1))
    near, distances = neighbours.nearest(nodes.points, k)
    return _Neighbourhood(
        fuzzy_graph(near, distances, nodes.rows), noise.scores(nodes.points, near, nodes.rows)
    )


class _Run:
    """One clustering: the graph, its communities, and the rows in the order of the nodes."""

    def __init__(
        self,
        nodes: Nodes,
        weights: Indices,
        parameters: ClusterParameters,
        found: _Neighbourhood,
        progress: Progress | None = None,
    ) -> None:
        self.nodes = nodes
        self.graph, self.score = found.graph, found.score
        self.parameters = parameters
        self.progress = progress
        self.order = np.argsort(nodes.node_of, kind="stable")
        self.node = nodes.node_of[self.order]
        self.weights = weights[self.order]
        self.smallest = parameters.smallest_community(len(self.order))
        self.resolution = parameters.resolution or chosen_resolution(
            nodes.points,
            self.graph,
            nodes.rows,
            smallest=self.smallest,
            k=max(0, min(parameters.n_neighbors - 1, len(nodes) - 1)),
            seed=parameters.seed,
        )
        self.labels = self._communities()
        self.top = self._top_level()

    def _communities(self) -> Indices:
        """(m,) communities of the nodes, -1 for noise."""
        labels = np.full(len(self.nodes), -1, dtype=np.int64)
        if len(self.nodes) == 1 and len(self.order) >= self.smallest:
            return labels + 1
        if len(self.order) < 2 * self.smallest:
            return labels
        options = self.parameters
        labels = communities(self.graph, self.resolution, options.seed)
        labels[noise.alone(self.score, self.nodes.rows, options.max_noise_share)] = -1
        return merge_small(self.graph, labels, self.nodes.rows, self.smallest)

    def _top_level(self) -> Indices:
        """(m,) groups of communities, -1 for noise."""
        count = int(self.labels.max(initial=-1)) + 1
        if count < 2 * FEWEST_CHILDREN:
            wanted = count
        else:
            wanted = min(round(PER_DOUBLING * np.log2(count)), -(-count // FEWEST_CHILDREN))
        wanted = min(wanted, self.parameters.max_top_level)
        if wanted == count:
            return self.labels
        weights = np.bincount(self.node, self.weights).astype(np.int64)
        placed = self.labels >= 0
        masses = np.bincount(self.labels[placed], weights[placed])
        centres = levels.directions(self.nodes.points, self.labels, weights)
        centres = levels.among_neighbours(centres, self.graph, self.labels)
        groups = levels.ward(centres, np.sqrt(masses), wanted)
        return np.where(self.labels >= 0, groups[self.labels], -1)

    def again(self, rows: Indices, seed: int) -> Labels:
        """Cluster some rows, by their places in the order of the nodes, within the same graph."""
        nodes, node_of, counts = np.unique(self.node[rows], return_inverse=True, return_counts=True)
        part = Nodes(node_of.ravel(), self.nodes.first[nodes], counts, self.nodes.points[nodes])
        found = _Neighbourhood(self.graph[nodes][:, nodes], self.score[nodes])
        smallest = stability.resampled_size(self.smallest)
        options = replace(
            self.parameters, seed=seed, min_cluster_size=smallest, resolution=self.resolution
        )
        run = _Run(part, self.weights[rows], options, found)
        return run._restored(run.grown().labels)

    def grown(self) -> Grown:
        """The nodes of the tree; rows are in the order of the nodes."""
        return growing.grow(self.divide, self.medoid, self.weights, self.parameters.recursive_depth)

    def tree(self) -> ClusterTree:
        """Grow the tree in the order of the nodes, and give it back in the order of the rows."""
        grown = self.grown()
        plane = pictures.lay_out(self.nodes.points, self.graph, self.labels, self.top)
        return ClusterTree(
            clusters=tuple(self._in_input_order(each) for each in grown.clusters),
            labels=self._restored(grown.labels),
            probabilities=self._restored(grown.probabilities),
            noise_score=self.score[self.nodes.node_of],
            coordinates=plane[self.nodes.node_of],
            parameters=self.parameters,
            effective=self.effective(),
            versions=library_versions(),
            notes=self.notes(),
        )

    def divide(self, rows: Indices, path: str) -> Division | None:
        """Divide the members of `path`; rows are positions in the order of the nodes."""
        nodes = np.unique(self.node[rows])
        labels = self.top[nodes] if path == ROOT else self._parts(nodes, path.count("."))
        count = int(labels.max(initial=-1)) + 1
        if self.progress:
            self.progress(path, len(rows), count)
        if path != ROOT and count < 2:
            return None
        inner, total = inner_weight(self.graph, nodes, labels)
        placed = labels >= 0
        kept = np.bincount(labels[placed], inner[placed], minlength=count)
        of = np.bincount(labels[placed], total[placed], minlength=count)
        at = np.searchsorted(nodes, self.node[rows])
        return Division(
            labels[at],
            _share(inner, total)[at],
            _share(kept.astype(np.float64), of.astype(np.float64)),
        )

    def _parts(self, nodes: Indices, depth: int) -> Indices:
        """Communities of the nodes of one cluster: those that are known, or finer ones."""
        known = renumbered(self.labels[nodes])
        if known.max() > 0:
            return known
        inside = self.graph[nodes][:, nodes]
        total = inside.sum()
        rows = self.nodes.rows[nodes]
        if rows.sum() < 2 * self.smallest or not total:
            return known
        finer = self.resolution * FINER ** max(1, depth - 1)
        resolution = finer * total / self.graph.sum()
        found = communities(inside, resolution, self.parameters.seed)
        found = merge_small(inside, found, rows, self.smallest)
        inner, _ = inner_weight(inside, np.arange(len(nodes)), found)
        is_sound = (found >= 0).all() and inner.sum() >= SOUND_SHARE * total
        return found if is_sound else known

    def medoid(self, rows: Indices) -> int:
        """The row nearest the mean of these rows."""
        points = self.nodes.points[self.node[rows]]
        middle = points.mean(axis=0, dtype=np.float64)
        return int(rows[np.argmin(((points - middle) ** 2).sum(axis=1))])

    def _in_input_order(self, found: Cluster) -> Cluster:
        return (
            found if found.medoid is None else replace(found, medoid=int(self.order[found.medoid]))
        )

    def _restored(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values in the order of the nodes, back in the order of the input."""
        back = np.empty_like(values)
        back[self.order] = values
        return back

    def effective(self) -> dict[str, int | float | str]:
        """What the options became for this set."""
        return {
            "method": "graph",
            "count_rows": len(self.order),
            "count_nodes": len(self.nodes),
            "min_cluster_size": self.smallest,
            "resolution": self.resolution,
            "n_neighbors": min(self.parameters.n_neighbors, len(self.nodes)),
            "dimensions": self.nodes.points.shape[1],
            "count_communities": int(self.labels.max(initial=-1)) + 1,
            "noise_line": round(noise.line(self.score, self.nodes.rows), 6),
            "neighbours": "exact" if len(self.nodes) <= neighbours.EXACT_POINTS else "approximate",
        }

    def notes(self) -> tuple[str, ...]:
        """Why nothing was found, where nothing was."""
        n = len(self.order)
        if n == 0 or self.labels.max() >= 0:
            return ()
        return (
            f"everything is noise: two clusters of at least {self.smallest} distinct texts do not "
            f"fit in {n}; a smaller --min-cluster-size or more feedback may help",
        )


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> Floats:
    """Part of the whole, 1 where the whole is nothing."""
    found = np.divide(part, whole, out=np.ones_like(whole), where=whole > 0)
    return np.clip(found, 0.0, 1.0).astype(np.float32)
