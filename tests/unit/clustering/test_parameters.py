from __future__ import annotations

import json
from typing import Any

import pytest

from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.errors import UsageError


def test_defaults_are_the_documented_ones() -> None:
    parameters = ClusterParameters()
    parameters.validate()
    assert (parameters.recursive_depth, parameters.min_cluster_pct) == (2, 0.01)
    assert (parameters.n_neighbors, parameters.n_components) == (15, 2)
    assert (parameters.hdbscan_metric, parameters.seed) == ("euclidean", 42)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"recursive_depth": 0}, "--recursive-depth"),
        ({"recursive_depth": 11}, "--recursive-depth"),
        ({"min_cluster_size": 1}, "--min-cluster-size"),
        ({"min_cluster_pct": 0.0}, "--min-cluster-pct"),
        ({"min_cluster_pct": 1.0}, "--min-cluster-pct"),
        ({"min_cluster_pct": float("nan")}, "--min-cluster-pct"),
        ({"n_neighbors": 1}, "--n-neighbors"),
        ({"n_components": 0}, "--n-components"),
        ({"hdbscan_metric": "manhattan"}, "--hdbscan-metric"),
        ({"min_samples": 0}, "--min-samples"),
        ({"min_dist": 1.0}, "--min-dist"),
        ({"max_cluster_share": 0.0}, "--max-cluster-share"),
        ({"seed": -1}, "--seed"),
    ],
)
def test_an_unusable_option_is_named_with_a_way_out(options: dict[str, Any], names: str) -> None:
    with pytest.raises(UsageError, match=names) as raised:
        ClusterParameters(**options).validate()
    assert raised.value.hint


@pytest.mark.parametrize(
    ("count_rows", "smallest"),
    [(0, 5), (1, 5), (500, 5), (549, 5), (2_000, 20), (10_000, 100), (1_000_000, 100)],
)
def test_the_automatic_size_is_one_percent_within_bounds(count_rows: int, smallest: int) -> None:
    assert ClusterParameters().smallest_cluster(count_rows) == smallest


def test_a_given_size_wins_over_the_share() -> None:
    assert ClusterParameters(min_cluster_size=300).smallest_cluster(10) == 300


def test_density_samples_are_bounded_unless_given() -> None:
    assert ClusterParameters().density_samples(100) == 10
    assert ClusterParameters().density_samples(5) == 5
    assert ClusterParameters(min_samples=40).density_samples(5) == 40


def test_a_zoom_needs_two_clusters_and_a_layout() -> None:
    assert ClusterParameters().smallest_zoom(5) == 17
    assert ClusterParameters().smallest_zoom(100) == 200
    assert ClusterParameters(n_components=20).smallest_zoom(5) == 44


def test_parameters_can_be_stored_and_read_back() -> None:
    parameters = ClusterParameters(min_cluster_size=7, hdbscan_metric="cosine")
    assert ClusterParameters(**json.loads(json.dumps(parameters.to_dict()))) == parameters
