"""Communities of a weighted graph by Leiden (Traag, Waltman, van Eck 2019), seeded.

Quality is modularity with a resolution (Reichardt & Bornholdt 2006): a community is worth its
inner weight less resolution * (weight that it would have by chance).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy import sparse

    from python_jobs.clustering.measures import Indices

    Weights = tuple[NDArray[np.float64], NDArray[np.float64]]

ITERATIONS = 2
"""Full cycles: between one and five the difference is that of seeds (benchmarks/README.md)."""


def communities(graph: sparse.csr_array, resolution: float, seed: int) -> Indices:
    """(n,) communities from 0; a node without edges is one of its own.

    One thread, so the same graph, in the same order of nodes, gives the same communities.
    """
    from graspologic_native import leiden_csr  # type: ignore[attr-defined, unused-ignore]

    n = graph.shape[0]
    found = np.full(n, -1, dtype=np.int64)
    if graph.nnz:
        _, by_node = leiden_csr(
            graph.indptr.astype(np.int64),
            graph.indices.astype(np.int32),
            graph.data.astype(np.float64),
            n,
            resolution=resolution,
            iterations=ITERATIONS,
            seed=seed,
        )
        at = np.fromiter(by_node.keys(), dtype=np.int64, count=len(by_node))
        found[at] = np.fromiter(by_node.values(), dtype=np.int64, count=len(by_node))
    alone = np.flatnonzero(found < 0)
    found[alone] = found.max(initial=-1) + 1 + np.arange(len(alone))
    return renumbered(found)


def renumbered(labels: Indices) -> Indices:
    """The same groups as 0 to k-1; -1 stays."""
    names, codes = np.unique(labels, return_inverse=True)
    return codes.ravel().astype(np.int64) - int(len(names) > 0 and names[0] < 0)


def merge_small(graph: sparse.csr_array, labels: Indices, rows: Indices, smallest: int) -> Indices:
    """Join each community below `smallest` rows to its closest neighbour, the smallest first.

    Closest is the one with the largest share of its own weight on edges to the small one, so a
    large community does not swallow everything. One without edges to others becomes -1.
    """
    labels = labels.copy()
    while True:
        sizes = np.bincount(labels[labels >= 0], rows[labels >= 0]).astype(np.int64)
        small = np.flatnonzero((sizes > 0) & (sizes < smallest))
        if not len(small):
            return renumbered(labels)
        one = int(small[np.argmin(sizes[small])])
        inside = labels == one
        ties = np.asarray(graph[inside].sum(axis=0)).ravel()
        outside = (labels >= 0) & ~inside
        weight = np.bincount(labels[outside], ties[outside], minlength=len(sizes))
        if not weight.any():
            labels[inside] = -1
            continue
        share = np.divide(weight, sizes, out=np.zeros(len(sizes)), where=sizes > 0)
        labels[inside] = int(np.argmax(share))


def inner_weight(graph: sparse.csr_array, nodes: Indices, labels: Indices) -> Weights:
    """How much of each node's edge weight stays in its community.

    Args:
        graph: (n, n).
        nodes: (m,) ascending.
        labels: (m,) their communities; -1 is none.

    Returns:
        (m,) weight of edges within the community, and (m,) weight of all edges.
    """
    label = np.full(graph.shape[0], -1, dtype=np.int64)
    label[nodes] = labels
    edges = graph[nodes]
    start = np.repeat(np.arange(len(nodes)), np.diff(edges.indptr))
    is_inner = (labels[start] == label[edges.indices]) & (labels[start] >= 0)
    return (
        np.bincount(start, edges.data * is_inner, len(nodes)).astype(np.float64),
        np.bincount(start, edges.data, len(nodes)).astype(np.float64),
    )
