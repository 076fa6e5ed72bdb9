"""Single values: text, dates and ratings, read strictly and never guessed.

Each function raises :class:`UnusableValueError` with a stable reason; no reason repeats the
value, which in a shifted row may be the feedback text.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from python_jobs.sources.options import FIVE_STARS, RatingScale
from python_jobs.sources.rows import UnusableValueError

if TYPE_CHECKING:
    from collections.abc import Callable

_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
_DATE = re.compile(
    r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})"
    r"(?:[Tt ]\s*(\d{1,2})(:\d{2}(?::\d{2}(?:[.,]\d+)?)?)"
    r"\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)
_BASIC_DATE = re.compile(r"\d{8}(?:T\d{4}(?:\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_DAY_OR_MONTH_FIRST = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}(?!\d)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+[.,]?\d*|[.,]\d+)", re.ASCII)
_PLACES = Decimal("0.001")  # raw.customer_feedback.rating is numeric(6,3)
_REMEMBERED_RATINGS = 10_000


def as_text(value: object, name: str) -> str:
    """Return a cell as text, to the letter; "" for nothing.

    Args:
        value: what the reader gave; numbers are accepted (ids are often numbers in JSON).
        name: the column, for the reason.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return str(value)
    raise UnusableValueError(f"{name} is not text")


def is_blank(text: str) -> bool:
    """Tell whether nothing can be seen of `text`: white space and zero-width characters."""
    return not text.strip().strip(_ZERO_WIDTH).strip()


def created_at_reader(zone: tzinfo, formats: tuple[str, ...]) -> Callable[[object], str]:
    """Make the reader of `created_at`: any date value -> ISO 8601 in UTC.

    Args:
        zone: of dates that name none.
        formats: `strptime` formats, tried in order; empty for ISO 8601.
    """

    def read(value: object) -> str:
        if isinstance(value, str):
            text = value.strip()
            moment = _by_format(text, formats) if formats else _iso(text)
        elif isinstance(value, datetime):
            moment = value
        elif isinstance(value, date):
            moment = datetime(value.year, value.month, value.day)  # noqa: DTZ001  (zone follows)
        elif value is None:
            raise UnusableValueError("unreadable created_at: blank")
        else:
            raise UnusableValueError("unreadable created_at: not a date")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        if moment.tzinfo is not UTC:
            try:
                moment = moment.astimezone(UTC)
            except OverflowError:
                raise UnusableValueError("unreadable created_at: out of range") from None
        return moment.isoformat()

    return read


def _iso(text: str) -> datetime:
    try:
        # the form of nearly every file, told apart before fromisoformat because that one takes
        # any character between date and time, and so reads some plain numbers as dates
        if text[4:5] == "-" and text[7:8] == "-" and text[10:11] in ("", "T", " "):
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        found = _DATE.fullmatch(text)
        if found:
            return datetime.fromisoformat(_normalised(found))
        if _BASIC_DATE.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        raise UnusableValueError("unreadable created_at: no such date or time") from None
    raise UnusableValueError(f"unreadable created_at: {_why_not_iso(text)}")


def _normalised(found: re.Match[str]) -> str:
    year, _, month, day, hour, minutes, offset = found.groups()
    moment = f"{year}-{month:0>2}-{day:0>2}"
    if hour:
        moment += f"T{hour:0>2}{minutes}"
    if offset:
        moment += offset if offset[0] in "+-" else "+00:00"
    return moment


def _why_not_iso(text: str) -> str:
    if not text:
        return "blank"
    if _DAY_OR_MONTH_FIRST.match(text):
        return "day or month first, say which with --date-format"
    if text.replace(".", "", 1).isdigit():
        return "a number"
    return "not ISO 8601"


def _by_format(text: str, formats: tuple[str, ...]) -> datetime:
    for pattern in formats:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007  (the caller adds the zone)
        except ValueError:
            continue
    reason = "not in the --date-format" if text else "blank"
    raise UnusableValueError(f"unreadable created_at: {reason}")


def rating_reader(scale: RatingScale) -> Callable[[object], str | None]:
    """Make the reader of `rating`: any value -> decimal on 1 to 5 with three places, or None.

    A rating r on the scale [a, b] becomes 1 + 4 (r - a) / (b - a).
    """
    known: dict[str, str | None] = {}

    def read(value: object) -> str | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise UnusableValueError("impossible rating: not a number")
        text = str(value).strip()
        if text in known:
            return known[text]
        rating = _rating(text, scale)
        if len(known) < _REMEMBERED_RATINGS:
            known[text] = rating
        return rating

    return read


def _rating(text: str, scale: RatingScale) -> str | None:
    if not text:
        return None
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        raise UnusableValueError("impossible rating: not a number")
    number = Decimal(text.replace(",", "."))
    if not scale.lowest <= number <= scale.highest:
        raise UnusableValueError(f"impossible rating: not within {scale.lowest} to {scale.highest}")
    if scale != FIVE_STARS:
        number = 1 + 4 * (number - scale.lowest) / (scale.highest - scale.lowest)
    return str(number.quantize(_PLACES, ROUND_HALF_UP))
