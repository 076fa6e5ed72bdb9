from __future__ import annotations

import numpy as np
import pytest

from python_jobs.clustering import exemplars as module
from python_jobs.clustering.exemplars import exemplars


def test_the_medoid_comes_first_and_rows_are_distinct_members() -> None:
    vectors = np.random.default_rng(0).normal(1, 0.5, size=(200, 16))
    members = np.arange(20, 120)
    medoid, chosen = exemplars(vectors, members, np.ones(200), k=5)
    assert chosen[0] == medoid
    assert len(set(chosen)) == 5
    assert set(chosen) <= set(members)


def test_copies_of_the_medoid_are_not_shown() -> None:
    angles = np.array([0.0, 0.001, 0.002, -0.001, 0.35, -0.35])
    vectors = np.column_stack([np.cos(angles), np.sin(angles), np.full(6, 0.2)])
    _, chosen = exemplars(vectors, np.arange(6), np.ones(6), k=3)
    assert set(chosen[1:]) == {4, 5}


def test_exemplars_are_typical() -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(1, 0.4, size=(400, 16))
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    medoid, chosen = exemplars(vectors, np.arange(400), np.ones(400), k=5)
    closeness = units @ units[medoid]
    assert closeness[list(chosen)].min() > np.quantile(closeness, 0.7)


def test_unlikely_members_are_left_out_while_others_suffice() -> None:
    random = np.random.default_rng(1)
    vectors = random.normal(1, 0.3, size=(40, 8))
    probabilities = np.where(np.arange(40) % 2, 1.0, 0.1)
    medoid, chosen = exemplars(vectors, np.arange(40), probabilities, k=5)
    assert all(row % 2 for row in chosen if row != medoid)


def test_noise_rows_without_probability_still_have_exemplars() -> None:
    vectors = np.random.default_rng(1).normal(size=(9, 8))
    _, chosen = exemplars(vectors, np.arange(9), np.zeros(9), k=4)
    assert len(chosen) == 4


@pytest.mark.parametrize(("m", "k", "count"), [(1, 5, 1), (2, 5, 2), (5, 5, 5), (7, 1, 1)])
def test_there_are_never_more_than_members(m: int, k: int, count: int) -> None:
    vectors = np.random.default_rng(0).normal(size=(10, 4))
    probabilities = np.linspace(0, 1, 10)
    _, chosen = exemplars(vectors, np.arange(m), probabilities, k=k)
    assert len(chosen) == len(set(chosen)) == count


def test_identical_members_give_the_first_rows() -> None:
    assert exemplars(np.ones((6, 3)), np.arange(6), np.ones(6), k=3) == (0, (0, 1, 2))


def test_large_clusters_are_bounded_and_the_answer_is_repeatable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_CANDIDATES", 20)
    vectors = np.random.default_rng(0).normal(1, 1, size=(3_000, 8)).astype(np.float32)
    first = exemplars(vectors, np.arange(3_000), np.ones(3_000))
    assert first == exemplars(vectors, np.arange(3_000), np.ones(3_000))
    assert len(first[1]) == 5
