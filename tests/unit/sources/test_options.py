"""What the user says about a file."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import UsageError
from python_jobs.sources.options import (
    RatingScale,
    check_date_format,
    parse_delimiter,
    parse_encoding,
    parse_scale,
    parse_timezone,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def test_what_can_be_used() -> None:
    assert parse_scale("0-10") == RatingScale(Decimal(0), Decimal(10))
    assert parse_scale(" -2.5 - 2.5 ") == RatingScale(Decimal("-2.5"), Decimal("2.5"))
    assert parse_timezone("utc") is UTC
    assert str(parse_timezone("Europe/Berlin")) == "Europe/Berlin"
    assert parse_delimiter("tab") == parse_delimiter("\\t") == parse_delimiter("\t") == "\t"
    assert parse_delimiter(";") == ";"
    assert parse_encoding("UTF8") == parse_encoding("utf-8-sig") == "utf-8-sig"
    assert parse_encoding("windows-1252") == "cp1252"
    assert check_date_format("%d/%m/%Y %H:%M") == "%d/%m/%Y %H:%M"


@pytest.mark.parametrize(
    ("parse", "given"),
    [
        (parse_scale, "5"),
        (parse_scale, "5-1"),
        (parse_scale, "1-1"),
        (parse_scale, "one-five"),
        (parse_timezone, "Mars/Olympus"),
        (parse_timezone, "../etc/passwd"),
        (parse_timezone, ""),
        (parse_delimiter, ""),
        (parse_delimiter, ";;"),
        (parse_delimiter, '"'),
        (parse_delimiter, "\n"),
        (parse_encoding, "klingon"),
        (parse_encoding, "base64"),
        (parse_encoding, ""),
        (check_date_format, "%d/%m"),
        (check_date_format, "%Y-%Q"),
        (check_date_format, "%Y-%"),
        (check_date_format, "dd/mm/yyyy"),
    ],
)
def test_what_cannot_names_itself_and_a_way_out(parse: Callable[[str], object], given: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(given)
    assert repr(given) in raised.value.message
    assert raised.value.hint
