"""What makes two texts the same; `integration/jobs/test_content_hash.py` asks Postgres."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_jobs.sources.content import content_hash, normalised


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("  Very\tGOOD \r\n\n boots ", "very good boots"),
        ("no\xa0break\u200b\ufeffhere", "no break here"),
        ("thin\u2009and\u3000wide", "thin\u2009and\u3000wide"),  # as dbt: only those in the list
        ("İSTANBUL ΟΔΟΣ ΣΣ ß ẞ", "istanbul οδοσ σσ ß ß"),
        ("👍🏽 ÉTÉ", "👍🏽 été"),
        ("e\u0301 is not \u00e9", "e\u0301 is not \u00e9"),
        ("", ""),
    ],
)
def test_normalised(text: str, plain: str) -> None:
    assert normalised(text) == plain


@given(st.text(st.sampled_from(" \t\n\xa0\u200bab\ue000İΣ")))
def test_one_space_at_most_and_none_at_the_ends(text: str) -> None:
    found = normalised(text)
    assert "  " not in found
    assert found == found.strip(" ")


def test_the_hash_is_of_utf_8() -> None:
    assert content_hash(" Été ") == hashlib.sha256("été".encode()).hexdigest()
