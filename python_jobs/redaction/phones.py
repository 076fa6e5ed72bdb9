"""Phone numbers, by their shape or by the words before them.

Feedback is full of numbers, so a number counts only if it
- begins with + (8 to 15 digits, as E.164 allows) or with 00 and a country,
- begins with a single 0 and is written as phone numbers are: 9 to 13 digits in groups, or 10 to 11
  in one (12 for German mobiles),
- has the shape of North America, 3-3-4 digits with or without 1 before, or
- follows a word such as "phone", "Handy" or "appelez" (7 to 15 digits).
Numbers after "order", "Sendungsnummer", "ISBN" and the like, dates, times, amounts with a unit and
rows of sizes are none.
"""

from __future__ import annotations

import re
from functools import cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING

from python_jobs.redaction.cues import is_order_number, is_phone_number
from python_jobs.redaction.digit_runs import Group, runs, windows
from python_jobs.redaction.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from python_jobs.redaction.pattern import Span

_DIGITS = range(7, 16)
_DIGITS_AND_TRUNK = range(7, 17)
_MOST_GROUPS = 8
_GAP = re.compile(r" ?[-/] ?|\.| ?\(|\) ?[-./]? ?| ")
_NO_START = re.compile(r"\d[.,:/_-]|[\d@$€£¥]")
_CODE_START = re.compile(r"[^\W\d][-/_]?|[#=]")  # no hindrance after "phone"
_NO_END = re.compile(
    r"\w|[.,:/]\d|[_-]\w|[ ]?(?:[%€$£¥°]|(?:EUR|USD|GBP|CHF|SEK|kg|g|mg|cm|mm|km|m|ml|l|h|min)\b)",
    re.IGNORECASE,
)
_EXTENSION = re.compile(
    r" ?,? ?(?:x|ext|extension|durchwahl|poste)[. ]{0,2}\d{1,6}(?!\d)", re.IGNORECASE
)
_DATE = re.compile(
    r"(?<!\d)(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)\d\d"
    r"|(?:0?[1-9]|[12]\d|3[01]) (?:0?[1-9]|1[0-2]) (?:19|20)\d\d"
    r"|(?:19|20)\d\d([./ -])(?:0?[1-9]|1[0-2])\2(?:[0-2]?\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])([./-])(?:0?[1-9]|1[0-2])\3\d\d(?= |\Z)"
    r"|(?:0?[1-9]|1[0-2])[./](?:19|20)\d\d|(?:19|20)\d\d[-/](?:19|20)\d\d)(?!\d)"
)
_COMPACT_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])(?:\d{4}(?:\d\d)?)?")
_SIZE_STEP = 4
_GERMAN_MOBILE = ("015", "016", "017")


def _find(text: str) -> Iterator[Span]:
    is_cued = cache(partial(is_phone_number, text))
    for run in runs(text):
        if sum(len(group.digits) for group in run) < _DIGITS.start:
            continue
        for first, last in windows(run, _DIGITS_AND_TRUNK, _MOST_GROUPS):
            window = run[first : last + 1]
            start, end = _whole(text, window)
            if (
                _is_phone(text, start, window, is_cued)
                and _stands_alone(text, start, end, is_cued)
                and not _is_cut_out(run, first, last)
            ):
                yield start, end


def _whole(text: str, window: Sequence[Group]) -> Span:
    """The window with the plus, the bracket and the extension that belong to it."""
    start, end = window[0].start, window[-1].end
    if extension := _EXTENSION.match(text, end):
        end = extension.end()
    if text.endswith("+", 0, start):
        start -= 1
    if text.endswith("(", 0, start) and ")" in text[start:end]:
        start -= 1
    return start, end


def _stands_alone(text: str, start: int, end: int, is_cued: Callable[[int], bool]) -> bool:
    """No part of a decimal, an amount or a time; of a code only after a word such as phone."""
    return not (
        _NO_END.match(text, end)
        or _ends_before(_NO_START, text, start)
        or (_ends_before(_CODE_START, text, start) and not is_cued(start))
    )


def _ends_before(expression: re.Pattern[str], text: str, start: int) -> bool:
    return any(expression.fullmatch(text, max(0, start - width), start) for width in (1, 2))


def _is_cut_out(run: Sequence[Group], first: int, last: int) -> bool:
    """Whether the same groups go on, as in 0034 0434 1610 9401 5902, a parcel's number."""
    widths = {len(group.digits) for group in run[first : last + 1]}
    beside = [*run[max(0, first - 1) : first], *run[last + 1 : last + 2]]
    regular = last > first and len(widths) == 1 and min(widths) > 2
    return regular and any(len(group.digits) in widths for group in beside)


def _is_phone(
    text: str, start: int, window: Sequence[Group], is_cued: Callable[[int], bool]
) -> bool:
    gaps = [text[a.end : b.start] for a, b in pairwise(window)]
    if not all(_GAP.fullmatch(gap) for gap in gaps):
        return False
    groups = [group.digits for group in window]
    if text[start : start + 2].lstrip("(").startswith("+"):
        return _is_international(groups, gaps)
    if len("".join(groups)) not in _DIGITS:
        return False
    if (
        _is_national(groups, gaps)
        or _is_north_american(groups, gaps)
        or (groups[0].startswith("00") and _is_international([groups[0][2:], *groups[1:]], gaps))
    ):
        return not is_order_number(text, start) or is_cued(start)
    return len(groups) < 7 and not _is_row(groups, gaps) and is_cued(start)


def _is_international(groups: Sequence[str], gaps: Sequence[str]) -> bool:
    """E.164: at most 15 digits; the (0) that Europeans put in is none of them."""
    digits = "".join(groups)
    length = len(digits) - ("0" in groups[1:2] and "(" in gaps[0])
    if digits[:1] == "1":
        return length == 11 and digits[1] > "1"
    return digits[:1] > "0" and 8 <= length <= 15


def _is_national(groups: Sequence[str], gaps: Sequence[str]) -> bool:
    digits = "".join(groups)
    if digits[0] != "0" or digits[1] == "0" or len(groups[0]) < 2:
        return False
    if len(groups) == 1:
        return len(digits) in (10, 11) or (len(digits) == 12 and digits.startswith(_GERMAN_MOBILE))
    if {len(group) for group in groups} == {2}:
        return len(groups) == 5 and not _is_row(groups, gaps)
    extension = len(groups[-1]) == 1 and gaps[-1] == "-" and len(groups) > 2
    parts = groups[1:-1] if extension else groups[1:]
    return 9 <= len(digits) <= 13 and len(groups[0]) < 7 and all(len(part) > 1 for part in parts)


def _is_north_american(groups: Sequence[str], gaps: Sequence[str]) -> bool:
    local = groups[1:] if groups[0] == "1" else groups
    return (
        [len(group) for group in local] == [3, 3, 4]
        and local[0][0] > "1"
        and local[1][0] > "1"
        and not any("/" in gap for gap in gaps)
    )


def _is_row(groups: Sequence[str], gaps: Sequence[str]) -> bool:
    """Sizes (04 06 08 10 12) and times (10.30-11.30): pairs unevenly set off, or evenly rising."""
    if {len(group) for group in groups} - {1, 2}:
        return False
    steps = {int(b) - int(a) for a, b in pairwise(groups)}
    return (len(steps) == 1 and abs(steps.pop()) <= _SIZE_STEP) or len(set(gaps)) > 1


def is_no_date(candidate: str) -> bool:
    """Whether a number is no date and holds none; with a plus it cannot be one."""
    if "+" in candidate:
        return True
    return not (_DATE.search(candidate) or _COMPACT_DATE.fullmatch(candidate))


PHONE = Pattern(
    name="phone",
    token="[PHONE]",  # noqa: S106 - a token of ours, not a secret
    description="phone numbers, international, national with a leading 0, North American, "
    "or after a word such as phone, Handy, appelez",
    find=_find,
    validate=is_no_date,
)
