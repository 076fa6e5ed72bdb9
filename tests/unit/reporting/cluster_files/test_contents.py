"""Sizes, shares, ratings and days of clusters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.errors import DatabaseError
from python_jobs.reporting.cluster_files.contents import Evidence, contents
from python_jobs.storage.job_inputs import ClusteredFeedback

if TYPE_CHECKING:
    from .conftest import Make


def test_figures_count_every_feedback_and_every_text(make: Make) -> None:
    given = make()
    by_path = {each.path: each for each in given.segments}
    first = by_path["root.0"]
    # root.0 holds the first 8 texts, three of which are said twice: feedback 0 to 10
    assert (first.count_feedback, first.count_texts) == (11, 8)
    assert first.share == pytest.approx(11 / 19)
    ratings = [each.rating for each in given.feedback[:11] if each.rating is not None]
    assert first.count_rated == len(ratings) == 8
    assert first.mean_rating == pytest.approx(sum(ratings) / 8)
    assert (first.first_on, first.last_on) == (date(2025, 1, 1), date(2025, 1, 11))
    part = by_path["root.0.1"]
    assert part.share_of_parent == pytest.approx(4 / 11)
    assert part.mean_probability == pytest.approx(0.9)
    assert by_path["root.noise"].mean_probability is None


def test_shares_of_leaves_and_of_noise_add_up(make: Make) -> None:
    given = make()
    assert sum(each.share for each in given.segments if each.is_leaf) == pytest.approx(1)
    assert given.noise_share == pytest.approx((2 + 3) / 19)
    for parent in given.divided():
        parts = given.children(parent.path)
        assert sum(each.share_of_parent for each in parts) == pytest.approx(1)


def test_a_text_has_the_mean_rating_of_those_who_say_it(make: Make) -> None:
    given = make({"root.noise": 2})
    # text 0: ratings 1 and 2; text 1: feedback without a rating
    assert given.ratings[0] == pytest.approx(1.5)
    assert np.isnan(given.ratings[1])


def test_feedback_of_other_texts_is_left_out(make: Make) -> None:
    given = make()
    other = ClusteredFeedback("other", "f" * 64, None, None)
    again = contents(
        given.about, given.tree, given.texts, _evidence(given), [*given.feedback, other]
    )
    assert again.feedback == given.feedback


def test_feedback_that_changed_meanwhile_is_an_error(make: Make) -> None:
    given = make()
    with pytest.raises(DatabaseError, match="changed") as caught:
        contents(given.about, given.tree, given.texts, _evidence(given), given.feedback[1:])
    assert caught.value.hint


def test_neither_ratings_nor_dates(make: Make) -> None:
    given = make()
    bare = [replace(each, rating=None, created_at=None) for each in given.feedback]
    again = contents(given.about, given.tree, given.texts, _evidence(given), bare)
    for each in again.segments:
        assert each.mean_rating is each.first_on is each.last_on is None
        assert each.count_rated == 0


def test_nothing_at_all(make: Make) -> None:
    given = make({})
    assert given.segments == ()
    assert given.noise_share == 0
    assert given.ratings.shape == (0,)


def _evidence(given: object) -> dict[str, Evidence]:
    segments = given.segments  # type: ignore[attr-defined]
    return {each.path: Evidence(each.name, each.keywords) for each in segments}
