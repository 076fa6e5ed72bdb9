from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from python_jobs.clustering import umap_hdbscan
from python_jobs.clustering.tree import ClusterParameters, ClusterTree, check_tree
from python_jobs.clustering.umap_hdbscan import LIBRARIES, cluster, dense_parts
from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Sets of fewer than 17 rows need no UMAP, whose compilation takes seconds a process: the rules
# are tested here, what UMAP finds in test_umap_slow.py.


def sound(vectors: NDArray[Any], **options: Any) -> ClusterTree:
    tree = cluster(vectors, ClusterParameters(**options))
    check_tree(tree)
    return tree


def test_no_rows_give_an_empty_tree() -> None:
    for empty in (np.zeros((0, 384), np.float32), np.array([])):
        tree = sound(empty)
        assert tree.clusters == ()
        assert len(tree) == 0
        assert tree.coordinates.shape == (0, 2)
        assert tree.notes == ()


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_too_few_rows_for_two_clusters_are_noise_and_say_so(n: int) -> None:
    tree = sound(np.random.default_rng(n).normal(size=(n, 8)))
    assert list(tree.labels) == ["root.noise"] * n
    assert [cluster.path for cluster in tree.clusters] == ["root.noise"]
    assert not tree.probabilities.any()
    (note,) = tree.notes
    assert f"do not fit in {n}" in note
    assert "--min-cluster-size" in note


@pytest.mark.parametrize("n", [5, 16, 400])
def test_identical_vectors_are_one_cluster(n: int) -> None:
    tree = sound(np.tile([[0.1, -0.2, 0.3]], (n, 1)))
    (only,) = tree.clusters
    assert (only.path, only.size, only.is_leaf, only.persistence) == ("root.0", n, True, 1.0)
    assert (tree.probabilities == 1).all()
    assert (tree.noise_score < 1e-6).all()
    assert not tree.coordinates.any()
    assert tree.notes == ()


def test_vectors_of_one_direction_are_identical_whatever_their_length() -> None:
    assert set(sound(np.outer(np.arange(1, 9), [1.0, 2.0])).labels) == {"root.0"}


def test_no_cluster_is_smaller_than_asked_for_even_of_identical_vectors() -> None:
    assert set(sound(np.ones((50, 4)), min_cluster_size=51).labels) == {"root.noise"}


def test_two_small_groups_are_found_without_a_layout() -> None:
    random = np.random.default_rng(0)
    truth = np.array([0] * 6 + [1] * 8)
    tree = sound(np.eye(16)[truth] + random.normal(size=(14, 16)) * 0.05)
    assert tree.effective["layout"] == "none"
    assert list(tree.labels) == [*["root.1"] * 6, *["root.0"] * 8]
    assert np.isfinite(tree.coordinates).all()
    assert np.ptp(tree.coordinates, axis=0).min() > 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_unusable_vectors_are_counted_not_clustered(bad: float) -> None:
    vectors = np.ones((9, 4))
    vectors[[2, 5, 7]] = bad
    with pytest.raises(UsageError, match="3 of 9 vectors"):
        cluster(vectors)


def test_wrong_shapes_and_options_are_refused() -> None:
    with pytest.raises(UsageError, match="shape"):
        cluster(np.ones(12))
    with pytest.raises(UsageError, match="--n-neighbors"):
        cluster(np.ones((4, 4)), ClusterParameters(n_neighbors=0))


@pytest.mark.parametrize(
    "weights",
    [np.ones(4, int), np.array([1, 0, 1, 1, 1]), np.array([1.5] * 5), np.ones((5, 1), int)],
)
def test_unusable_weights_are_refused(weights: Any) -> None:
    with pytest.raises(UsageError, match="weights must be 5 whole numbers"):
        cluster(np.ones((5, 3)), weights=weights)


def test_weights_count_in_sizes_only() -> None:
    weights = np.array([400, 1, 1, 1, 2], dtype=np.int32)
    tree = cluster(np.ones((5, 3)), weights=weights)
    check_tree(tree, weights)
    assert (tree.clusters[0].size, tree.clusters[0].count_members) == (405, 5)


def test_a_run_records_what_decided_it() -> None:
    tree = sound(np.random.default_rng(0).normal(size=(12, 8)), min_cluster_size=3, seed=7)
    assert tree.parameters.seed == 7
    assert tree.effective["min_cluster_size"] == 3
    assert tree.effective["min_samples"] == 3
    assert tree.effective["n_neighbors"] == 12
    assert set(tree.versions) == {"python", *LIBRARIES}
    assert all(tree.versions.values())


def test_progress_hears_of_every_node() -> None:
    heard: list[tuple[str, int, int]] = []
    cluster(np.ones((8, 3)), progress=lambda *node: heard.append(node))
    assert heard == [("root", 8, 1), ("root.0", 8, 1)]


def test_noise_score_is_the_mean_distance_to_the_nearest_others() -> None:
    vectors = np.vstack([np.tile([[1.0, 0.0]], (6, 1)), [[0.0, 1.0]], [[-1.0, 0.0]]])
    scores = sound(vectors, n_neighbors=3, n_components=3).noise_score
    np.testing.assert_allclose(scores, [0, 0, 0, 0, 0, 0, 1, 1], atol=1e-6)
    assert sound(np.ones((1, 3))).noise_score.tolist() == [1.0]


def test_a_dominant_cluster_is_divided_where_the_density_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(0)
    near = [random.normal(size=(30, 2)) * 0.1 + at for at in ([0, 0], [0.5, 0], [0.25, 0.5])]
    space = np.vstack([*near, random.normal(size=(12, 2)) * 0.1 + 9]).astype(np.float32)
    coarse = dense_parts(space, 10, 5)
    assert sorted(np.bincount(coarse.labels[coarse.labels >= 0])) == [12, 90]

    run = umap_hdbscan._Run(space, ClusterParameters(min_cluster_size=10), None)
    finer, is_further = run._dense(space)
    assert is_further
    assert len(finer.persistence) == 4

    as_it_comes = ClusterParameters(min_cluster_size=10, max_cluster_share=1.0)
    assert not umap_hdbscan._Run(space, as_it_comes, None)._dense(space)[1]
    # where the finer choice would lose too many rows, the large cluster stands
    monkeypatch.setattr(umap_hdbscan, "KEPT_SHARE", 1.01)
    assert not run._dense(space)[1]


@pytest.mark.parametrize(
    ("labels", "is_worth_it"),
    [
        ([0] * 50 + [1] * 50, True),
        ([0] * 40 + [1] * 30 + [-1] * 30, True),
        ([0] * 30 + [1] * 20 + [-1] * 50, False),
        ([0] * 90 + [1] * 5 + [2] * 5, True),
        ([0] * 95 + [1] * 5, False),
        ([-1] * 100, False),
    ],
)
def test_a_zoom_must_place_most_rows_and_find_more_than_crumbs(
    labels: list[int], is_worth_it: bool
) -> None:
    codes = np.array(labels)
    flat = np.zeros(len(codes), np.float32)
    division = umap_hdbscan.Division(codes, flat, np.zeros(codes.max() + 1, np.float32))
    assert umap_hdbscan._is_worth_it(division) is is_worth_it


def test_angles_are_taken_at_the_centre_of_the_layout() -> None:
    space = np.array([[10, 10], [12, 10], [8, 10], [10, 14], [10, 6]], dtype=np.float32)
    sphere = umap_hdbscan._on_sphere(space)
    np.testing.assert_allclose(sphere, [[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]], atol=1e-6)
