"""From a row to feedback or to a rejection."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from python_jobs.sources.options import ReadOptions, parse_scale
from python_jobs.sources.records import validator
from python_jobs.sources.rows import Feedback, Rejection, SourceRow

GOOD: dict[str, object] = {
    "feedback_id": "A1",
    "created_at": "2024-01-02",
    "source": "web",
    "product": "Ridge 2",
    "rating": "4",
    "feedback_text": "Sole came off",
}


def outcome(options: ReadOptions | None = None, **changes: object) -> Feedback | Rejection:
    return validator(options or ReadOptions())(SourceRow(7, GOOD | changes))


def accepted(options: ReadOptions | None = None, **changes: object) -> Feedback:
    row = outcome(options, **changes)
    assert isinstance(row, Feedback), row
    return row


def test_a_good_row() -> None:
    row = accepted()
    assert row[:-1] == (
        7,
        "A1",
        "2024-01-02T00:00:00+00:00",
        "web",
        "Ridge 2",
        "4.000",
        "Sole came off",
        "{}",
    )
    assert len(row.row_hash) == 64


@pytest.mark.parametrize(
    ("changes", "reason", "known_id"),
    [
        ({"feedback_id": ""}, "missing feedback_id", None),
        ({"feedback_id": "  "}, "missing feedback_id", None),
        ({"feedback_id": None}, "missing feedback_id", None),
        ({"feedback_id": True}, "feedback_id is not text", None),
        ({"feedback_id": "x" * 201}, "feedback_id longer than 200 characters", "x" * 200),
        ({"feedback_text": ""}, "missing feedback_text", "A1"),
        ({"feedback_text": " \r\n\t\u00a0"}, "missing feedback_text", "A1"),
        ({"feedback_text": "\u200b"}, "missing feedback_text", "A1"),
        ({"feedback_text": ["a"]}, "feedback_text is not text", "A1"),
        ({"created_at": ""}, "unreadable created_at: blank", "A1"),
        ({"created_at": "soon"}, "unreadable created_at: not ISO 8601", "A1"),
        ({"rating": "five"}, "impossible rating: not a number", "A1"),
        ({"rating": "6"}, "impossible rating: not within 1 to 5", "A1"),
        ({"rating": "NaN"}, "impossible rating: not a number", "A1"),
        ({"source": {"a": 1}}, "source is not text", "A1"),
        ({"feedback_text": "a\0b"}, "NUL byte", "A1"),
        ({"feedback_id": "A\0" + "1"}, "NUL byte", "A1"),
        ({"created_at": "2024-01-02\0"}, "NUL byte", "A1"),
        ({"store": "a\0b"}, "NUL byte", "A1"),
        ({"store": {"deep": ["a\0b"]}}, "NUL byte", "A1"),
        ({"a\0b": "x"}, "NUL byte", "A1"),
        ({"feedback_text": "\ud83d"}, "half a character (unpaired surrogate)", "A1"),
        ({"store": "\ud83d"}, "half a character (unpaired surrogate)", "A1"),
        ({"feedback_id": "\ud83d"}, "half a character (unpaired surrogate)", "?"),
        ({"store": float("inf")}, "attribute without a JSON form", "A1"),
        ({"store": object()}, "attribute without a JSON form", "A1"),
        ({"Rating": "3"}, "two columns for rating", None),
    ],
)
def test_bad_rows(changes: dict[str, object], reason: str, known_id: str | None) -> None:
    assert outcome(**changes) == Rejection(7, reason, known_id)


def test_a_problem_of_the_reader_is_the_reason() -> None:
    row = SourceRow(3, dict(GOOD), "too many fields: 8 where there are 6")
    assert validator(ReadOptions())(row) == Rejection(3, row.problem or "", "A1")


@pytest.mark.parametrize(
    "text",
    [
        "N/A",
        "None",
        "null",
        "NaN",
        "  leading and trailing  ",
        "line\r\nbreak\rand\nanother",
        "quotes \" and '",
        "back\\slash \\N \\u0000 \\t",
        "👩‍👩‍👧 ❤️",
        "שלום مرحبا \u202eabc",
        "e\u0301 is not é",
        "x" * 20_000,
        "\x01\x1f\x7f",
    ],
)
def test_text_survives_to_the_letter(text: str) -> None:
    assert accepted(feedback_text=text).feedback_text == text


def test_id_source_and_product_lose_only_the_spaces_around_them() -> None:
    row = accepted(feedback_id=" A 1 ", source=" N/A ", product="  ")
    assert (row.feedback_id, row.source, row.product) == ("A 1", "N/A", None)


def test_a_numeric_id_is_text() -> None:
    assert accepted(feedback_id=12).feedback_id == "12"


def test_only_the_required_columns_are_needed() -> None:
    only = {key: GOOD[key] for key in ("feedback_id", "created_at", "feedback_text")}
    row = validator(ReadOptions())(SourceRow(2, only))
    assert isinstance(row, Feedback)
    assert (row.source, row.product, row.rating) == (None, None, None)


def test_other_columns_are_attributes_and_blanks_are_left_out() -> None:
    row = accepted(
        **{" Store ": " Köln ", "b": "", "c": " ", "d": None, "e": float("nan"), "f": 0, "g": False}
    )
    assert json.loads(row.attributes) == {"Store": " Köln ", "f": 0, "g": False}


def test_attributes_of_parquet_types_have_a_json_form() -> None:
    row = accepted(day=date(2024, 1, 2), price=Decimal("9.90"), raw=b"\xff", tags=["a", {"b": 1}])
    assert json.loads(row.attributes) == {
        "day": "2024-01-02",
        "price": "9.90",
        "raw": "/w==",
        "tags": ["a", {"b": 1}],
    }


def test_another_scale_keeps_the_original_rating() -> None:
    options = ReadOptions(rating_scale=parse_scale("0-10"))
    row = accepted(options, rating="8")
    assert row.rating == "4.200"
    assert json.loads(row.attributes) == {"rating_original": "8"}
    assert accepted(options, rating="").attributes == "{}"


@pytest.mark.parametrize(
    "same",
    [
        {"rating": "4.0"},
        {"rating": 4},
        {"created_at": "2024-01-02T01:00:00+01:00"},
        {"source": " web "},
        {"store": ""},
    ],
)
def test_the_hash_tells_content_not_spelling(same: dict[str, object]) -> None:
    assert accepted(**same).row_hash == accepted().row_hash


@pytest.mark.parametrize(
    "changes",
    [
        {"feedback_id": "A2"},
        {"created_at": "2024-01-03"},
        {"source": ""},
        {"source": "Ridge 2", "product": "web"},
        {"rating": "5"},
        {"feedback_text": "Sole came off "},
        {"store": "x"},
    ],
)
def test_the_hash_changes_with_every_column(changes: dict[str, object]) -> None:
    assert accepted(**changes).row_hash != accepted().row_hash


def test_the_order_of_attributes_does_not_count() -> None:
    assert accepted(a="1", b="2").row_hash == accepted(b="2", a="1").row_hash
