"""Texts placed into a finished tree, and what says that the tree no longer fits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.clustering import assign, measures, nearest_members
from python_jobs.clustering.assign import Members, Rule, calibrate, place
from python_jobs.clustering.drift import Added, drift
from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

OPEN = Rule(bound=1.0, noise_share=0.0, far=1.0, far_share=0.0, count_judged=100)
WIDTH = 24
PATHS = ["root.0.0", "root.0.1", "root.1"]


def blobs(count: int, seed: int = 1, scale: float = 0.05) -> NDArray[np.float32]:
    """(3 * count, WIDTH): points about three centres, the first two of them near each other."""
    centres = np.random.default_rng(0).normal(size=(3, WIDTH))
    centres[1] = centres[0] + 0.3 * centres[1]
    spread = np.random.default_rng(seed).normal(scale=scale, size=(3 * count, WIDTH))
    return (np.repeat(centres, count, axis=0) + spread).astype(np.float32)


def tree(count: int = 60) -> Members:
    """Three blobs: two parts of one cluster, and another cluster."""
    places = np.repeat(np.array([[0, 0], [1, 0], [9, 9]], dtype=np.float32), count, axis=0)
    return Members(blobs(count), np.repeat(np.array(PATHS, dtype=object), count), places)


def labelled(vectors: Sequence[Sequence[float]], labels: list[str]) -> Members:
    return Members(
        np.array(vectors, dtype=np.float32),
        np.array(labels, dtype=object),
        np.zeros((len(labels), 2), dtype=np.float32),
    )


def test_texts_join_their_like_and_lie_among_them_on_the_map() -> None:
    members = tree()
    found = place(blobs(20, seed=2), members, calibrate(members))
    fits = found.labels != assign.ROOT_NOISE
    assert fits.mean() > 0.9
    assert (found.labels == np.repeat(np.array(PATHS, dtype=object), 20))[fits].all()
    assert (found.probabilities[fits] > 0.99).all()
    assert (found.probabilities[~fits] == 0).all()
    assert np.allclose(found.coordinates[40:], 9)


def test_what_is_far_from_all_fits_nowhere() -> None:
    members = tree()
    rule = calibrate(members)
    assert rule.count_judged == len(members)
    # the two of a hundred that the bound leaves out
    assert rule.noise_share == pytest.approx(1 - assign.FITTING, abs=0.01)
    far = np.random.default_rng(5).normal(size=(10, WIDTH)).astype(np.float32)
    found = place(far, members, rule)
    assert set(found.labels) == {assign.ROOT_NOISE}
    assert (found.noise_score > rule.bound).all()
    assert (found.noise_score <= 1).all()
    assert np.isfinite(found.coordinates).all()


def test_members_judged_by_the_others_are_not_their_own_neighbours() -> None:
    members = tree(8)
    rows = np.arange(len(members))
    near, distances = nearest_members.nearest_members(members.vectors, members.vectors, rows)
    assert (near != rows[:, None]).all()
    exact = measures.nearest(measures.unit_rows(members.vectors), 11)
    assert near.tolist() == exact[0][:, 1:].tolist()
    assert np.allclose(distances, exact[1][:, 1:], atol=1e-6)


def test_a_text_s_place_depends_on_no_other_text_no_block_and_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    members, new = tree(), blobs(7, seed=3)
    rule = calibrate(members)
    whole = place(new, members, rule)
    monkeypatch.setattr(measures, "BLOCK_BYTES", 4 * 2 * 5 * 13)
    monkeypatch.setattr(nearest_members, "_QUERIES", 5)
    monkeypatch.setattr(nearest_members, "_RANKED", 2)
    file = np.lib.format.open_memmap(
        tmp_path / "members.npy", "w+", np.float32, members.vectors.shape
    )
    file[:] = members.vectors
    mapped = replace(members, vectors=file)
    assert calibrate(mapped) == rule
    order = np.random.default_rng(9).permutation(len(new))
    shuffled = place(new[order], mapped, rule)
    assert shuffled.labels.tolist() == whole.labels[order].tolist()
    for name in ("probabilities", "noise_score", "coordinates"):
        assert np.array_equal(getattr(shuffled, name), getattr(whole, name)[order]), name


def test_the_lengths_of_vectors_mean_nothing() -> None:
    members, new = tree(), blobs(3, seed=4)
    longer = replace(members, vectors=members.vectors * 1000)
    rule = calibrate(members)
    assert place(new * 7, longer, rule).labels.tolist() == place(new, members, rule).labels.tolist()


def test_a_near_copy_outvotes_many_that_are_farther() -> None:
    few = labelled([[1, 0.01]] + [[1, 1]] * 9, ["root.0"] + ["root.1"] * 9)
    found = place(np.array([[1.0, 0.0]]), few, OPEN)
    assert found.labels.tolist() == ["root.0"]
    # in the other direction distances are alike, and the many win
    found = place(np.array([[0.0, 1.0]]), few, OPEN)
    assert found.labels.tolist() == ["root.1"]


def test_noise_votes_too() -> None:
    members = labelled([[1, 0]] * 8 + [[1, 0.1]] * 2, ["root.noise"] * 8 + ["root.0"] * 2)
    found = place(np.array([[1.0, 0.0]]), members, OPEN)
    assert found.labels.tolist() == [assign.ROOT_NOISE]
    assert found.probabilities.tolist() == [0]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        # nobody has a third at level 1
        (["root.0", "root.1", "root.2", "root.3"], "root.noise"),
        # they agree on root.0, but on no part of it, and this tree knows no noise there
        (["root.0.0", "root.0.1", "root.0.2", "root.0.3"], "root.0.0"),
        # the same, and it does
        (["root.0.0", "root.0.1", "root.0.2", "root.0.noise"], "root.0.noise"),
        # two of four are enough, level by level
        (["root.0.0", "root.0.0", "root.0.1", "root.1"], "root.0.0"),
    ],
)
def test_the_deepest_path_that_enough_agree_on(labels: list[str], expected: str) -> None:
    members = labelled([[1, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]], labels)
    assert place(np.array([[0.0, 1.0, 0.0]]), members, OPEN).labels.tolist() == [expected]


def test_a_run_of_one_text_and_no_text_to_place() -> None:
    one = labelled([[1, 0]], ["root.noise"])
    rule = calibrate(one)
    assert place(np.array([[1.0, 0.0]]), one, rule).labels.tolist() == ["root.noise"]
    assert len(place(np.empty((0, 2), dtype=np.float32), one, rule)) == 0


def test_the_bound_is_read_off_a_sample_of_large_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assign, "SAMPLE", 30)
    members = tree()
    rule = calibrate(members)
    assert rule.count_judged == 30
    assert rule == calibrate(members)


def test_vectors_that_cannot_be_compared_are_said() -> None:
    members = tree(5)
    with pytest.raises(UsageError, match="1 of 2 vectors are zero"):
        place(np.vstack([members.vectors[:1], np.zeros((1, WIDTH), np.float32)]), members, OPEN)


RULE = Rule(bound=0.5, noise_share=0.1, far=0.4, far_share=0.1, count_judged=2_000)


@pytest.mark.parametrize(
    ("added", "reasons"),
    [
        (Added(0, 0, 0, 0), []),
        (Added(200, 20, 20, 220), []),  # as was to be expected
        (Added(200, 60, 20, 220), ["30.0% of the texts assigned since fit nowhere, where 10.0%"]),
        (Added(200, 20, 60, 220), ["30.0% of the texts assigned since are as far"]),
        (Added(30, 12, 12, 30), []),  # too many for chance, too few for a cluster
        (Added(2_000, 230, 230, 220), []),  # enough for a cluster, and by chance
        (Added(200, 20, 20, 300), ["30% of what the run was made from"]),
        (Added(200, 60, 60, 300), ["fit nowhere", "as far", "of what the run was made from"]),
    ],
)
def test_drift(added: Added, reasons: list[str]) -> None:
    found = drift(added, RULE, run_feedback=1_000, min_cluster_size=20)
    assert (found.expected_noise_share, found.expected_far_share) == (0.1, 0.1)
    assert found.added_share == added.count_feedback / 1_000
    told = found.reason.split("; ") if found.reason else []
    assert len(told) == len(reasons)
    for part, reason in zip(told, reasons, strict=True):
        assert reason in part


def test_drift_where_nothing_ever_varies() -> None:
    sure = Rule(bound=0.5, noise_share=1.0, far=0.5, far_share=0.0, count_judged=50)
    found = drift(Added(9, 9, 0, 9), sure, run_feedback=0, min_cluster_size=1)
    assert found.reason is None


def test_far_is_what_a_tenth_of_the_run_is() -> None:
    rule = calibrate(tree())
    assert rule.far < rule.bound
    assert rule.far_share == pytest.approx(1 - assign.FAR, abs=0.01)
