"""How a file of feedback is to be read: everything the user may say about it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from python_jobs.errors import UsageError

FileFormat = Literal["csv", "jsonl", "parquet"]

REQUIRED = ("feedback_id", "created_at", "feedback_text")

_SCALE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*-\s*(-?\d+(?:\.\d+)?)\s*", re.ASCII)
_YEAR = ("%Y", "%y", "%c", "%x")


@dataclass(frozen=True, slots=True)
class RatingScale:
    """The scale a file's ratings are on, both ends included."""

    lowest: Decimal
    highest: Decimal


FIVE_STARS = RatingScale(Decimal(1), Decimal(5))


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read one file.

    Attributes:
        format: None to go by the file's extension.
        encoding: of CSV and JSON Lines; None is UTF-8, with or without a byte order mark.
        delimiter: of CSV; None to go by the extension (comma, or tab for `.tsv`).
        column_map: the file's heading -> one of `columns.FIELDS`.
        rating_scale: another scale than 1-5 is mapped linearly onto 1-5.
        timezone: of dates that name none.
        date_formats: `strptime` formats; where given they replace ISO 8601.
        required: columns that the file must have; without `created_at` a blank one is no fault.
    """

    format: FileFormat | None = None
    encoding: str | None = None
    delimiter: str | None = None
    column_map: dict[str, str] = field(default_factory=dict)
    rating_scale: RatingScale = FIVE_STARS
    timezone: tzinfo = UTC
    date_formats: tuple[str, ...] = ()
    required: tuple[str, ...] = REQUIRED


def parse_scale(text: str) -> RatingScale:
    """Read `MIN-MAX`, as in `0-10`.

    Raises:
        UsageError: not two numbers in rising order.
    """
    found = _SCALE.fullmatch(text)
    if found:
        lowest, highest = (Decimal(end) for end in found.groups())
        if lowest < highest:
            return RatingScale(lowest, highest)
    raise UsageError(
        f"{text!r} is not a rating scale",
        hint="give the lowest and the highest rating, as in --rating-scale 0-10",
    )


def parse_timezone(name: str) -> tzinfo:
    """Find the time zone `name` (IANA, as in `Europe/Berlin`).

    Raises:
        UsageError: there is no such zone.
    """
    if name.strip().upper() in {"UTC", "GMT", "Z"}:
        return UTC
    try:
        return ZoneInfo(name.strip())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"there is no time zone {name!r}",
            hint="use an IANA name, as in --timezone Europe/Berlin (default: UTC)",
        ) from None


def parse_encoding(name: str) -> str:
    """Return Python's name of a text encoding; UTF-8 always tolerates a byte order mark.

    Raises:
        UsageError: Python knows no text encoding of that name.
    """
    try:
        codec = codecs.lookup(name.strip())
        "".encode(codec.name)  # refuses what is no text encoding, as in base64
    except (LookupError, ValueError):
        raise UsageError(
            f"there is no text encoding {name!r}",
            hint="usual ones: utf-8, cp1252, latin-1, utf-16, shift_jis, gb18030",
        ) from None
    return "utf-8-sig" if codec.name == "utf-8" else codec.name


def parse_delimiter(text: str) -> str:
    r"""Return the one character that parts cells; `tab` and `\t` are the tab.

    Raises:
        UsageError: not one character, or one that cannot part cells.
    """
    delimiter = "\t" if text.lower() in {"tab", "\\t"} else text
    if len(delimiter) != 1 or delimiter in '"\r\n\0':
        raise UsageError(
            f"{text!r} cannot be a delimiter",
            hint="give one character, as in --delimiter ';', or the word tab",
        )
    return delimiter


def check_date_format(text: str) -> str:
    """Return `text` where it is a `strptime` format that holds a full date.

    Raises:
        UsageError: a directive is unknown, or there is no year.
    """
    if any(year in text for year in _YEAR):
        try:
            sample = datetime(2024, 11, 22, 13, 45, 6, tzinfo=UTC)
            datetime.strptime(sample.strftime(text), text)  # noqa: DTZ007  (the format is tested)
        except (ValueError, re.error):
            pass
        else:
            return text
    raise UsageError(
        f"{text!r} is not a date format",
        hint="use strptime directives with a year, as in --date-format '%d/%m/%Y %H:%M'",
    )
