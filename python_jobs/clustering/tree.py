"""The segment tree: what every clustering method returns, and the check that it is one.

Paths name the nodes: `root` is the whole set (never a row of `clusters`), `root.0` its largest
cluster, `root.0.1` the second largest part of that one, `root.noise` and `root.0.noise` what
was placed nowhere in the whole set and in `root.0`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.errors import InsightsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["NOISE", "ROOT", "Cluster", "ClusterParameters", "ClusterTree", "check_tree"]

ROOT = "root"
NOISE = "noise"

Labels = NDArray[np.object_]
Rows = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Cluster:
    """One node of the tree.

    Attributes:
        path: `root.0.1`, unique in the tree.
        parent_path: the node it is a part of, `root` at level 1.
        depth: level, from 1.
        size: weight of its rows: feedback, where a row is a distinct text with a count.
        count_members: its rows, those of its descendants included.
        is_noise: the rows that its parent's clustering placed nowhere.
        is_leaf: not divided further.
        persistence: hdbscan's `cluster_persistence_`, from 0 (fleeting) to 1; None for noise.
        medoid: the row with the least total cosine distance to the others; None for noise.
        stability: how well it is found again when rows are left out, from 0 to 1 (see
            :mod:`python_jobs.clustering.stability`); None for noise and where not computed.
    """

    path: str
    parent_path: str
    depth: int
    size: int
    count_members: int
    is_noise: bool
    is_leaf: bool
    persistence: float | None
    medoid: int | None
    stability: float | None = None


@dataclass(frozen=True)
class ClusterTree:
    """Result of a clustering of n rows; arrays are read-only and in the order of the input.

    Attributes:
        clusters: every node but the root, depth first, siblings by falling size, noise last.
        labels: (n,) deepest path of each row, as `str` objects.
        probabilities: (n,) membership probability in that deepest cluster; 0 for noise.
        noise_score: (n,) from 0 (among its like) to 1 (alone); see the method for its formula.
        coordinates: (n, 2) for pictures.
        parameters: the options as asked for.
        effective: what they became for this set, as in a resolved `min_cluster_size`.
        versions: of the libraries that decide the result.
        notes: what the user should know of this run, in plain sentences (never feedback text).
    """

    clusters: tuple[Cluster, ...]
    labels: Labels
    probabilities: Floats
    noise_score: Floats
    coordinates: Floats
    parameters: ClusterParameters
    effective: Mapping[str, Any]
    versions: Mapping[str, str]
    notes: tuple[str, ...] = ()
    _by_path: dict[str, Cluster] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_path", {cluster.path: cluster for cluster in self.clusters})
        for array in (self.labels, self.probabilities, self.noise_score, self.coordinates):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.labels)

    def cluster(self, path: str) -> Cluster:
        """The node at `path`.

        Raises:
            KeyError: there is none (`root` is no cluster).
        """
        return self._by_path[path]

    def children(self, path: str = ROOT) -> tuple[Cluster, ...]:
        """The parts of `path`, noise included, largest first."""
        return tuple(cluster for cluster in self.clusters if cluster.parent_path == path)

    def members(self, path: str = ROOT) -> Rows:
        """Ascending rows of `path` and of everything below it."""
        inside = [label == path or label.startswith(f"{path}.") for label in self.labels]
        return np.flatnonzero(np.array(inside, dtype=bool))

    def ancestors(self, path: str) -> tuple[Cluster, ...]:
        """The nodes above `path`, level 1 first."""
        return tuple(self._by_path[name] for name in lineage(path)[:-1])

    def labels_at(self, depth: int) -> Labels:
        """(n,) path of each row, cut to `depth` levels: the flat clustering of that level."""
        names = {path: lineage(path)[:depth][-1] for path in set(self.labels)}
        return np.array([names[path] for path in self.labels], dtype=object)


def lineage(path: str) -> list[str]:
    """The path and those above it without the root: `root.0.1` gives `root.0`, `root.0.1`."""
    parts = path.split(".")
    return [".".join(parts[: end + 1]) for end in range(1, len(parts))]


def check_tree(tree: ClusterTree, weights: Rows | None = None) -> None:
    """Check what every reader of a tree relies on.

    Args:
        tree: a finished tree.
        weights: (n,) what each row counted when the tree was made; ones if None.

    Raises:
        InsightsError: naming the first thing that does not hold; it is our mistake.
    """
    counts = np.ones(len(tree), dtype=np.int64) if weights is None else weights
    for problem in _problems(tree, counts):
        raise InsightsError(
            f"the cluster tree is inconsistent: {problem}",
            hint="this is a defect of the clustering, not of your data: please report it",
        )


def _problems(tree: ClusterTree, weights: Rows) -> Iterator[str]:
    yield from _array_problems(tree)
    paths = [cluster.path for cluster in tree.clusters]
    if len(set(paths)) < len(paths):
        yield "two clusters have the same path"
    members: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for label, weight in zip(tree.labels, weights, strict=True):
        for path in lineage(label):
            members[path] += 1
            sizes[path] += int(weight)
    if set(members) - set(paths):
        yield f"no cluster for label {min(set(members) - set(paths))}"
    leaves = set(tree.labels)
    known = {ROOT}
    for cluster in tree.clusters:
        yield from _node_problems(tree, cluster, known)
        if (cluster.count_members, cluster.size) != (members[cluster.path], sizes[cluster.path]):
            yield f"{cluster.path} does not add up to its rows"
        if cluster.is_leaf != (cluster.path in leaves):
            yield f"{cluster.path} is a leaf without rows, or divided with rows left in it"
        known.add(cluster.path)
    for path in known:
        yield from _sibling_problems(tree, path)


def _array_problems(tree: ClusterTree) -> Iterator[str]:
    n = len(tree)
    if tree.probabilities.shape != (n,) or tree.noise_score.shape != (n,):
        yield "probabilities or noise scores do not match the rows"
        return
    if tree.coordinates.shape != (n, 2) or not np.isfinite(tree.coordinates).all():
        yield "coordinates are not two finite numbers a row"
    for name, values in (("probability", tree.probabilities), ("noise score", tree.noise_score)):
        if not ((values >= 0) & (values <= 1)).all():
            yield f"a {name} is not between 0 and 1"
    noise = np.array([label.endswith(f".{NOISE}") for label in tree.labels], dtype=bool)
    if tree.probabilities[noise].any():
        yield "a noise row has a membership probability"


def _node_problems(tree: ClusterTree, cluster: Cluster, known: set[str]) -> Iterator[str]:
    parent, _, name = cluster.path.rpartition(".")
    if parent != cluster.parent_path or parent not in known:
        yield f"{cluster.path} has no parent before it"
    if cluster.depth != cluster.path.count("."):
        yield f"{cluster.path} has depth {cluster.depth}"
    if cluster.depth > tree.parameters.recursive_depth:
        yield f"{cluster.path} is deeper than asked for"
    if cluster.is_noise != (name == NOISE) or (cluster.is_noise and not cluster.is_leaf):
        yield f"{cluster.path} is wrong about noise"
    if cluster.is_noise != (cluster.persistence is None):
        yield f"{cluster.path} has no persistence"
    if cluster.is_noise != (cluster.medoid is None):
        yield f"{cluster.path} has no medoid"
    elif cluster.medoid is not None and cluster.path not in lineage(tree.labels[cluster.medoid]):
        yield f"the medoid of {cluster.path} lies outside"
    if cluster.stability is not None and (cluster.is_noise or not 0 <= cluster.stability <= 1):
        yield f"the stability of {cluster.path} is none"


def _sibling_problems(tree: ClusterTree, path: str) -> Iterator[str]:
    proper = [child for child in tree.children(path) if not child.is_noise]
    if [child.path for child in proper] != [f"{path}.{i}" for i in range(len(proper))]:
        yield f"the children of {path} are not numbered from 0"
    if any(a.size < b.size for a, b in pairwise(proper)):
        yield f"the children of {path} are not ordered by size"
