"""A text as patterns see it: one spelling for what looks alike, and the way back to the letters.

Full-width and other scripts' digits become ASCII, all spaces and dashes one kind, invisible
characters vanish, and a token of an earlier redaction is one character that no pattern looks for.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from python_jobs.redaction.pattern import Span

BARRIER = "\0"
"""Stands for a token. Part of no word and no number."""

_DOTS = "·•∙‧。"
_COMBINING_INVISIBLE = "\u034f\u20e3\ufe0e\ufe0f"  # joiner, keycap, variation selectors


def _fold(character: str) -> str:
    """What one character is to a pattern: one character, or none if it cannot be seen."""
    category = unicodedata.category(character)
    if category == "Cf" or character in _COMBINING_INVISIBLE:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character == "\u2212":
        return "-"
    if category == "Zs" or character == "\t":
        return " "
    if character in _DOTS:
        return "."
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if len(compatible) == 1 and compatible.isascii() else character


class _Folds(dict[int, str]):
    """`_fold` as `str.translate` wants it, remembered."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


_FOLDS = _Folds()


@dataclass(frozen=True)
class Folded:
    """A folded text of n characters.

    Attributes:
        text: n characters.
        starts: (n) where each began in the original; None if they are at the same places.
        ends: (n) where each ended in the original.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def original(self, span: Span) -> Span:
        """Where a non-empty span of the folded text lies in the original."""
        if self.starts is None or self.ends is None:
            return span
        return self.starts[span[0]], self.ends[span[1] - 1]


def fold(text: str, tokens: re.Pattern[str]) -> Folded:
    """Fold a text; what `tokens` matches becomes one `BARRIER`."""
    folded = text.translate(_FOLDS)
    if len(folded) == len(text) and not tokens.search(text):
        return Folded(folded)
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []

    def add(begin: int, end: int) -> None:
        for place in range(begin, end):
            if character := _FOLDS[ord(text[place])]:
                characters.append(character)
                starts.append(place)
                ends.append(place + 1)

    done = 0
    for token in tokens.finditer(text):
        add(done, token.start())
        characters.append(BARRIER)
        starts.append(token.start())
        ends.append(token.end())
        done = token.end()
    add(done, len(text))
    return Folded("".join(characters), starts, ends)
