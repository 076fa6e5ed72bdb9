from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from python_jobs.clustering.graph import fineness, method, neighbours, noise
from python_jobs.clustering.graph.method import LIBRARIES, cluster
from python_jobs.clustering.tree import ClusterParameters, ClusterTree, check_tree
from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SIZES = [60, 90, 120, 150, 80, 70, 50, 110]

PRINT_DIGEST = """
import hashlib, numpy as np
from python_jobs.clustering.graph.method import cluster
tree = cluster(np.load({path!r}))
print(hashlib.sha256("|".join(tree.labels).encode()).hexdigest())
print(hashlib.sha256(tree.coordinates.tobytes() + tree.probabilities.tobytes()).hexdigest())
"""


def sound(vectors: NDArray[Any], weights: Any = None, **options: Any) -> ClusterTree:
    tree = cluster(vectors, ClusterParameters(**options), weights)
    check_tree(tree, None if weights is None else np.asarray(weights))
    return tree


def purity(truth: NDArray[np.int64], labels: NDArray[Any]) -> float:
    right = sum(np.bincount(truth[labels == label]).max() for label in set(labels))
    return float(right / len(truth))


def hierarchy(seed: int = 0, n: int = 3000) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Eight themes of five topics each."""
    random = np.random.default_rng(seed)
    themes = random.normal(size=(8, 96))
    topics = random.normal(size=(8, 5, 96)) * 0.7
    theme, topic = random.integers(0, 8, n), random.integers(0, 5, n)
    vectors = themes[theme] + topics[theme, topic] + random.normal(size=(n, 96)) * 0.5
    return vectors.astype(np.float32), np.stack([theme, theme * 5 + topic])


def letters_and_prose() -> NDArray[np.float64]:
    random = np.random.default_rng(0)
    letters = np.repeat(np.eye(64)[:10], 60, axis=0) + random.normal(size=(600, 64)) * 0.001
    return np.vstack([letters, random.normal(size=(600, 64))])


def test_no_rows_give_an_empty_tree() -> None:
    for empty in (np.zeros((0, 384), np.float32), np.array([])):
        tree = sound(empty)
        assert (tree.clusters, len(tree), tree.notes) == ((), 0, ())
        assert tree.coordinates.shape == (0, 2)


@pytest.mark.parametrize("n", [1, 2, 9])
def test_too_few_rows_for_two_clusters_are_noise_and_say_so(n: int) -> None:
    tree = sound(np.random.default_rng(n).normal(size=(n, 8)))
    assert list(tree.labels) == ["root.noise"] * n
    (note,) = tree.notes
    assert f"fit in {n};" in note


@pytest.mark.parametrize("n", [5, 16, 400])
def test_identical_vectors_are_one_cluster(n: int) -> None:
    tree = sound(np.tile([[0.1, -0.2, 0.3]], (n, 1)))
    (only,) = tree.clusters
    assert (only.path, only.size, only.is_leaf, only.persistence) == ("root.0", n, True, 1.0)
    assert (tree.probabilities == 1).all()
    assert not tree.noise_score.any()


def test_no_cluster_is_smaller_than_asked_for_even_of_identical_vectors() -> None:
    assert set(sound(np.ones((50, 4)), min_cluster_size=51).labels) == {"root.noise"}


def test_two_groups_of_identical_vectors_are_two_clusters() -> None:
    tree = sound(np.repeat([[1.0, 0.0], [0.0, 1.0]], [30, 20], axis=0))
    assert list(tree.labels) == ["root.0"] * 30 + ["root.1"] * 20


@pytest.mark.parametrize("n", [10, 12, 20, 40])
def test_small_sets_without_structure_give_a_sound_tree(n: int) -> None:
    tree = sound(np.random.default_rng(n).normal(size=(n, 8)))
    assert all(cluster.count_members >= 5 for cluster in tree.clusters if not cluster.is_noise)


def test_one_dimension_is_two_directions() -> None:
    tree = sound(np.r_[np.full(20, 2.0), np.full(30, -3.0)][:, None])
    assert list(tree.labels) == ["root.1"] * 20 + ["root.0"] * 30


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_unusable_vectors_are_counted_not_clustered(bad: float) -> None:
    vectors = np.ones((9, 4))
    vectors[[2, 5, 7]] = bad
    with pytest.raises(UsageError, match="3 of 9 vectors"):
        cluster(vectors)


def test_unusable_options_and_weights_are_refused() -> None:
    with pytest.raises(UsageError, match="--max-top-level"):
        cluster(np.ones((4, 4)), ClusterParameters(max_top_level=1))
    with pytest.raises(UsageError, match="--resolution"):
        cluster(np.ones((4, 4)), ClusterParameters(resolution=0.0))
    with pytest.raises(UsageError, match="--max-noise-share"):
        cluster(np.ones((4, 4)), ClusterParameters(max_noise_share=0.6))
    with pytest.raises(UsageError, match="weights must be 5 whole numbers"):
        cluster(np.ones((5, 3)), weights=np.zeros(5, np.int64))


def test_planted_groups_are_found(blobs: Callable[..., Any]) -> None:
    vectors, truth = blobs(SIZES)
    tree = sound(vectors)
    assert purity(truth, tree.labels) > 0.97
    assert (tree.probabilities[tree.labels != "root.noise"] > 0).all()


def test_themes_are_level_one_and_topics_below_them() -> None:
    vectors, truth = hierarchy()
    tree = sound(vectors)
    assert purity(truth[0], tree.labels_at(1)) > 0.95
    assert purity(truth[1], tree.labels) > 0.9
    assert max(cluster.depth for cluster in tree.clusters) == 2


def test_level_one_stays_readable_at_every_depth() -> None:
    vectors, _ = hierarchy()
    for depth in (1, 3):
        tree = sound(vectors, max_top_level=4, recursive_depth=depth)
        assert len([each for each in tree.children() if not each.is_noise]) <= 4
        assert max(cluster.depth for cluster in tree.clusters) <= depth


def test_communities_are_divided_again_where_they_have_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vectors, truth = hierarchy()
    options = {"resolution": 1.0, "recursive_depth": 3}
    assert max(each.depth for each in sound(vectors, **options).clusters) == 2
    monkeypatch.setattr(method, "FINER", 40.0)
    tree = sound(vectors, **options)
    assert max(each.depth for each in tree.clusters) == 3
    assert purity(truth[1], tree.labels) > 0.9
    # where the parts keep too little of the edges, it stays whole
    monkeypatch.setattr(method, "SOUND_SHARE", 1.01)
    assert max(each.depth for each in sound(vectors, **options).clusters) == 2


def test_rows_far_from_all_others_are_noise(blobs: Callable[..., Any]) -> None:
    vectors, _ = blobs([200, 200, 200, 200], spread=0.3)
    strange = np.random.default_rng(5).normal(size=(12, vectors.shape[1]))
    tree = sound(np.vstack([vectors, strange]).astype(np.float32))
    assert (tree.labels[-12:] == "root.noise").mean() > 0.8
    assert (tree.labels[:-12] != "root.noise").mean() > 0.95
    assert tree.noise_score[-12:].min() > np.median(tree.noise_score)


def test_noise_is_never_more_than_asked_for_and_the_line_finds_the_rest(
    blobs: Callable[..., Any],
) -> None:
    vectors, _ = blobs([200, 200, 200, 200], spread=0.3)
    strange = np.random.default_rng(5).normal(size=(160, vectors.shape[1]))
    vectors = np.vstack([vectors, strange]).astype(np.float32)
    for options, most in (({}, 0.05), ({"max_noise_share": 0.1}, 0.1)):
        tree = sound(vectors, **options)
        assert most - 0.01 < (tree.labels == "root.noise").mean() <= most
    assert not (sound(vectors, max_noise_share=0.0).labels == "root.noise").any()
    beyond = tree.noise_score > tree.effective["noise_line"]
    assert beyond[-160:].mean() > 0.8
    assert beyond[:-160].mean() < 0.1


def test_half_form_letters_half_prose_is_no_noise() -> None:
    assert not (sound(letters_and_prose()).labels == "root.noise").any()


def test_the_noise_line_is_two_robust_deviations_above_the_median_row() -> None:
    score = np.array([0.1, 0.2, 0.3, 0.9], dtype=np.float32)
    copies = np.array([1, 1, 2, 1])
    assert noise.line(score, copies) == pytest.approx(0.3 + 2 * 1.4826 * 0.1)
    assert noise.line(score[:0], copies[:0]) == 1.0


def test_the_silhouette_of_two_communities() -> None:
    units = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [-1, 0]], dtype=np.float32)
    assert fineness.silhouette(units, np.array([0, 0, 1, 1, -1])) == pytest.approx(1.0)
    assert fineness.silhouette(units, np.array([0, 1, 0, 1, -1])) == pytest.approx(0.0, abs=1e-6)
    assert fineness.silhouette(units, np.zeros(5, dtype=np.int64)) == 0.0


def test_the_finer_communities_are_taken_where_they_are_further_apart() -> None:
    few, _ = hierarchy()
    assert sound(few).effective["resolution"] == fineness.COARSE
    assert sound(few, resolution=3.0).effective["resolution"] == 3.0
    assert sound(letters_and_prose()).effective["resolution"] == fineness.FINE


def test_a_sample_decides_how_fine_a_large_set_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def silhouette(units: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
        asked.append(len(units))
        return -float(len(asked))

    monkeypatch.setattr(fineness, "SAMPLE", 500)
    monkeypatch.setattr(fineness, "silhouette", silhouette)
    vectors, _ = hierarchy(n=1500)
    assert sound(vectors).effective["resolution"] == fineness.FINE
    assert asked == [500] * (2 * fineness.TRIES)


def test_weights_count_in_sizes(blobs: Callable[..., Any]) -> None:
    vectors, _ = blobs([100, 90, 80, 70, 60, 50, 40])
    weights = np.random.default_rng(0).integers(1, 400, len(vectors))
    tree = sound(vectors, weights)
    assert sum(cluster.size for cluster in tree.children()) == weights.sum()


def test_shuffled_rows_get_the_same_labels() -> None:
    vectors, _ = hierarchy(n=5000)
    vectors[100:140] = vectors[7]
    weights = np.random.default_rng(1).integers(1, 9, len(vectors))
    tree = sound(vectors, weights, recursive_depth=3)
    order = np.random.default_rng(2).permutation(len(vectors))
    again = sound(vectors[order], weights[order], recursive_depth=3)
    assert list(again.labels) == list(tree.labels[order])
    assert np.array_equal(again.probabilities, tree.probabilities[order])
    assert np.array_equal(again.coordinates, tree.coordinates[order])
    assert len(set(tree.labels[100:140])) == 1


def test_equal_vectors_of_any_length_and_type_share_a_node() -> None:
    vectors, _ = hierarchy(n=600)
    vectors = np.round(vectors * 64) / 64
    tree = sound(vectors)
    assert list(sound(vectors.astype(np.float64) * 4).labels) == list(tree.labels)
    assert tree.effective["count_nodes"] == 600
    doubled = sound(np.vstack([vectors, vectors * 2]))
    assert doubled.effective["count_nodes"] == 600


@pytest.mark.slow
def test_processes_and_thread_counts_agree(tmp_path: Any) -> None:
    vectors, _ = hierarchy(n=6000)
    np.save(tmp_path / "vectors.npy", vectors)
    code = PRINT_DIGEST.format(path=str(tmp_path / "vectors.npy"))
    outputs = set()
    for threads in ("1", "2", "4"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
        finished = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": ":".join(sys.path)} | dict.fromkeys(names, threads),
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(finished.stdout)
    assert len(outputs) == 1


def test_a_memory_map_is_read_in_place(tmp_path: Any) -> None:
    vectors, _ = hierarchy(n=800)
    np.save(tmp_path / "vectors.npy", vectors)
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    assert list(sound(mapped).labels) == list(sound(vectors).labels)


def test_a_run_records_what_decided_it() -> None:
    vectors, _ = hierarchy(n=900)
    heard: list[tuple[str, int, int]] = []
    tree = cluster(vectors, progress=lambda *node: heard.append(node))
    assert tree.effective["method"] == "graph"
    assert tree.effective["min_cluster_size"] == 9
    assert set(tree.versions) == {"python", *LIBRARIES}
    assert heard[0][:2] == ("root", 900)


def test_neighbours_of_a_small_set_are_exact() -> None:
    points = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    rows, distances = neighbours.nearest(points, 7)
    far = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(far, np.inf)
    np.testing.assert_array_equal(rows, np.argsort(far, axis=1)[:, :7])
    np.testing.assert_allclose(distances, np.sort(far, axis=1)[:, :7], rtol=1e-3)


def test_neighbours_of_a_large_set_are_nearly_all_found() -> None:
    vectors, _ = hierarchy(n=6000)
    points = vectors[:, :32]
    rows, distances = neighbours.nearest(points, 10)
    assert (rows != np.arange(len(points))[:, None]).all()
    assert np.isfinite(distances).all()
    sample = np.arange(0, 6000, 50)
    far = np.linalg.norm(points[sample, None] - points[None], axis=2)
    far[np.arange(len(sample)), sample] = np.inf
    exact = np.argsort(far, axis=1)[:, :10]
    recall = np.mean([len(np.intersect1d(a, b)) for a, b in zip(rows[sample], exact, strict=True)])
    assert recall > 9.4
