"""Whether a sentence that a model worded anew still says the figures and names of the first."""

from __future__ import annotations

import re
from collections import Counter

_FIGURE = re.compile(r"[-−+]?\d+(?:[.,]\d+)*%?")
_NAME = re.compile(r"“[^”]*”")
_SPELLED = re.compile(
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty"
    r"|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|dozens?|half"
    r"|halves|halved|third|quarters?|tenth|double[ds]?|tripled?|twice|twofold|percent|per cent)\b",
    re.IGNORECASE,
)


def is_faithful(before: str, after: str) -> bool:
    """Whether names and figures are the same, and each as often.

    A figure is what stands in digits, with its sign and percent sign, and to the last decimal;
    numbers in words must not be added. What a sentence says of its figures is not checked.
    """
    if _figures(before) != _figures(after) or _names(before) != _names(after):
        return False
    return not _spelled(after) - _spelled(before)


def _figures(text: str) -> Counter[str]:
    other = (sign for sign in text if sign.isnumeric() and not sign.isdecimal())  # as in ½
    return Counter([*_FIGURE.findall(text), *other])


def _names(text: str) -> Counter[str]:
    return Counter(_NAME.findall(text))


def _spelled(text: str) -> Counter[str]:
    return Counter(word.casefold() for word in _SPELLED.findall(text))
