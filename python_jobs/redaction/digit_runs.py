"""Numbers as people write them: groups of digits with something between.

Cards and phones are looked for in every stretch of neighbouring groups, so that a size or a year
beside a number does not hide it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RUN = re.compile(r"\d++(?:[ ./()_-]{1,4}+\d++)*+")
_GROUP = re.compile(r"\d++")


@dataclass(frozen=True)
class Group:
    """Neighbouring digits, and where they stand in the text."""

    digits: str
    start: int
    end: int


def runs(text: str) -> Iterator[list[Group]]:
    """Each longest run of groups that at most four separators keep apart."""
    for run in _RUN.finditer(text):
        yield [
            Group(group.group(), group.start(), group.end())
            for group in _GROUP.finditer(text, run.start(), run.end())
        ]


def windows(groups: Sequence[Group], digits: range, most_groups: int) -> Iterator[tuple[int, int]]:
    """First and last group of every stretch with that many digits in at most that many groups."""
    for first in range(len(groups)):
        total = 0
        for last in range(first, min(first + most_groups, len(groups))):
            total += len(groups[last].digits)
            if total >= digits.stop:
                break
            if total in digits:
                yield first, last
