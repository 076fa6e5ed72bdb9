"""Python and dbt agree on which texts are the same, character by character."""

from __future__ import annotations

import csv
import sys
import unicodedata
from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.load import load
from python_jobs.sources.content import content_hash, normalised
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings

pytestmark = pytest.mark.slow

TRICKY = [
    "  Very\tGOOD \r\n\n boots ",
    "no\xa0break\u200b\ufeffhere \u2060\u200d",
    "thin\u2009and\u3000wide\u2003\u2029\x85\x1f",
    "İSTANBUL ΟΔΟΣ ΣΣ. ß ẞ ſ ǅ K Å",
    "👍🏽 ÉTÉ 👩‍👩‍👧 🇩🇪",
    "e\u0301 É \u00e9 E\u0301",
    "marks \ue000\ue001 \ue001\ue000 \ue000 x",
    "ﬁ ﬀ Ⅷ Ⓐ Ａ 𐐀 𝐀",
    "quote \" comma, 'single' \\ backslash",
    "\u202eright to left\u202c ‏א‏",
]


def test_the_same_hash_as_dbt(staged: Settings, tmp_path: Path) -> None:
    # every character that has a case or is a kind of space or mark of format
    special = [
        chr(code)
        for code in range(1, sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Lu", "Ll", "Lt", "Cc", "Cf", "Zs", "Zl", "Zp", "Nl"}
    ]
    said = TRICKY + [f"{each}A{each} {each}  b{each}" for each in special]
    path = tmp_path / "tricky.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["feedback_id", "created_at", "feedback_text"])
        writer.writerows((f"T{at}", "2026-01-01", text) for at, text in enumerate(said))
    assert load(staged, path).loaded == len(said)
    rows = query(
        staged,
        "select feedback_text, normalised_text, content_hash "
        "from staging.stg_raw__customer_feedback where feedback_id like 'T%'",
    )
    assert {row[0] for row in rows} == set(said)
    other = {text: plain for text, plain, _ in rows if normalised(text) != plain}
    assert not other
    assert all(content_hash(text) == key for text, _, key in rows)
