"""Placing labels, and drawing islands closer."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from python_jobs.reporting.cluster_files import labels
from python_jobs.reporting.cluster_files.islands import WIDEST_GAP, without_gaps
from python_jobs.reporting.cluster_files.labels import Box, Dots

FRAME = Box(0, 0, 1000, 800)


def boxes(spots: list[tuple[float, float] | None], size: tuple[float, float]) -> list[Box]:
    return [Box.around(*spot, *size) for spot in spots if spot is not None]


def test_a_lonely_label_stays_where_it_belongs() -> None:
    assert labels.place([(400, 300)], [(100, 30)], FRAME) == [(400, 300)]


@pytest.mark.parametrize("spread", [0, 15, 200])
def test_labels_neither_overlap_nor_leave_the_frame(spread: float) -> None:
    random = np.random.default_rng(1)
    anchors = [tuple(random.normal((500, 400), spread)) for _ in range(30)]
    size = (120.0, 40.0)
    placed = boxes(labels.place(anchors, [size] * 30, FRAME), size)
    assert len(placed) == 30
    assert all(box.is_inside(FRAME) for box in placed)
    assert not any(a.overlaps(b) for a, b in combinations(placed, 2))


def test_a_label_at_the_edge_moves_inside() -> None:
    (spot,) = labels.place([(0, 0)], [(100, 30)], FRAME)
    assert spot is not None
    assert Box.around(*spot, 100, 30).is_inside(FRAME)


def test_what_has_no_room_is_left_out_and_the_first_come_stay() -> None:
    narrow = Box(0, 0, 110, 40)
    assert labels.place([(55, 20)] * 3, [(100, 30)] * 3, narrow) == [(55, 20), None, None]


def test_a_label_larger_than_the_frame_is_left_out() -> None:
    assert labels.place([(5, 5)], [(100, 30)], Box(0, 0, 10, 10)) == [None]


def test_a_label_moves_off_a_crowd_of_dots() -> None:
    random = np.random.default_rng(2)
    dots = Dots(random.uniform((460, 390), (540, 410), (200, 2)), FRAME)
    (spot,) = labels.place([(500, 400)], [(80, 20)], FRAME, dots)
    assert spot is not None
    assert dots.hidden_by(Box.around(500, 400, 80, 20)) > 150
    assert dots.hidden_by(Box.around(*spot, 80, 20)) == 0


def test_hidden_dots_are_counted() -> None:
    dots = Dots(np.array([[10.0, 10.0], [50.0, 50.0], [999.0, 799.0]]), FRAME)
    assert dots.hidden_by(FRAME) == 3
    assert dots.hidden_by(Box(40, 40, 60, 60)) == 1
    assert dots.hidden_by(Box(100, 100, 200, 200)) == 0


def test_the_middle_of_a_ring_lies_on_the_ring() -> None:
    angles = np.linspace(0, 2 * np.pi, 50)
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    assert np.hypot(*labels.middle(ring)) == pytest.approx(1)


def islands() -> np.ndarray:
    random = np.random.default_rng(3)
    main = random.uniform((0, 0), (10, 10), (400, 2))
    away = random.uniform((90, 4), (92, 6), (60, 2))
    return np.concatenate([main, away]).astype(np.float32)


def test_a_far_island_comes_closer_and_keeps_its_shape() -> None:
    before = islands()
    after = without_gaps(before)
    assert np.ptp(after[:, 0]) < 25
    np.testing.assert_allclose(after[400:] - after[400], before[400:] - before[400], atol=0.6)
    np.testing.assert_allclose(after[:, 1], before[:, 1], atol=1e-4)
    gap = after[400:, 0].min() - after[:400, 0].max()
    assert 0 < gap <= WIDEST_GAP * 25
    assert (np.argsort(after[:, 0]) == np.argsort(before[:, 0])).all()


@pytest.mark.parametrize(
    "xy",
    [
        np.zeros((0, 2)),
        np.zeros((1, 2)),
        np.zeros((200, 2)),
        np.array([[0.0, 0.0], [1.0, 0.0], [100.0, 0.0]]),
        np.random.default_rng(4).uniform(size=(500, 2)),
    ],
    ids=["none", "one", "all in one spot", "few", "no gap"],
)
def test_other_layouts_stay_as_they_are(xy: np.ndarray) -> None:
    np.testing.assert_allclose(without_gaps(xy.astype(np.float32)), xy, atol=1e-5)
