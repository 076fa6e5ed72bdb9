"""Which names stay with their clusters."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from python_jobs.clustering.identity import identify, new_keys
from python_jobs.jobs.cluster_identity import carried_names, still_said
from python_jobs.storage.cluster_trees import StoredCluster, StoredTree

LABELS = {f"{path}-{n}": path for path in ("root.0", "root.1", "root.noise") for n in range(10)}
WORDS = {"root.0": list("abcdefghij"), "root.1": list("klmnopqrst")}


def stored(names: dict[str, str | None], waiting: tuple[str, ...] = ()) -> StoredTree:
    keys = new_keys(["root", *names], "one")
    clusters = {
        path: StoredCluster(
            cluster_path=path,
            parent_path="root",
            cluster_key=keys[path],
            cluster_name=given,
            summary=f"About {given}.",
            depth=1,
            count_feedback=10,
            count_texts=10,
            persistence=None,
            stability=None,
            is_noise=path.endswith("noise"),
            is_leaf=True,
            named_by_provider="openai",
            named_by_model="m",
            prompt_hash="p",
            named_at=None if path in waiting or given is None else datetime(2026, 1, 1, tzinfo=UTC),
        )
        for path, given in names.items()
    }
    return StoredTree("one", clusters, LABELS, WORDS)


def carried(previous: StoredTree, keywords: dict[str, list[str]]) -> dict[str, object]:
    found = identify(LABELS, previous.keys, LABELS, dict.fromkeys(LABELS, 1), "two")
    return {
        path: row["cluster_name"] for path, row in carried_names(previous, found, keywords).items()
    }


NAMES: dict[str, str | None] = {"root.0": "Soles", "root.1": "App", "root.noise": "Everything else"}


def test_names_stay_while_keywords_do_and_noise_always_does() -> None:
    changed = {**WORDS, "root.1": list("klmxyzuvwo")}
    assert carried(stored(NAMES), WORDS) == NAMES
    assert carried(stored(NAMES), changed) == {**NAMES, "root.1": "App"}
    assert "root.1" not in carried(stored(NAMES), {**WORDS, "root.1": list("klmxyzuvwp")})
    assert set(carried(stored(NAMES), {})) == {"root.noise"}


def test_what_waits_for_another_name_or_has_none_brings_none_along() -> None:
    assert "root.0" not in carried(stored(NAMES, waiting=("root.0",)), WORDS)
    assert "root.1" not in carried(stored({**NAMES, "root.1": None}), WORDS)


def test_siblings_never_bring_the_same_name_along() -> None:
    twins = carried(stored({**NAMES, "root.1": "SOLES"}), WORDS)
    assert set(twins) == {"root.0", "root.noise"}


@pytest.mark.parametrize(
    ("before", "now", "stays"),
    [
        ("abcdeXYZ", "edcba", True),
        ("abcde", "abcdxyz", True),
        ("abcde", "abcxyz", False),
        ("abc", "abc", True),
        ("abc", "ab", False),
        ("", "abc", True),
    ],
)
def test_four_of_the_five_strongest_keywords_must_remain(
    before: str, now: str, stays: bool
) -> None:
    assert still_said(list(before), list(now)) == stays
