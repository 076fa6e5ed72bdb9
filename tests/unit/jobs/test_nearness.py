from __future__ import annotations

import numpy as np

from python_jobs.jobs.nearness import ranked
from python_jobs.providers.base import Category
from python_jobs.providers.prototypes import BLAME, PRAISE, category_texts, prototype


def test_ranks_count_the_categories_that_are_nearer() -> None:
    directions = np.eye(3, dtype=np.float32)
    texts = np.array([[0.9, 0.1, 0.5], [0.0, 0.0, 2.0]], dtype=np.float32)
    assert ranked(texts, directions).tolist() == [[0, 2, 1], [1, 2, 0]]
    assert ranked(texts[:0], directions).shape == (0, 3)


def test_a_category_is_half_its_description_and_half_its_examples() -> None:
    assert category_texts(Category("late_delivery", " Too late. ", ("a", "b"))) == [
        "late delivery: Too late.",
        "a",
        "b",
    ]
    assert category_texts(Category("Staff")) == ["Staff"]
    vectors = np.array([[2, 0, 0], [0, 1, 0], [0, 1, 0]], dtype=np.float32)
    assert np.allclose(prototype(vectors), [0.5**0.5, 0.5**0.5, 0])
    assert np.allclose(prototype(vectors[:1]), [1, 0, 0])


def test_a_name_alone_is_filled_up_where_it_can_be() -> None:
    parts = category_texts(Category("Service location, travel & transport"))
    assert parts[1:] == ["Service location", "travel", "transport"]
    assert category_texts(Category("General")) == ["General", *PRAISE, *BLAME]
    assert category_texts(Category("positive_experience")) == ["positive experience", *PRAISE]
    assert category_texts(Category("Complaints", "complaints.")) == ["Complaints", *BLAME]
    assert category_texts(Category("General", "", ("So so.",))) == ["General", "So so."]
    assert category_texts(Category("General", "Of the firm.")) == ["General: Of the firm."]
