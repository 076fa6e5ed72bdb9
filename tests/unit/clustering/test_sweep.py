from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from python_jobs.clustering import sweep as sweeping
from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.clustering.sweep import (
    SMALLEST,
    Sample,
    Trial,
    collapses,
    grid,
    nearest_rows,
    recommended,
    sound,
    sweep,
    told,
)

if TYPE_CHECKING:
    from tests.unit.clustering.conftest import Plant

GRAPH = ClusterParameters(method="graph")


def trial(size: int = 10, **given: Any) -> Trial:
    names = {"n_neighbors", "resolution"} & given.keys()
    parameters = replace(GRAPH, min_cluster_size=size, **{name: given.pop(name) for name in names})
    plain: dict[str, Any] = {
        "sample_size": size,
        "level_one": 10,
        "finest": 30,
        "largest": 0.2,
        "median": 0.02,
        "noise_share": 0.0,
        "persistence": 0.5,
        "purity": 0.8,
        "stability": 0.7,
        "information": 2.0,
        "score": 1.0,
    }
    return Trial(parameters, **(plain | given))


def labels(*paths: str) -> np.ndarray[Any, Any]:
    return np.array(paths, dtype=object)


def test_two_pure_clusters_tell_one_bit() -> None:
    near = np.array([[1], [0], [3], [2]], dtype=np.int32)
    assert told(labels("root.0", "root.0", "root.1", "root.1"), near) == (1.0, 1.0)


def test_one_cluster_is_pure_and_tells_nothing() -> None:
    near = np.array([[1], [0], [3], [2]], dtype=np.int32)
    assert told(labels(*["root.0"] * 4), near) == (1.0, 0.0)


def test_clusters_across_neighbours_are_not_pure() -> None:
    near = np.array([[2, 1], [3, 0], [0, 3], [1, 2]], dtype=np.int32)
    purity, bits = told(labels("root.0", "root.0", "root.1", "root.1"), near)
    assert (purity, bits) == (0.5, pytest.approx(0.0))


def test_noise_is_like_nobody() -> None:
    near = np.array([[1], [0], [3], [2], [5], [4]], dtype=np.int32)
    paths = labels("root.0", "root.0", "root.1", "root.1", "root.noise", "root.noise")
    assert told(paths, near) == (1.0, pytest.approx(2 / 3))
    assert told(labels(*["root.noise"] * 6), near) == (0.0, 0.0)


def test_the_grid_scales_sizes_so_that_the_sample_can_hold_them() -> None:
    sizes = sorted({each.min_cluster_size or 0 for each in grid(GRAPH, 1_000_000, 0.005)})
    assert round(sizes[0] * 0.005) == SMALLEST
    assert [size / sizes[0] for size in sizes] == pytest.approx([1, 2, 4, 8])
    whole = grid(GRAPH, 2_000, 1.0)
    usual = GRAPH.smallest_community(2_000)
    assert {each.min_cluster_size for each in whole} >= {usual, 2 * usual, 4 * usual}
    assert {each.resolution for each in whole} == {2.0, 4.0, 8.0}


def test_what_is_fixed_is_not_tried() -> None:
    asked = replace(GRAPH, n_neighbors=20, resolution=3.0, recursive_depth=3)
    tried = grid(asked, 5_000, 1.0, ("n_neighbors", "resolution"))
    assert {(each.n_neighbors, each.resolution) for each in tried} == {(20, 3.0)}
    assert {each.recursive_depth for each in tried} == {3}
    umap = grid(ClusterParameters(n_neighbors=20), 5_000, 1.0)
    assert len({each.n_neighbors for each in umap}) > 1
    assert {each.resolution for each in umap} == {None}


def test_a_step_that_collapses_the_tree_is_found() -> None:
    steps = [
        trial(10, level_one=82, finest=90),
        trial(20, level_one=40, finest=44),
        trial(40, level_one=2, finest=30),
        trial(80, level_one=2, finest=8),
        trial(10, n_neighbors=30, level_one=1, finest=1),  # another option: no step
    ]
    found = [(each.before, each.after, each.level) for each in collapses(steps)]
    assert found == [
        (steps[1], steps[2], "level 1"),
        (steps[2], steps[3], "the finest level"),
    ]


def test_from_three_to_two_is_no_collapse() -> None:
    assert not list(collapses([trial(10, level_one=3), trial(20, level_one=2)]))


def test_of_equal_scores_the_usual_options_win_then_the_larger_size() -> None:
    trials = [
        trial(10, n_neighbors=30, score=1.0),
        trial(10, score=0.99),
        trial(20, score=0.985),
        trial(40, score=0.9),
    ]
    assert recommended(trials, (15, 4.0)) is trials[2]
    assert recommended([trial(score=0.0)], (15, 4.0)) is None
    assert recommended([], (15, 4.0)) is None


def test_a_collapsed_tree_is_not_recommended_however_well_it_scores() -> None:
    steps = [
        trial(10, level_one=30, finest=80, score=1.0),
        trial(20, level_one=3, finest=56, largest=0.4, score=2.0),
        trial(10, n_neighbors=30, largest=0.9, score=3.0),
    ]
    left = sound(steps, list(collapses(steps)))
    assert list(left) == steps[:1]
    assert recommended(left, (15, None)) is steps[0]


def test_where_every_tree_has_collapsed_the_best_of_them_is_named() -> None:
    steps = [trial(10, largest=0.9), trial(20, largest=0.8, score=2.0)]
    assert recommended(sound(steps, []), (15, None)) is steps[1]


def test_planted_topics_are_found_by_the_recommended_setting(blobs: Plant) -> None:
    vectors, truth = blobs([40] * 12, spread=0.6)
    sample = Sample(vectors, np.ones(len(vectors), dtype=np.int64), len(vectors))
    told_of: list[int] = []
    found = sweep(sample, GRAPH, ("n_neighbors",), told_of.append)
    assert len(told_of) == len(found.trials) == 12
    assert found.best is not None
    assert found.best.finest == len(set(truth))
    assert found.best.purity > 0.95
    assert found.best.score == max(each.score for each in sound(found.trials, found.collapses))
    again = sweep(sample, GRAPH, ("n_neighbors",))
    assert again == found


def test_a_size_is_the_same_share_of_the_sample(
    blobs: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors, _ = blobs([50, 50])
    asked: list[ClusterParameters] = []
    real = sweeping.methods.cluster_with_stability

    def spy(given: Any, parameters: ClusterParameters, weights: Any) -> Any:
        asked.append(parameters)
        return real(given, parameters, weights)

    monkeypatch.setattr(sweeping.methods, "cluster_with_stability", spy)
    sample = Sample(vectors, np.ones(100, dtype=np.int64), 1_000)
    found = sweep(sample, replace(GRAPH, min_cluster_size=100), ("n_neighbors", "resolution"))
    assert [each.parameters.min_cluster_size for each in found.trials] == [50, 100, 200, 400]
    assert [each.min_cluster_size for each in asked] == [5, 10, 20, 40]


def test_neighbours_are_others_of_the_sample(blobs: Plant) -> None:
    vectors, truth = blobs([20, 20])
    near = nearest_rows(vectors)
    assert near.shape == (40, 10)
    assert not (near == np.arange(40)[:, None]).any()
    assert (truth[near] == truth[:, None]).mean() > 0.9
    assert nearest_rows(vectors[:3]).shape == (3, 2)
