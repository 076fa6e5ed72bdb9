"""A cluster tree with the evidence for its names: what is stored with a run or written to files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_jobs.clustering import measures, methods
from python_jobs.clustering.exemplars import exemplars
from python_jobs.clustering.keywords import Keyword, tree_keywords
from python_jobs.clustering.tree import ClusterParameters, ClusterTree, check_tree
from python_jobs.logs import logger, progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

KEYWORDS = 10
EXEMPLARS = 5


@dataclass(frozen=True)
class Segments:
    """A tree over distinct texts; rows of all arrays are those texts, by content hash.

    Attributes:
        hashes: (n,) content hashes, ascending.
        texts: (n,) what they say.
        weights: (n,) how many feedback say it.
        tree: the clusters.
        keywords: by cluster path, the strongest first.
        exemplars: by cluster path (noise has none), rows; the first is the medoid.
        centroids: by cluster path, the mean vector.
    """

    hashes: Sequence[str]
    texts: Sequence[str]
    weights: NDArray[np.int64]
    tree: ClusterTree
    keywords: Mapping[str, Sequence[Keyword]]
    exemplars: Mapping[str, Sequence[int]]
    centroids: Mapping[str, NDArray[np.float32]]

    @property
    def noise_share(self) -> float:
        """Share of feedback that ended as noise, at whatever level."""
        total = int(self.weights.sum())
        noise = sum(cluster.size for cluster in self.tree.clusters if cluster.is_noise)
        return noise / total if total else 0.0


def find_segments(
    hashes: Sequence[str],
    texts: Sequence[str],
    weights: NDArray[np.int64],
    vectors: NDArray[np.float32],
    parameters: ClusterParameters,
) -> Segments:
    """Cluster, then gather keywords and exemplars.

    Raises:
        UsageError: parameters or vectors that cannot be clustered.
    """
    with progress("Clustering", None, "nodes") as tick:

        def node_done(_path: str, _rows: int, _found: int) -> None:
            tick(1)

        tree = methods.cluster_with_stability(vectors, parameters, weights, node_done)
    check_tree(tree, weights)
    for note in tree.notes:
        logger.info("%s", note)
    chosen: dict[str, Sequence[int]] = {}
    centroids: dict[str, NDArray[np.float32]] = {}
    for found in tree.clusters:
        members = tree.members(found.path)
        centroids[found.path] = measures.mean_row(vectors, members)
        if not found.is_noise:
            chosen[found.path] = exemplars(vectors, members, tree.probabilities, EXEMPLARS)[1]
    return Segments(
        hashes=hashes,
        texts=texts,
        weights=weights,
        tree=tree,
        keywords=tree_keywords(tree, texts, KEYWORDS, weights),
        exemplars=chosen,
        centroids=centroids,
    )
