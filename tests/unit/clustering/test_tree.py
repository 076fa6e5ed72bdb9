from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from python_jobs.clustering.tree import Cluster, ClusterParameters, ClusterTree, check_tree, lineage
from python_jobs.errors import InsightsError

LABELS = ["root.0.0", "root.0.1", "root.0.0", "root.0.noise", "root.1", "root.noise"]


def node(path: str, size: int, medoid: int | None, *, is_leaf: bool = True) -> Cluster:
    parent, _, name = path.rpartition(".")
    return Cluster(
        path=path,
        parent_path=parent,
        depth=path.count("."),
        size=size,
        count_members=size,
        is_noise=name == "noise",
        is_leaf=is_leaf,
        persistence=None if medoid is None else 0.3,
        medoid=medoid,
    )


NODES = (
    node("root.0", 4, 0, is_leaf=False),
    node("root.0.0", 2, 2),
    node("root.0.1", 1, 1),
    node("root.0.noise", 1, None),
    node("root.1", 1, 4),
    node("root.noise", 1, None),
)


def make(**changes: Any) -> ClusterTree:
    values: dict[str, Any] = {
        "clusters": NODES,
        "labels": np.array(LABELS, dtype=object),
        "probabilities": np.array([1, 0.5, 1, 0, 1, 0], dtype=np.float32),
        "noise_score": np.zeros(6, dtype=np.float32),
        "coordinates": np.zeros((6, 2), dtype=np.float32),
        "parameters": ClusterParameters(),
        "effective": {},
        "versions": {},
    }
    return ClusterTree(**(values | changes))


def swapped(path: str, **changes: Any) -> tuple[Cluster, ...]:
    return tuple(replace(c, **changes) if c.path == path else c for c in NODES)


def test_a_sound_tree_passes_and_answers() -> None:
    tree = make()
    check_tree(tree)
    assert len(tree) == 6
    assert tree.cluster("root.0.1").medoid == 1
    assert [c.path for c in tree.children()] == ["root.0", "root.1", "root.noise"]
    assert [c.path for c in tree.children("root.0")] == ["root.0.0", "root.0.1", "root.0.noise"]
    assert tree.children("root.1") == ()
    assert tree.members().tolist() == [0, 1, 2, 3, 4, 5]
    assert tree.members("root.0").tolist() == [0, 1, 2, 3]
    assert tree.members("root.0.0").tolist() == [0, 2]
    assert tree.members("root.noise").tolist() == [5]
    assert [c.path for c in tree.ancestors("root.0.noise")] == ["root.0"]
    assert tree.ancestors("root.1") == ()
    assert tree.labels_at(1).tolist() == [*["root.0"] * 4, "root.1", "root.noise"]
    assert tree.labels_at(2).tolist() == LABELS


def test_members_are_not_matched_by_name_alone() -> None:
    nodes = tuple(node(f"root.{i}", 1, i) for i in range(12))
    flat = np.zeros(12, dtype=np.float32)
    tree = make(
        clusters=nodes,
        labels=np.array([n.path for n in nodes], dtype=object),
        probabilities=flat,
        noise_score=flat.copy(),
        coordinates=np.zeros((12, 2), dtype=np.float32),
    )
    check_tree(tree)
    assert tree.members("root.1").tolist() == [1]


def test_arrays_and_fields_cannot_be_changed() -> None:
    tree = make()
    with pytest.raises(ValueError, match="read-only"):
        tree.labels[0] = "root.7"
    with pytest.raises(AttributeError):
        tree.notes = ()  # type: ignore[misc]


def test_lineage_names_every_level() -> None:
    assert lineage("root.3.1.noise") == ["root.3", "root.3.1", "root.3.1.noise"]
    assert lineage("root") == []


def test_weights_are_what_sizes_add_up() -> None:
    with pytest.raises(InsightsError, match="does not add up"):
        check_tree(make(), np.array([2, 1, 1, 1, 1, 1]))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"clusters": (*NODES, NODES[4])}, "same path"),
        ({"clusters": NODES[1:]}, "no cluster for label root.0"),
        ({"clusters": (*NODES, node("root.2", 0, 4))}, "medoid of root.2 lies outside"),
        ({"clusters": (NODES[1], NODES[0], *NODES[2:])}, "no parent before it"),
        ({"clusters": swapped("root.1", depth=2)}, "has depth 2"),
        ({"clusters": swapped("root.1", size=2)}, "does not add up"),
        ({"clusters": swapped("root.0", is_leaf=True)}, "leaf without rows"),
        ({"clusters": swapped("root.1", medoid=0)}, "medoid of root.1 lies outside"),
        ({"clusters": swapped("root.1", medoid=None)}, "root.1 has no medoid"),
        ({"clusters": swapped("root.noise", is_noise=False)}, "wrong about noise"),
        ({"clusters": swapped("root.1", persistence=None)}, "no persistence"),
        ({"parameters": ClusterParameters(recursive_depth=1)}, "deeper than asked for"),
        ({"probabilities": np.array([1, 2, 1, 0, 1, 0], np.float32)}, "not between 0 and 1"),
        ({"probabilities": np.array([1, np.nan, 1, 0, 1, 0], np.float32)}, "not between 0 and 1"),
        ({"probabilities": np.ones(6, np.float32)}, "noise row has a membership"),
        ({"probabilities": np.ones(5, np.float32)}, "do not match the rows"),
        ({"noise_score": np.full(6, -1, np.float32)}, "noise score is not between"),
        ({"coordinates": np.full((6, 2), np.inf, np.float32)}, "coordinates"),
    ],
)
def test_every_broken_promise_is_named(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(InsightsError, match=problem):
        check_tree(make(**changes))


def test_gaps_and_wrong_order_among_siblings_are_named() -> None:
    labels = np.array(["root.0", "root.1", "root.1"], dtype=object)
    flat = np.zeros(3, dtype=np.float32)
    common = {
        "probabilities": flat,
        "noise_score": flat.copy(),
        "coordinates": np.zeros((3, 2), dtype=np.float32),
    }
    with pytest.raises(InsightsError, match="not ordered by size"):
        check_tree(
            make(clusters=(node("root.0", 1, 0), node("root.1", 2, 1)), labels=labels, **common)
        )
    gap = np.array(["root.0", "root.0", "root.2"], dtype=object)
    with pytest.raises(InsightsError, match="not numbered from 0"):
        check_tree(
            make(clusters=(node("root.0", 2, 0), node("root.2", 1, 2)), labels=gap, **common)
        )
