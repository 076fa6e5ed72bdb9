"""The methods by name; the libraries of one are loaded when it is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from python_jobs.clustering.parameters import ClusterParameters, Method
    from python_jobs.clustering.tree import ClusterTree


def cluster(
    vectors: NDArray[Any],
    parameters: ClusterParameters,
    weights: NDArray[Any] | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> ClusterTree:
    """Cluster with `parameters.method`; see `umap_hdbscan.cluster` and `graph.method.cluster`.

    Raises:
        UsageError: an option or vectors that cannot be used.
    """
    if parameters.method == "graph":
        from python_jobs.clustering.graph import method

        return method.cluster(vectors, parameters, weights, progress)
    from python_jobs.clustering import umap_hdbscan

    return umap_hdbscan.cluster(vectors, parameters, weights, progress)


def cluster_with_stability(
    vectors: NDArray[Any],
    parameters: ClusterParameters,
    weights: NDArray[Any] | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> ClusterTree:
    """The same tree, each of its clusters with its stability.

    Makes `parameters.resamples(n)` resamples: `umap_hdbscan.cluster_with_stability` clusters them
    from scratch, `graph.method.cluster_with_stability` keeps the neighbour graph.

    Raises:
        UsageError: an option or vectors that cannot be used.
    """
    if parameters.method == "graph":
        from python_jobs.clustering.graph import method

        return method.cluster_with_stability(vectors, parameters, weights, progress)
    from python_jobs.clustering import umap_hdbscan

    return umap_hdbscan.cluster_with_stability(vectors, parameters, weights, progress)


def library_versions(method: Method) -> dict[str, str]:
    """Versions of what decides a method's result."""
    if method == "graph":
        from python_jobs.clustering.graph.method import library_versions as versions
    else:
        from python_jobs.clustering.umap_hdbscan import library_versions as versions
    return versions()
