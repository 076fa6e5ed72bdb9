from __future__ import annotations

import pytest

from python_jobs.jobs.forget_clusters import Touched, quoting


@pytest.mark.parametrize(
    ("said", "text", "expected"),
    [
        pytest.param("Typical: “The sole came off.”", "the SOLE came off", True, id="whole"),
        pytest.param(
            "They wrote that the heel broke on day two", "My heel broke on day two!", True, id="run"
        ),
        pytest.param(
            "The heel broke", "the heel broke on day two of my holiday", False, id="three-in-common"
        ),
        pytest.param("Late delivery", "late delivery", True, id="two-long-words"),
        pytest.param("Good shoes", "good", False, id="one-short-word"),
        pytest.param("Sole · glue", "the glue of my sole is gone", False, id="words-apart"),
        pytest.param("典型：「配送がとても遅い」", "配送がとても遅い", True, id="no-spaces"),
        pytest.param("anything", "", False, id="empty"),
        pytest.param("", "the sole came off", False, id="nothing-said"),
    ],
)
def test_what_counts_as_a_quote(said: str, text: str, expected: bool) -> None:
    place = ("run", "root.0")
    assert quoting({place: said}, [text]) == ({place} if expected else set())


def test_texts_are_not_shown() -> None:
    assert "secret" not in repr(Touched(frozenset(), frozenset(), ("secret",)))
