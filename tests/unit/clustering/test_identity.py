"""Keys survive a new clustering of the same feedback, and nothing else gives a key away."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_jobs.clustering import identity
from python_jobs.clustering.identity import Identity, new_keys
from python_jobs.clustering.overlap import depth, is_proper, overlap, paths_of, proper

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Membership:
    """A run: the deepest path and the weight of each text."""

    labels: Mapping[str, str]
    weights: Mapping[str, int]

    def paths(self) -> list[str]:
        return paths_of(self.labels)


def identify(old: Membership, keys: Mapping[str, str], new: Membership, run_id: str) -> Identity:
    return identity.identify(old.labels, keys, new.labels, new.weights, run_id)


LEAVES = [
    *("root.0.0", "root.0.1", "root.0.2", "root.0.noise", "root.1.0", "root.1.1"),
    *("root.2", "root.3", "root.4", "root.noise"),
]


def side(**sizes: int) -> Membership:
    """Texts `a0`, `a1` … for each path, spelled with `_` for the dots; weight 1 each."""
    labels = {
        f"{path}-{number}": path.replace("_", ".")
        for path, size in sizes.items()
        for number in range(size)
    }
    return Membership(labels, dict.fromkeys(labels, 1))


def moved(given: Membership, paths: Mapping[str, str]) -> Membership:
    """The same texts under other paths."""
    return Membership(
        {text: paths.get(path, path) for text, path in given.labels.items()}, given.weights
    )


@st.composite
def trees(draw: st.DrawFn) -> Membership:
    """Texts in some of `LEAVES`, with weights."""
    count = draw(st.integers(1, 60))
    labels = {f"h{number:03}": draw(st.sampled_from(LEAVES)) for number in range(count)}
    return Membership(labels, {text: draw(st.integers(1, 9)) for text in labels})


def renumbered(tree: Membership, seed: int) -> dict[str, str]:
    """Another path for each: siblings are numbered anew."""
    generator = random.Random(seed)
    names = {"root": "root"}
    for path in tree.paths()[1:]:
        parent, _, last = path.rpartition(".")
        if is_proper(path):
            rivals = [other for other in LEAVES_AND_PARENTS if other.rpartition(".")[0] == parent]
            taken = set(names.values())
            free = [f"{names[parent]}.{number}" for number in range(len(rivals))]
            names[path] = generator.choice([each for each in free if each not in taken])
        else:
            names[path] = f"{names[parent]}.{last}"
    return names


LEAVES_AND_PARENTS = [*[path for path in LEAVES if is_proper(path)], "root.0", "root.1"]


@given(trees())
def test_the_same_tree_keeps_all_keys(tree: Membership) -> None:
    keys = new_keys(tree.paths(), "one")
    found = identify(tree, keys, tree, "two")
    assert found.keys == keys
    assert found.continuity == 1


@given(trees(), st.integers(0, 10**6))
def test_renumbered_paths_keep_all_keys(tree: Membership, seed: int) -> None:
    keys = new_keys(tree.paths(), "one")
    names = renumbered(tree, seed)
    found = identify(tree, keys, moved(tree, names), "two")
    assert found.keys == {names[path]: key for path, key in keys.items()}
    assert found.continuity == 1


@given(trees(), trees())
def test_keys_are_unique_complete_and_the_same_each_time(old: Membership, new: Membership) -> None:
    keys = new_keys(old.paths(), "one")
    found = identify(old, keys, new, "two")
    assert set(found.keys) == set(new.paths())
    assert len(set(found.keys.values())) == len(found.keys)
    shuffled = Membership(dict(reversed(new.labels.items())), new.weights)
    again = identify(old, keys, shuffled, "two")
    assert (again.keys, again.continued) == (found.keys, found.continued)
    assert found.continuity is None or 0 <= found.continuity <= 1
    for before, after in found.continued:
        assert abs(depth(before) - depth(after)) <= 1
        assert found.keys[after] == keys[before]
    for path in new.paths():  # what a key does not hand on has never been seen
        if path not in {pair[1] for pair in found.continued} and is_proper(path):
            assert found.keys[path] not in keys.values()


@given(trees(), trees(), st.integers(0, 10**6))
def test_how_the_later_paths_are_numbered_decides_nothing(
    old: Membership, new: Membership, seed: int
) -> None:
    keys = new_keys(old.paths(), "one")
    names = renumbered(new, seed)
    found = identify(old, keys, new, "two")
    other = identify(old, keys, moved(new, names), "two")
    assert {(old, names[new]) for old, new in found.continued} == set(other.continued)
    assert found.continuity == other.continuity


@given(st.dictionaries(st.sampled_from(LEAVES), st.integers(20, 40), min_size=1), st.randoms())
def test_a_tenth_of_new_feedback_breaks_no_key(
    sizes: dict[str, int], generator: random.Random
) -> None:
    old = side(**{path.replace(".", "_"): size for path, size in sizes.items()})
    keys = new_keys(old.paths(), "one")
    unseen = {
        f"new-{number}": generator.choice(sorted(sizes)) for number in range(len(old.labels) // 10)
    }
    new = Membership({**old.labels, **unseen}, dict.fromkeys([*old.labels, *unseen], 1))
    assert identify(old, keys, new, "two").keys == keys


def test_a_run_without_predecessor_has_new_keys_that_name_root_and_noise() -> None:
    keys = new_keys(["root", "root.0", "root.noise", "root.0.1", "root.0.noise"], "run")
    assert keys["root"] == "root"
    assert keys["root.noise"] == "root.noise"
    assert keys["root.0.noise"] == f"{keys['root.0']}.noise"
    assert len(set(keys.values())) == 5
    assert keys["root.0"].startswith("c")
    assert new_keys(["root", "root.0"], "run")["root.0"] == keys["root.0"]
    assert new_keys(["root", "root.0"], "other")["root.0"] != keys["root.0"]
    taken = new_keys(["root", "root.0"], "run", taken=[keys["root.0"]])
    assert taken["root.0"] != keys["root.0"]


def test_duplicates_weigh_as_much_as_the_feedback_that_says_them() -> None:
    old = Membership({"a": "root.0", "b": "root.0", "c": "root.1"}, {"a": 1, "b": 1, "c": 1})
    new = Membership({"a": "root.0", "b": "root.1", "c": "root.1"}, {"a": 400, "b": 1, "c": 400})
    shared = overlap(old.labels, new.labels, new.weights)
    assert shared.jaccard(("root.0", "root.0")) == 400 / 401
    assert shared.jaccard(("root.1", "root.1")) == 400 / 401
    assert shared.jaccard(("root.0", "root.1")) == 1 / 801


def test_the_assignment_is_optimal_and_not_greedy() -> None:
    # root.0 now holds both; each pair of the crossed solution is worth less than greed's first.
    old = side(root_0=60, root_1=40)
    labels = dict(old.labels)
    for number in range(25):
        labels[f"root_0-{number}"] = "root.1"
    labels = {text: {"root.0": "root.7", "root.1": "root.8"}[path] for text, path in labels.items()}
    new = Membership(labels, old.weights)
    found = identify(old, new_keys(old.paths(), "one"), new, "two")
    assert found.continued == (("root.0", "root.7"), ("root.1", "root.8"))


def test_a_cluster_that_becomes_part_of_a_wider_one_takes_its_key_along() -> None:
    old = side(root_0=50, root_1=50, root_2=50)
    new = moved(old, {"root.0": "root.0.0", "root.1": "root.0.1", "root.2": "root.1"})
    keys = new_keys(old.paths(), "one")
    found = identify(old, keys, new, "two")
    assert found.keys["root.0.0"] == keys["root.0"]
    assert found.keys["root.0.1"] == keys["root.1"]
    assert found.keys["root.1"] == keys["root.2"]
    assert found.keys["root.0"] not in keys.values()
    assert found.continuity == 1


def test_the_same_depth_wins_where_both_hold_the_same() -> None:
    old = side(root_0=50)
    new = moved(old, {"root.0": "root.0.0"})
    keys = new_keys(old.paths(), "one")
    assert identify(old, keys, new, "two").keys["root.0"] == keys["root.0"]


def test_two_levels_away_is_another_cluster() -> None:
    old = side(root_0=50, root_1=50)
    new = moved(old, {"root.0": "root.0.0.0", "root.1": "root.0.0.1"})
    found = identify(old, new_keys(old.paths(), "one"), new, "two")
    assert {pair[1] for pair in found.continued} <= {"root.0", "root.0.0"}


def test_too_little_in_common_is_no_continuation() -> None:
    old = side(root_0=100, root_1=100)
    labels = {
        text: f"root.{int(text.split('-')[1]) % 5}" for text in old.labels
    }  # every fifth of either
    new = Membership(labels, old.weights)
    found = identify(old, new_keys(old.paths(), "one"), new, "two")
    assert found.continued == ()
    assert found.continuity == 0


def test_a_theme_of_mostly_new_feedback_takes_no_key_unless_it_is_all_of_the_old_cluster() -> None:
    old = side(root_0=900, root_1=40)
    unseen = dict.fromkeys([f"new-{number}" for number in range(80)], "root.1")
    keys = new_keys(old.paths(), "one")

    grown = Membership({**old.labels, **unseen}, dict.fromkeys([*old.labels, *unseen], 1))
    assert identify(old, keys, grown, "two").keys["root.1"] == keys["root.1"]

    part = {f"root_1-{number}": "root.0" for number in range(15)}  # the new theme took 25 of 40
    taken = Membership({**old.labels, **part, **unseen}, grown.weights)
    found = identify(old, keys, taken, "two")
    assert found.keys["root.1"] not in keys.values()
    assert found.keys["root.0"] == keys["root.0"]


def test_a_run_of_mostly_new_feedback_still_continues() -> None:
    old = side(root_0=40, root_1=40)
    unseen = {f"new-{number}": f"root.{number % 2}" for number in range(800)}
    new = Membership({**old.labels, **unseen}, dict.fromkeys([*old.labels, *unseen], 1))
    keys = new_keys(old.paths(), "one")
    assert identify(old, keys, new, "two").keys == keys


def test_runs_that_share_nothing_have_nothing_to_compare() -> None:
    old = side(root_0=5)
    new = Membership({"other": "root.0"}, {"other": 1})
    found = identify(old, new_keys(old.paths(), "one"), new, "two")
    assert found.continuity is None
    assert found.continued == ()


@pytest.mark.parametrize("where", ["root.noise", "root.0"])
def test_feedback_that_noise_gains_or_loses_has_not_kept_its_key(where: str) -> None:
    old = side(root_0=80, root_noise=20)
    texts = [text for text, path in old.labels.items() if path != where][:10]
    new = Membership({**old.labels, **dict.fromkeys(texts, where)}, old.weights)
    keys = new_keys(old.paths(), "one")
    found = identify(old, keys, new, "two")
    assert found.keys == keys
    assert found.continuity == 0.9


def test_a_division_or_its_end_loses_no_feedback() -> None:
    leaf = side(root_0=60, root_1=40)
    halves = {f"root_0-{n}": f"root.0.{n % 2}" for n in range(60)}
    divided = Membership({**leaf.labels, **halves}, leaf.weights)
    for old, new in ((leaf, divided), (divided, leaf)):
        assert identify(old, new_keys(old.paths(), "one"), new, "two").continuity == 1


def test_proper_clusters_are_neither_root_nor_noise() -> None:
    assert proper(["root", "root.0", "root.noise", "root.0.1", "root.0.noise"]) == [
        "root.0",
        "root.0.1",
    ]
