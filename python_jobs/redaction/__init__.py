"""Personal data and secrets out of a text, before it leaves the machine.

Pure functions: no file, no network, no log. `docs/privacy.md` says what is found and what is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from python_jobs.redaction.folding import BARRIER, fold
from python_jobs.redaction.selection import (
    DEFAULT,
    PATTERNS,
    chosen,
    parse_patterns,
    redaction_hash,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from python_jobs.redaction.pattern import Pattern, Span

__all__ = [
    "DEFAULT",
    "PATTERNS",
    "Redacted",
    "parse_patterns",
    "redact",
    "redaction_hash",
]

REDACTED = "[REDACTED]"
"""Takes the place of a whole text in which redaction keeps uncovering more."""

_MOST_PASSES = 8
_TOKENS = re.compile(
    "|".join(re.escape(token) for token in {REDACTED, *(p.token for p in PATTERNS.values())})
)


@dataclass(frozen=True)
class Redacted:
    """A text without its personal data; what was there is not kept.

    Attributes:
        text: the redacted text; not shown by `repr`.
        counts: how many were replaced, by pattern; empty if nothing was.
    """

    text: str = field(repr=False)
    counts: dict[str, int]


def redact(text: str, patterns: Collection[str] = DEFAULT) -> Redacted:
    """Replace what the patterns find with tokens such as `[EMAIL]`; all else stays to the letter.

    Where finds overlap, all their characters go, under the token of the longest one (then of the
    most specific). The result holds nothing more to find: redacting it again changes nothing.
    It is at most twice as long as the text, plus 10 characters. Any string is accepted.

    Args:
        text: feedback in any language.
        patterns: names in `PATTERNS`, as from `parse_patterns`.

    Raises:
        UsageError: a name is not known.
    """
    counts: dict[str, int] = {}
    selected = _selected(frozenset(patterns))
    # A token ends the word it stands in, so that what stood beside it may now be found.
    for _ in range(_MOST_PASSES):
        finds = _finds(text, selected)
        if not finds:
            return Redacted(text, counts)
        text = _replaced(text, finds)
        for _, pattern in finds:
            counts[pattern.name] = counts.get(pattern.name, 0) + 1
    return Redacted(REDACTED if _finds(text, selected) else text, counts)


@lru_cache(maxsize=64)
def _selected(names: frozenset[str]) -> Sequence[Pattern]:
    return tuple(chosen(names))


def _finds(text: str, patterns: Iterable[Pattern]) -> list[tuple[Span, Pattern]]:
    """Where in the text what is to go, from left to right, without overlaps."""
    folded = fold(text, _TOKENS)
    found = sorted(
        (
            (span, rank, pattern)
            for rank, pattern in enumerate(patterns)
            for span in pattern.spans(folded.text)
            if folded.text[slice(*span)].replace(BARRIER, " ").strip()
        ),
        key=lambda find: (find[0], find[1]),
    )
    return [(folded.original(span), pattern) for span, pattern in _merged(found)]


def _merged(found: Iterable[tuple[Span, int, Pattern]]) -> Iterator[tuple[Span, Pattern]]:
    """Join finds that share characters; the longest names them, then the most specific."""
    group: list[tuple[Span, int, Pattern]] = []
    end = -1
    for find in found:
        if find[0][0] >= end and group:
            yield _joined(group)
            group = []
        group.append(find)
        end = max(end, find[0][1])
    if group:
        yield _joined(group)


def _joined(group: Sequence[tuple[Span, int, Pattern]]) -> tuple[Span, Pattern]:
    span = (group[0][0][0], max(end for (_, end), _, _ in group))
    _, _, pattern = min(group, key=lambda find: (find[0][0] - find[0][1], find[1]))
    return span, pattern


def _replaced(text: str, finds: Iterable[tuple[Span, Pattern]]) -> str:
    parts: list[str] = []
    done = 0
    for (start, end), pattern in finds:
        parts += text[done:start], pattern.token
        done = end
    return "".join([*parts, text[done:]])
