from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from python_jobs.clustering.growing import Division, Grown, grow, nothing_found
from python_jobs.clustering.tree import ClusterParameters, ClusterTree, Rows, check_tree


def division(labels: list[int], probability: float = 0.5) -> Division:
    codes = np.array(labels, dtype=np.int64)
    k = int(codes.max(initial=-1)) + 1
    return Division(
        codes,
        np.full(len(labels), probability, dtype=np.float32),
        np.linspace(0, 1, k, dtype=np.float32),
    )


def as_tree(grown: Grown, depth: int) -> ClusterTree:
    n = len(grown.labels)
    return ClusterTree(
        clusters=grown.clusters,
        labels=grown.labels,
        probabilities=grown.probabilities,
        noise_score=np.zeros(n, dtype=np.float32),
        coordinates=np.zeros((n, 2), dtype=np.float32),
        parameters=ClusterParameters(recursive_depth=depth),
        effective={},
        versions={},
    )


def first(rows: Rows) -> int:
    return int(rows[0])


def ones(n: int) -> Rows:
    return np.ones(n, dtype=np.int64)


@st.composite
def flat_labels(draw: st.DrawFn, n: int) -> list[int]:
    """Labels as a method gives them: 0 to k-1 without gaps, and noise."""
    raw = draw(st.lists(st.integers(-1, 4), min_size=n, max_size=n))
    names = {label: i for i, label in enumerate(sorted(set(raw) - {-1}))}
    return [names.get(label, -1) for label in raw]


@settings(deadline=None, derandomize=True, max_examples=150)
@given(data=st.data(), n=st.integers(0, 40), depth=st.integers(1, 4))
def test_any_divisions_make_a_sound_tree(data: st.DataObject, n: int, depth: int) -> None:
    weights = np.array(data.draw(st.lists(st.integers(1, 9), min_size=n, max_size=n)), np.int64)

    def divide(rows: Rows, path: str) -> Division | None:
        if data.draw(st.booleans()) and path != "root":
            return None
        return division(data.draw(flat_labels(len(rows))))

    tree = as_tree(grow(divide, first, weights, depth), depth)

    check_tree(tree, weights)
    assert sum(child.size for child in tree.children()) == weights.sum()
    for cluster in tree.clusters:
        members = tree.members(cluster.path)
        assert cluster.count_members == len(members)
        below = [tree.members(child.path) for child in tree.children(cluster.path)]
        if below:
            np.testing.assert_array_equal(np.sort(np.concatenate(below)), members)


def test_siblings_are_numbered_by_weight_then_rows_then_first_row() -> None:
    labels = [2, 2, 1, 1, 0, 0, 0, 3, 3, -1]
    weights = np.array([1, 1, 1, 1, 1, 1, 1, 9, 1, 1])
    grown = grow(lambda rows, path: division(labels), first, weights, 1)
    assert list(grown.labels) == [
        *["root.2"] * 2,
        *["root.3"] * 2,
        *["root.1"] * 3,
        *["root.0"] * 2,
        "root.noise",
    ]
    assert [cluster.size for cluster in grown.clusters] == [10, 3, 2, 2, 1]
    # persistence and probabilities follow their cluster
    assert [c.persistence for c in grown.clusters] == [
        1.0,
        0.0,
        *[np.float32(2 / 3)],
        *[np.float32(1 / 3)],
        None,
    ]
    assert grown.probabilities[-1] == 0
    assert (grown.probabilities[:-1] == 0.5).all()


def test_clusters_come_depth_first_with_noise_last() -> None:
    splits = {"root": [0, 0, 0, 0, 1, 1, -1], "root.0": [1, 1, 0, -1]}

    def divide(rows: Rows, path: str) -> Division | None:
        return division(splits[path]) if path in splits else None

    grown = grow(divide, first, ones(7), 2)
    assert [cluster.path for cluster in grown.clusters] == [
        "root.0",
        "root.0.0",
        "root.0.1",
        "root.0.noise",
        "root.1",
        "root.noise",
    ]
    assert [cluster.is_leaf for cluster in grown.clusters] == [False, *[True] * 5]
    assert list(grown.labels[:4]) == ["root.0.0", "root.0.0", "root.0.1", "root.0.noise"]
    assert grown.probabilities[3] == 0


def test_a_zoom_that_finds_one_cluster_leaves_a_leaf() -> None:
    def divide(rows: Rows, path: str) -> Division:
        return division([0, 0, 1, 1]) if path == "root" else division([0, -1])

    assert set(grow(divide, first, ones(4), 5).labels) == {"root.0", "root.1"}


def test_the_whole_set_takes_one_cluster_or_none() -> None:
    one = grow(lambda rows, path: division([0, 0, -1]), first, ones(3), 1)
    assert list(one.labels) == ["root.0", "root.0", "root.noise"]
    for nothing in (None, nothing_found(3)):
        grown = grow(lambda rows, path, found=nothing: found, first, ones(3), 2)
        assert list(grown.labels) == ["root.noise"] * 3


def test_depth_ends_the_zooming() -> None:
    def halves(rows: Rows, path: str) -> Division:
        return division([i % 2 for i in range(len(rows))])

    for depth in (1, 2, 3):
        grown = grow(halves, first, ones(64), depth)
        assert max(cluster.depth for cluster in grown.clusters) == depth
        assert len(set(grown.labels)) == 2**depth


def test_nothing_is_asked_for_no_rows() -> None:
    def never(rows: Rows, path: str) -> Division:
        raise AssertionError

    assert grow(never, first, ones(0), 2).clusters == ()
