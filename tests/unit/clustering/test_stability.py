from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.clustering import methods, umap_hdbscan
from python_jobs.clustering.stability import SHARE, best_matches, resampled_size, stability
from python_jobs.clustering.tree import ClusterParameters, ClusterTree, check_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.unit.clustering.conftest import Plant


def paths(*labels: str) -> NDArray[np.object_]:
    return np.array(labels, dtype=object)


def test_a_match_is_the_best_jaccard_index_at_any_depth() -> None:
    old = paths("root.0", "root.0", "root.0", "root.1", "root.1", "root.noise")
    new = paths("root.0.0", "root.0.0", "root.0.1", "root.0.1", "root.1", "root.1")
    # root.0 shares 2 rows of 3 with root.0.0, 3 of 4 with root.0
    assert best_matches(old, new) == {"root.0": 3 / 4, "root.1": 1 / 3}


def test_parents_are_matched_as_a_whole() -> None:
    old = paths("root.0.0", "root.0.1", "root.0.noise", "root.1")
    new = paths("root.1", "root.1", "root.1", "root.0")
    assert best_matches(old, new) == {
        "root.0": 1.0,
        "root.0.0": 1 / 3,
        "root.0.1": 1 / 3,
        "root.1": 1.0,
    }


def test_what_ends_as_noise_is_found_nowhere() -> None:
    assert best_matches(paths("root.0", "root.0"), paths("root.noise", "root.noise")) == {
        "root.0": 0.0
    }


def test_each_resample_draws_other_rows_once_under_another_seed() -> None:
    labels = paths(*["root.0"] * 50, *["root.1"] * 50)
    drawn: list[tuple[NDArray[np.int64], int]] = []

    def again(rows: NDArray[np.int64], seed: int) -> NDArray[np.object_]:
        drawn.append((rows, seed))
        return labels[rows]

    assert stability(labels, again, 4, 7) == {"root.0": 1.0, "root.1": 1.0}
    assert [len(set(rows.tolist())) for rows, _ in drawn] == [round(SHARE * 100)] * 4
    assert all((np.diff(rows) > 0).all() for rows, _ in drawn)
    assert len({rows.tobytes() for rows, _ in drawn}) == len({seed for _, seed in drawn}) == 4
    first, drawn = drawn, []
    stability(labels, again, 4, 7)
    assert all((a[0] == b[0]).all() for a, b in zip(first, drawn, strict=True))


def test_it_is_the_mean_over_the_resamples() -> None:
    labels = paths(*["root.0"] * 10)
    answers = iter(["root.0", "root.noise"])

    def again(rows: NDArray[np.int64], _seed: int) -> NDArray[np.object_]:
        return paths(*[next(answers)] * len(rows))

    assert stability(labels, again, 2, 0) == {"root.0": 0.5}


def test_without_clusters_or_samples_nothing_is_clustered_again() -> None:
    def never(_rows: NDArray[np.int64], _seed: int) -> NDArray[np.object_]:
        raise AssertionError

    assert stability(paths("root.noise", "root.noise"), never, 5, 0) == {}
    assert stability(paths(), never, 5, 0) == {}
    assert stability(paths("root.0"), never, 0, 0) == {}


@pytest.mark.parametrize(("smallest", "size"), [(100, 80), (5, 4), (2, 2), (3, 2)])
def test_a_resample_asks_for_the_same_share_of_rows(smallest: int, size: int) -> None:
    assert resampled_size(smallest) == size


@pytest.mark.parametrize(
    ("method", "rows", "samples"),
    [
        ("graph", 0, 10),
        ("graph", 50_000, 10),
        ("graph", 200_000, 3),
        ("umap-hdbscan", 5_000, 3),
        ("umap-hdbscan", 5_001, 0),
    ],
)
def test_resamples_are_fewer_where_they_cost_more(method: str, rows: int, samples: int) -> None:
    assert ClusterParameters(method=method).resamples(rows) == samples  # type: ignore[arg-type]
    assert ClusterParameters(method=method, stability_samples=7).resamples(rows) == 7  # type: ignore[arg-type]


def found(vectors: NDArray[np.float32], method: str, samples: int | None = 2) -> ClusterTree:
    parameters = ClusterParameters(method=method, stability_samples=samples)  # type: ignore[arg-type]
    tree = methods.cluster_with_stability(vectors, parameters)
    check_tree(tree)
    return tree


def proper(tree: ClusterTree) -> list[float | None]:
    return [each.stability for each in tree.children() if not each.is_noise]


def test_planted_groups_are_stable_and_the_tree_stays_the_same(blobs: Plant) -> None:
    vectors, _ = blobs([60, 70, 80])
    parameters = ClusterParameters(method="graph", resolution=1.0, stability_samples=2)
    tree = methods.cluster_with_stability(vectors, parameters)
    plain = methods.cluster(vectors, parameters)
    assert (tree.labels == plain.labels).all()
    assert proper(tree) == pytest.approx([1.0] * 3, abs=0.1)
    assert all(each.stability is None for each in plain.clusters)
    assert tree.effective["stability_samples"] == 2


def test_umap_clusters_each_resample_from_scratch(
    blobs: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors, _ = blobs([60, 70, 80])
    asked: list[tuple[NDArray[np.float32], ClusterParameters]] = []

    def fake(
        given: NDArray[np.float32], parameters: ClusterParameters, *_: object, **__: object
    ) -> ClusterTree:
        asked.append((given, parameters))
        plain = replace(parameters, method="graph", resolution=1.0)
        return methods.cluster(given, plain)

    monkeypatch.setattr(umap_hdbscan, "cluster", fake)
    parameters = ClusterParameters(min_cluster_size=10, seed=3, n_components=5)
    tree = umap_hdbscan.cluster_with_stability(vectors, parameters)
    assert [len(given) for given, _ in asked] == [210, 168, 168, 168]
    assert [each for _, each in asked[1:]] == [
        replace(parameters, min_cluster_size=8, seed=seed) for seed in (4, 5, 6)
    ]
    assert proper(tree) == pytest.approx([1.0] * 3, abs=0.1)


def test_parts_of_a_shapeless_cloud_are_not_stable(blobs: Plant) -> None:
    groups, _ = blobs([150, 150])
    cloud = np.random.default_rng(3).normal(size=(600, 48)).astype(np.float32)
    tree = found(np.concatenate([groups, cloud]), "graph", samples=5)
    values = {each.path: each.stability for each in tree.clusters if each.stability is not None}
    planted = {str(tree.labels_at(1)[row]) for row in range(300)} - {"root.noise"}
    # the planted groups hold together; what was cut out of the cloud does not
    best = max(values[path] for path in planted)
    shapeless = [value for path, value in values.items() if (tree.members(path) >= 300).all()]
    assert best > 0.8
    assert np.median(shapeless) < 0.6


def test_graph_stability_knows_no_order_of_rows(blobs: Plant) -> None:
    vectors, _ = blobs([60, 70, 80], spread=1.2)
    order = np.random.default_rng(1).permutation(len(vectors))
    one, other = found(vectors, "graph"), found(vectors[order], "graph")
    by_rows = {
        frozenset(order[other.members(each.path)].tolist()): each.stability
        for each in other.clusters
    }
    assert {
        frozenset(one.members(each.path).tolist()): each.stability for each in one.clusters
    } == by_rows


def test_stability_must_be_a_share_and_never_that_of_noise(blobs: Plant) -> None:
    tree = found(blobs([40, 40])[0], "graph", samples=None)
    assert tree.effective["stability_samples"] == 10
    assert all((each.stability is None) == each.is_noise for each in tree.clusters)
