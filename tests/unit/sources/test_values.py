"""Single values: dates, ratings, text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from python_jobs.sources.options import FIVE_STARS, parse_scale
from python_jobs.sources.rows import UnusableValueError
from python_jobs.sources.values import as_text, created_at_reader, is_blank, rating_reader

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("given", "utc"),
    [
        ("2024-01-02", "2024-01-02T00:00:00+00:00"),
        (" 2024-01-02 ", "2024-01-02T00:00:00+00:00"),
        ("2024-01-02T03:04", "2024-01-02T03:04:00+00:00"),
        ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05+00:00"),
        ("2024-01-02t03:04:05z", "2024-01-02T03:04:05+00:00"),
        ("2024-01-02 03:04:05", "2024-01-02T03:04:05+00:00"),
        ("2024-01-02 03:04:05+02", "2024-01-02T01:04:05+00:00"),
        ("2024-01-02 03:04:05 +0200", "2024-01-02T01:04:05+00:00"),
        ("2024-01-02 03:04:05-05:30", "2024-01-02T08:34:05+00:00"),
        ("2024-01-02 03:04:05 UTC", "2024-01-02T03:04:05+00:00"),
        ("2024-01-02T03:04:05.123456Z", "2024-01-02T03:04:05.123456+00:00"),
        ("2024-01-02T03:04:05.1234567Z", "2024-01-02T03:04:05.123456+00:00"),
        ("2024-01-02T03:04:05,5", "2024-01-02T03:04:05.500000+00:00"),
        ("2024/01/02", "2024-01-02T00:00:00+00:00"),
        ("2024/1/2 3:04", "2024-01-02T03:04:00+00:00"),
        ("20240102", "2024-01-02T00:00:00+00:00"),
        ("20240102T030405Z", "2024-01-02T03:04:05+00:00"),
        ("2099-12-31", "2099-12-31T00:00:00+00:00"),
        ("2024-02-29", "2024-02-29T00:00:00+00:00"),
        (date(2024, 1, 2), "2024-01-02T00:00:00+00:00"),
        (datetime(2024, 1, 2, 3, tzinfo=BERLIN), "2024-01-02T02:00:00+00:00"),
        (datetime(2024, 1, 2, 3), "2024-01-02T03:00:00+00:00"),  # noqa: DTZ001
    ],
)
def test_iso_dates_are_read_as_utc(given: object, utc: str) -> None:
    assert created_at_reader(UTC, ())(given) == utc


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "blank"),
        (None, "blank"),
        ("yesterday", "not ISO 8601"),
        ("02/01/2024", "day or month first, say which with --date-format"),
        ("2.1.24 10:00", "day or month first, say which with --date-format"),
        ("1704067200", "a number"),
        ("1704067200000", "a number"),
        ("20120101123", "a number"),
        (1704067200, "not a date"),
        ("2024-02-30", "no such date or time"),
        ("2023-02-29", "no such date or time"),
        ("20241301", "no such date or time"),
        ("2024-01-02 25:00", "no such date or time"),
        ("2024-01-02Z03:04", "not ISO 8601"),
        ("2024-01-02 03:04 PM", "not ISO 8601"),
        ("0001-01-01T00:00:00+14:00", "out of range"),
        ("٢٠٢٤-٠١-٠٢", "not ISO 8601"),
    ],
)
def test_other_dates_are_unreadable_with_a_reason(given: object, reason: str) -> None:
    with pytest.raises(UnusableValueError, match=f"^unreadable created_at: {reason}$"):
        created_at_reader(UTC, ())(given)


def test_dates_without_a_zone_are_in_the_zone_given() -> None:
    read = created_at_reader(BERLIN, ())
    assert read("2024-07-01 12:00") == "2024-07-01T10:00:00+00:00"
    assert read("2024-01-01 12:00") == "2024-01-01T11:00:00+00:00"
    assert read("2024-07-01 12:00Z") == "2024-07-01T12:00:00+00:00"


def test_date_formats_replace_iso_and_are_tried_in_order() -> None:
    read = created_at_reader(UTC, ("%d/%m/%Y %H:%M", "%d/%m/%Y"))
    assert read("02/01/2024 10:30") == "2024-01-02T10:30:00+00:00"
    assert read("02/01/2024") == "2024-01-02T00:00:00+00:00"
    with pytest.raises(UnusableValueError, match="not in the --date-format"):
        read("2024-01-02")


@pytest.mark.parametrize(
    ("given", "rating"),
    [
        ("5", "5.000"),
        (" 4.5 ", "4.500"),
        ("4,5", "4.500"),
        ("4.", "4.000"),
        ("+3", "3.000"),
        ("3.33333", "3.333"),
        (4, "4.000"),
        (4.1, "4.100"),
        (Decimal("2.25"), "2.250"),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_ratings(given: object, rating: str | None) -> None:
    assert rating_reader(FIVE_STARS)(given) == rating


@pytest.mark.parametrize(
    "given",
    [
        "five",
        "NaN",
        "inf",
        "-inf",
        "N/A",
        "4/5",
        "4 5",
        "1e0",
        "1,000.5",
        "--1",
        "٤",
        "5" * 50,
        float("nan"),
        float("inf"),
        True,
        [4],
    ],
)
def test_what_is_no_number_is_an_impossible_rating(given: object) -> None:
    with pytest.raises(UnusableValueError, match=r"^impossible rating: not "):
        rating_reader(FIVE_STARS)(given)


@pytest.mark.parametrize("given", ["0", "0.99", "5.01", "-1", "10", 6])
def test_a_rating_off_the_scale_is_impossible(given: object) -> None:
    with pytest.raises(UnusableValueError, match=r"^impossible rating: not within 1 to 5$"):
        rating_reader(FIVE_STARS)(given)


@pytest.mark.parametrize(
    ("scale", "given", "rating"),
    [
        ("0-10", "0", "1.000"),
        ("0-10", "8", "4.200"),
        ("0-10", "10", "5.000"),
        ("1-7", "4", "3.000"),
        ("0-100", "33.3", "2.332"),
        ("-2-2", "0", "3.000"),
    ],
)
def test_another_scale_is_mapped_linearly(scale: str, given: str, rating: str) -> None:
    assert rating_reader(parse_scale(scale))(given) == rating


def test_a_rating_is_never_repeated_in_the_reason() -> None:
    with pytest.raises(UnusableValueError) as raised:
        rating_reader(FIVE_STARS)("the sole came off")
    assert "sole" not in str(raised.value)


@pytest.mark.parametrize(
    ("given", "text"), [("a", "a"), (" a\r\n", " a\r\n"), (None, ""), (7, "7"), (1.5, "1.5")]
)
def test_text(given: object, text: str) -> None:
    assert as_text(given, "product") == text


@pytest.mark.parametrize("given", [True, ["a"], {"a": 1}, b"a"])
def test_what_is_no_text(given: object) -> None:
    with pytest.raises(UnusableValueError, match=r"^product is not text$"):
        as_text(given, "product")


@pytest.mark.parametrize("text", ["", " ", "\t\r\n", "\u00a0\u2003", "\u200b", " \ufeff \u200d"])
def test_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", [".", "N/A", "None", "0", "👍"])
def test_not_blank(text: str) -> None:
    assert not is_blank(text)
