from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_jobs.providers.rationales import LONGEST, quoted, shortened


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        ("The sole came off", "sole came off", "sole came off"),
        ("The sole\n\tcame  off", "sole came off", "sole came off"),
        ("The SOLE came off", "the sole", "The SOLE"),
        ("The sole came off", '"sole came off..."', "sole came off"),
        ("The sole came off", "soles came off", None),
        ("The sole came off", "", None),
        ("The sole came off", " … ", None),
        ("", "sole", None),
        ("Die Größe ist zu groß", "GRÖSSE", None),
        ("Die Größe ist zu groß", "größe IST", "Größe ist"),
        ("İstanbul is far", "is far", "is far"),
        ("鞋子很好，但是太小", "但是太小", "但是太小"),
        ("so 👍🏽 good", "👍🏽", "👍🏽"),
    ],
)
def test_quoted(text: str, quote: str, expected: str | None) -> None:
    assert quoted(text, quote) == expected


@given(st.text(), st.text())
def test_what_is_quoted_stands_in_the_text(text: str, quote: str) -> None:
    found = quoted(text, quote)
    assert found is None or found in " ".join(text.split())


@given(st.text(min_size=1), st.data())
def test_every_part_of_a_text_is_found(text: str, data: st.DataObject) -> None:
    line = " ".join(text.split())
    start = data.draw(st.integers(0, len(line)))
    part = line[start : data.draw(st.integers(start, len(line)))]
    found = quoted(text, part)
    assert (found is None) == (not part.strip("\"'“”„«»‘’…. "))


def test_a_long_passage_is_cut_between_words() -> None:
    text = "another word " * 100
    found = quoted(text, text)
    assert found is not None
    assert LONGEST - 10 < len(found) <= LONGEST
    assert found.endswith(("another", "word"))
    assert shortened("x" * 400) == "x" * LONGEST
    assert shortened("x" * 300) == "x" * 300
