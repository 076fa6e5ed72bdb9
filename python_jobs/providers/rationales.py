"""The passage of a text that a tag rests on: always the text's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 300
_TELLING = 12
"""Characters from which a quote that stands in another item's text is no coincidence."""
_AROUND = "\"'“”„«»‘’…. "
"""What models put around a quote."""


def quoted(text: str, quote: str) -> str | None:
    """The passage of the text that the quote repeats; None where there is none.

    White space and case do not count in the comparison, nor quotation marks and dots around the
    quote. What is returned is the text's wording on one line, at most 300 characters of it.
    """
    line, wanted = " ".join(text.split()), " ".join(quote.split()).strip(_AROUND)
    at = line.find(wanted) if wanted else -1
    if wanted and at < 0 and len(line.lower()) == len(line):  # else places would not be the text's
        at = line.lower().find(wanted.lower())
    return shortened(line[at : at + len(wanted)]) if at >= 0 else None


def shortened(passage: str) -> str:
    """The beginning of a passage on one line: at most 300 characters, whole words if it has any."""
    line = " ".join(passage.split())
    if len(line) <= LONGEST:
        return line
    head = line[: LONGEST + 1]
    return head[: head.rfind(" ")] if " " in head else head[:LONGEST]


def is_elsewhere(quote: str, item_id: str, texts: Mapping[str, str]) -> bool:
    """Whether the quote stands in the text of another item than its own, and says something."""
    if len(quote) < _TELLING:
        return False
    return any(quoted(text, quote) for other, text in texts.items() if other != item_id)
