"""What a text is about: sub-themes with a sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from generator.tables.themes import CLASHES

if TYPE_CHECKING:
    from collections.abc import Iterable


class Theme(NamedTuple):
    """A sub-theme such as sizing.runs_small; + is praise, - a complaint, 0 neither."""

    name: str
    sign: str


def family(name: str) -> str:
    """Return the part of a sub-theme's name before the dot."""
    return name.split(".")[0]


def polarity_of(themes: Iterable[Theme]) -> str:
    """Return the polarity of a whole text: +, -, m for mixed or 0 for neutral."""
    signs = {theme.sign for theme in themes}
    if {"+", "-"} <= signs:
        return "m"
    return "+" if "+" in signs else "-" if "-" in signs else "0"


def clash(one: str, other: str) -> bool:
    """Whether two sub-themes (or beginnings of their names) do not go together in one text."""
    if family(one) == family(other):
        return True
    return any(
        (one.startswith(name) and other.startswith(rivals))
        or (other.startswith(name) and one.startswith(rivals))
        for name, rivals in CLASHES.items()
    )
