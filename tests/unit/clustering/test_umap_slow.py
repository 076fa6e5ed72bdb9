"""What UMAP and HDBSCAN find: planted groups, degenerate sets, the same answer twice."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, homogeneity_score

from python_jobs.clustering import layout
from python_jobs.clustering.tree import ClusterParameters, ClusterTree, check_tree
from python_jobs.clustering.umap_hdbscan import cluster

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.unit.clustering.conftest import Plant

pytestmark = pytest.mark.slow


def sound(vectors: NDArray[Any], **options: Any) -> ClusterTree:
    tree = cluster(vectors, ClusterParameters(**options))
    check_tree(tree)
    return tree


@pytest.mark.parametrize(
    "sizes", [[60] * 8, [200, 100, 50, 25], [25, 25], [400, 40]], ids=lambda sizes: str(len(sizes))
)
def test_planted_groups_are_found_largest_first(blobs: Plant, sizes: list[int]) -> None:
    vectors, truth = blobs(sizes)
    # the largest is more than half of two of these sets, and is to be found whole
    tree = sound(vectors, recursive_depth=1, max_cluster_share=1.0)
    assert adjusted_rand_score(truth, tree.labels_at(1)) > 0.98
    counts = [child.size for child in tree.children() if not child.is_noise]
    assert counts == sorted(counts, reverse=True)
    assert tree.effective["layout"] == "umap"


@pytest.mark.parametrize(
    "options",
    [
        {"n_components": 5},
        {"n_components": 5, "hdbscan_metric": "cosine"},
        {"n_components": 1},
        {"n_neighbors": 200},
        {"min_cluster_size": 40, "min_samples": 5},
    ],
    ids=str,
)
def test_every_option_finds_planted_groups(blobs: Plant, options: dict[str, Any]) -> None:
    vectors, truth = blobs([60] * 8)
    tree = sound(vectors, recursive_depth=1, **options)
    # a line has less room than a plane
    assert adjusted_rand_score(truth, tree.labels) > (
        0.6 if tree.parameters.n_components == 1 else 0.9
    )
    assert tree.coordinates.shape == (480, 2)


def test_cosine_in_two_dimensions_separates_directions(blobs: Plant) -> None:
    vectors, truth = blobs([80, 80, 80])
    tree = sound(vectors, recursive_depth=1, hdbscan_metric="cosine")
    assert adjusted_rand_score(truth, tree.labels) > 0.9


def test_zooming_finds_groups_within_groups() -> None:
    random = np.random.default_rng(1)
    families = np.eye(64)[:3]
    members = families.repeat(2, axis=0) + random.normal(size=(6, 64)) * 0.25 / 8
    truth = np.repeat(np.arange(6), 120)
    vectors = members[truth] + random.normal(size=(720, 64)) * 0.6 / 8
    tree = sound(vectors, min_cluster_size=20)
    # no cluster mixes families, whether or not level 1 tells their halves apart
    assert homogeneity_score(truth // 2, tree.labels_at(1)) > 0.99
    assert adjusted_rand_score(truth, tree.labels) > 0.5
    assert {node.depth for node in tree.clusters} == {1, 2}
    divided = [node for node in tree.clusters if not node.is_leaf]
    assert all(len(tree.children(node.path)) >= 2 for node in divided)
    flat = sound(vectors, min_cluster_size=20, recursive_depth=1)
    assert flat.labels.tolist() == tree.labels_at(1).tolist()


def test_a_group_too_small_to_zoom_into_stays_a_leaf(blobs: Plant) -> None:
    vectors, _ = blobs([40, 40, 40])
    tree = sound(vectors, min_cluster_size=21, recursive_depth=5)
    assert all(node.is_leaf for node in tree.clusters)


def test_scattered_rows_become_noise_with_high_scores(blobs: Plant) -> None:
    vectors, _ = blobs([80] * 4, width=32, spread=0.3)
    random = np.random.default_rng(9)
    tree = sound(np.vstack([vectors, random.normal(size=(8, 32))]), recursive_depth=1)
    assert tree.noise_score[-8:].min() > tree.noise_score[:-8].max()


@pytest.mark.parametrize(
    ("vectors", "options"),
    [
        (np.repeat(np.eye(8)[:2], 40, axis=0), {}),
        (np.repeat(np.eye(8)[:3], 40, axis=0), {}),
        (np.repeat(np.eye(16), 12, axis=0), {"n_neighbors": 5}),
        (np.repeat(np.eye(40), 6, axis=0), {"n_neighbors": 5, "n_components": 10}),
        (np.outer([1.0, -1.0] * 40, [1.0, 0.0, 0.0]), {}),
        (np.vstack([np.ones((90, 8)), np.random.default_rng(0).normal(size=(90, 8))]), {}),
        (np.random.default_rng(0).normal(size=(17, 8)), {}),
        (np.random.default_rng(0).normal(size=(50, 8)), {}),
        (np.random.default_rng(0).normal(size=(120, 2)), {"n_components": 6}),
        (np.random.default_rng(0).normal(size=(80, 1)), {}),
        (np.random.default_rng(0).normal(size=(60, 8)), {"n_neighbors": 2}),
    ],
    ids=lambda value: str(value.shape) if hasattr(value, "shape") else str(value),
)
def test_degenerate_sets_give_sound_trees_without_a_warning(
    vectors: NDArray[Any], options: dict[str, Any]
) -> None:
    tree = sound(vectors, **options)
    assert len(tree) == len(vectors)


def test_copies_of_few_vectors_are_a_cluster_each() -> None:
    truth = np.repeat(np.arange(3), 40)
    tree = sound(np.eye(8)[truth])
    assert adjusted_rand_score(truth, tree.labels) == 1.0


def test_where_the_density_shows_nothing_all_is_noise() -> None:
    tree = sound(np.random.default_rng(4).normal(size=(60, 256)), min_cluster_size=25)
    assert set(tree.labels) == {"root.noise"}
    assert "no two dense groups" in tree.notes[0]
    assert np.ptp(tree.coordinates, axis=0).min() > 0


def test_precision_and_length_of_the_input_do_not_matter(blobs: Plant) -> None:
    vectors, _ = blobs([40, 30, 20])
    lengths = np.linspace(0.5, 2, len(vectors))[:, None]
    plain = sound(vectors)
    scaled = sound(vectors.astype(np.float64) * lengths)
    assert adjusted_rand_score(list(plain.labels), list(scaled.labels)) == 1.0


def test_row_order_does_not_matter_to_clear_groups(blobs: Plant) -> None:
    vectors, _ = blobs([50, 40, 30, 20])
    order = np.random.default_rng(1).permutation(len(vectors))
    straight, shuffled = sound(vectors), sound(vectors[order])
    assert straight.labels[order].tolist() == shuffled.labels.tolist()


def digest(tree: ClusterTree) -> str:
    parts = ["|".join(tree.labels).encode(), tree.coordinates.tobytes()]
    return hashlib.sha256(b"".join([*parts, tree.probabilities.tobytes()])).hexdigest()


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_same_input_gives_the_same_tree_here_and_in_another_process(threads: str) -> None:
    code = (
        "import numpy as np\n"
        "from python_jobs.clustering.umap_hdbscan import cluster\n"
        "import hashlib\n"
        "t = cluster(np.random.default_rng(2).normal(size=(300, 12)))\n"
        "p = ['|'.join(t.labels).encode(), t.coordinates.tobytes(), t.probabilities.tobytes()]\n"
        "print(hashlib.sha256(b''.join(p)).hexdigest())\n"
    )
    vectors = np.random.default_rng(2).normal(size=(300, 12))
    first, second = cluster(vectors), cluster(vectors)
    assert first.clusters == second.clusters
    assert digest(first) == digest(second)
    other = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads},
    )
    assert other.stdout.strip() == digest(first)
    assert "arning" not in other.stderr


def test_another_seed_may_differ_but_is_sound() -> None:
    vectors = np.random.default_rng(2).normal(size=(300, 12))
    assert digest(sound(vectors)) != digest(sound(vectors, seed=1))


def test_large_sets_take_approximate_neighbours(
    blobs: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "EXACT_ROWS", 200)
    vectors, truth = blobs([100, 100, 100])
    tree = sound(vectors, recursive_depth=1)
    assert tree.effective["neighbours"] == "approximate"
    assert adjusted_rand_score(truth, tree.labels) > 0.98
