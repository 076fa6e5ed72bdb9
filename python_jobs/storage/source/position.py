"""How far a source has been read: the highest watermark, or the last key of an unfinished read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from python_jobs.errors import UsageError

Mark: TypeAlias = datetime | date | int | Decimal
"""A value of a watermark column."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far before the last watermark a read begins again.

    Rows become visible when their transaction commits, which may be after later rows were read:
    what is read twice and has not changed costs nothing but the reading.

    Attributes:
        time: for dates and times.
        count: for numbers.
    """

    time: timedelta = timedelta(hours=1)
    count: int = 1_000


USUAL = Overlap()


def parse_overlap(text: str) -> Overlap:
    """Read `30m`, `2h`, `1d` (for times) or a plain number (for numbers).

    Raises:
        UsageError: it is neither.
    """
    found = _DURATION.fullmatch(text.strip())
    try:
        if found and found[2]:
            return Overlap(time=timedelta(seconds=float(found[1]) * _SECONDS[found[2]]))
        if found and "." not in found[1]:
            count = int(found[1])
            # 0 means none, of whatever kind the column is
            return Overlap(count=count) if count else Overlap(timedelta(0), 0)
    except OverflowError:
        pass
    raise UsageError(
        f"{text!r} is no overlap", hint="write it as --overlap 30m, 2h or 1d; for numbers as 1000"
    )


def before(mark: Mark, overlap: Overlap) -> Mark | None:
    """Where to begin reading; None for the beginning."""
    try:
        if isinstance(mark, datetime):
            return mark - overlap.time
        if isinstance(mark, date):
            return mark - timedelta(days=math.ceil(overlap.time / timedelta(days=1)))
        return mark - overlap.count
    except OverflowError:
        return None


def is_future(mark: Mark, now: datetime) -> bool:
    """Tell a moment that has not come yet, which must not hide what comes before it.

    Args:
        mark: a moment without a zone may be of any, so up to 14 hours ahead of UTC; another clock
            may be an hour ahead.
        now: in UTC.
    """
    if isinstance(mark, datetime):
        if mark.tzinfo is None:
            return mark > now.replace(tzinfo=None) + timedelta(hours=14)
        return mark > now + timedelta(hours=1)
    return isinstance(mark, date) and mark > now.date() + timedelta(days=1)


def later(one: Mark | None, other: Mark | None) -> Mark | None:
    """The higher of two marks; the second where they are not of one kind."""
    if one is None or other is None:
        return other if one is None else one
    try:
        return max(one, other)
    except TypeError:  # the column has another type than it had at the last read
        return other


def as_stored(mark: Mark | None) -> str | None:
    """The mark as a text that says its kind, as in `time 2026-01-31T18:00:00`."""
    if mark is None:
        return None
    if isinstance(mark, datetime):
        return f"time {mark.isoformat()}"
    if isinstance(mark, date):
        return f"date {mark.isoformat()}"
    return f"number {mark}"


def from_stored(text: str | None) -> Mark | None:
    """The mark that `as_stored` wrote."""
    if text is None:
        return None
    kind, _, value = text.partition(" ")
    if kind == "time":
        return datetime.fromisoformat(value)
    if kind == "date":
        return date.fromisoformat(value)
    number = Decimal(value)
    return int(number) if number == number.to_integral_value() else number
