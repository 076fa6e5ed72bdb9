"""What the events say of clusters that continue, divide, unite, come and go."""

from __future__ import annotations

from hypothesis import given

from python_jobs.clustering.changes import Change, changes
from python_jobs.clustering.identity import new_keys
from python_jobs.clustering.overlap import proper
from tests.unit.clustering.test_identity import Membership, identify, moved, side, trees


def told(old: Membership, new: Membership) -> list[Change]:
    found = identify(old, new_keys(old.paths(), "one"), new, "two")
    return changes(old.paths(), new.paths(), found)


def facts(found: list[Change]) -> list[tuple[str, str | None, str | None, int]]:
    return [(each.event, each.previous_path, each.path, each.count_feedback) for each in found]


def test_an_unchanged_tree_continues_and_nothing_else() -> None:
    tree = side(root_0_0=10, root_0_1=10, root_1=5, root_noise=3)
    assert facts(told(tree, tree)) == [
        ("continued", "root.0", "root.0", 20),
        ("continued", "root.1", "root.1", 5),
        ("continued", "root.0.0", "root.0.0", 10),
        ("continued", "root.0.1", "root.0.1", 10),
    ]


def test_a_pure_split_names_its_parts_and_their_shares() -> None:
    old = side(root_0=100, root_1=50)
    new = moved(old, {"root.1": "root.2"})
    labels = {f"root_0-{n}": "root.0" if n < 60 else "root.1" for n in range(100)}
    found = told(old, Membership({**new.labels, **labels}, old.weights))
    assert facts(found) == [
        ("continued", "root.0", "root.0", 60),
        ("continued", "root.1", "root.2", 50),
        ("split", "root.0", "root.0", 60),
        ("split", "root.0", "root.1", 40),
    ]
    assert [each.share_of_previous for each in found[2:]] == [0.6, 0.4]
    assert [each.share_of_cluster for each in found[2:]] == [1, 1]
    assert found[2].jaccard == 0.6


def test_a_split_into_many_keeps_no_key_and_nobody_has_died() -> None:
    old = side(root_0=100)
    labels = {f"root_0-{n}": f"root.{n % 5}" for n in range(100)}
    found = told(old, Membership(labels, old.weights))
    assert [each.event for each in found] == ["split"] * 5
    assert sum(each.share_of_previous or 0 for each in found) == 1


def test_a_pure_merge_names_what_went_in() -> None:
    old = side(root_0=60, root_1=40, root_2=30)
    found = told(old, moved(old, {"root.1": "root.0", "root.2": "root.1"}))
    assert facts(found) == [
        ("continued", "root.0", "root.0", 60),
        ("continued", "root.2", "root.1", 30),
        ("merged", "root.0", "root.0", 60),
        ("merged", "root.1", "root.0", 40),
    ]
    assert [each.share_of_cluster for each in found[2:]] == [0.6, 0.4]


def test_a_leaf_that_is_divided_splits_one_level_down_and_continues() -> None:
    old = side(root_0=60, root_1=40)
    labels = {f"root_0-{n}": f"root.0.{n % 2}" for n in range(60)}
    new = Membership({**old.labels, **labels}, old.weights)
    assert facts(told(old, new)) == [
        ("continued", "root.0", "root.0", 60),
        ("continued", "root.1", "root.1", 40),
        ("split", "root.0", "root.0.0", 30),
        ("split", "root.0", "root.0.1", 30),
    ]
    assert [each.event for each in told(new, old)] == ["continued"] * 2 + ["merged"] * 2


def test_new_feedback_is_born_and_dissolved_feedback_dies() -> None:
    old = side(root_0=200, root_1=20)
    unseen = dict.fromkeys([f"new-{n}" for n in range(30)], "root.1")
    gone = dict.fromkeys([f"root_1-{n}" for n in range(20)], "root.noise")
    new = Membership({**old.labels, **gone, **unseen}, dict.fromkeys([*old.labels, *unseen], 1))
    found = told(old, new)
    assert facts(found) == [
        ("continued", "root.0", "root.0", 200),
        ("born", None, "root.1", 30),
        ("died", "root.1", None, 20),
    ]
    assert found[1].share_unseen == 1


def test_a_stored_cluster_that_an_erasure_emptied_is_no_birth() -> None:
    tree = side(root_0=10)
    found = identify(tree, new_keys(tree.paths(), "one"), tree, "two")
    assert facts(changes(tree.paths(), [*tree.paths(), "root.1"], found)) == [
        ("continued", "root.0", "root.0", 10)
    ]


@given(trees(), trees())
def test_every_cluster_is_told_of(old: Membership, new: Membership) -> None:
    found = told(old, new)
    assert {each.path for each in found} - {None} == set(proper(new.paths()))
    assert {each.previous_path for each in found} - {None} == set(proper(old.paths()))
    assert len({(each.event, each.previous_path, each.path) for each in found}) == len(found)
    for each in found:
        alone = each.event in ("born", "died")
        assert (each.path is None or each.previous_path is None) == alone
        assert each.count_feedback > 0 or each.event == "died"
        for share in (each.share_of_previous, each.share_of_cluster, each.jaccard):
            assert (share is None) == alone
            assert share is None or 0 < share <= 1
        assert (each.share_unseen is None) == (each.event == "died")
