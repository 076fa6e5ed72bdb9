"""What a pattern is, and the ways to make one from a regular expression.

Every expression is bounded: repeats have an upper limit, or are possessive and cannot be followed
by a failure. So one look at a text costs a fixed number of steps a character
(`tests/unit/redaction/test_bounded.py` reads this off the expressions themselves).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

Span = tuple[int, int]
"""Start and end (excluded) in a folded text."""


def accept(candidate: str) -> bool:  # noqa: ARG001 - the shape of a validator
    """Validate nothing: the shape alone is proof."""
    return True


@dataclass(frozen=True)
class Pattern:
    """One kind of personal data or secret.

    Attributes:
        name: what `INSIGHTS_REDACT` calls it.
        token: what takes its place, such as `[EMAIL]`.
        description: what it finds, for people.
        find: spans of candidates in a folded text; they may overlap.
        validate: whether the text of a candidate is one, as by its check digit.
        version: raised with every change of what it finds; part of the redaction's hash.
    """

    name: str
    token: str
    description: str
    find: Callable[[str], Iterable[Span]]
    validate: Callable[[str], bool] = accept
    version: int = 1

    def spans(self, text: str) -> Iterator[Span]:
        """The spans of a folded text that hold this kind of data."""
        return (span for span in self.find(text) if self.validate(text[span[0] : span[1]]))


def matches(*expressions: re.Pattern[str]) -> Callable[[str], Iterator[Span]]:
    """Find what the expressions match: their group `value` where they have one, else all."""

    def find(text: str) -> Iterator[Span]:
        for expression in expressions:
            group = "value" if "value" in expression.groupindex else 0
            for match in expression.finditer(text):
                yield match.span(group)

    return find


def alphanumeric(candidate: str) -> str:
    """Letters and digits of a candidate, in upper case."""
    return "".join(each for each in candidate if each.isalnum()).upper()


def digits_of(candidate: str) -> str:
    """The digits of a candidate."""
    return "".join(each for each in candidate if each.isdecimal())
