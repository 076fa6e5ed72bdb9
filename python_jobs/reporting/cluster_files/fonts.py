"""Text that the fonts at hand can draw: no empty boxes in a picture, and no warnings."""

from __future__ import annotations

import textwrap
import unicodedata
from functools import cache

from matplotlib import font_manager
from matplotlib.font_manager import FontProperties, fontManager, get_font

BUNDLED = "DejaVu Sans"
"""Comes with matplotlib: Latin, Greek, Cyrillic, Arabic, Hebrew and many more scripts."""

_OTHERS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Hiragino Sans",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "WenQuanYi Zen Hei",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
)


@cache
def families() -> tuple[str, ...]:
    """The bundled font, then what this machine has for scripts that it lacks."""
    installed = {entry.name for entry in fontManager.ttflist}
    return (BUNDLED, *(name for name in _OTHERS if name in installed))


def font(size: float, *, bold: bool = False) -> FontProperties:
    """A font of `size` points; signs that the first family lacks come from the next."""
    return FontProperties(family=list(families()), size=size, weight="bold" if bold else "normal")


def drawable(text: str, otherwise: str = "") -> str:
    """The text in one line, without signs that no font has (emoji, say).

    Args:
        text: any.
        otherwise: what to say where nothing that can be read is left.
    """
    known = _known_signs()
    composed = unicodedata.normalize("NFC", text)
    signs = (" " if sign.isspace() else sign for sign in composed)
    line = " ".join("".join(sign for sign in signs if _is_drawn(sign, known)).split())
    return line if any(sign.isalnum() for sign in line) else otherwise


def wrapped(text: str, width: int, lines: int) -> str:
    """The text in at most so many lines of about `width` characters, … where it is cut.

    A dot between keywords is not left at the end or the start of a line.
    """
    found = textwrap.wrap(text, width, max_lines=lines, placeholder=" …", break_on_hyphens=False)
    return "\n".join(line.strip(" ·").replace(" · …", " …") for line in found)


def _is_drawn(sign: str, known: frozenset[int]) -> bool:
    # Control and format signs and variation selectors draw nothing, or turn the line around.
    if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return False
    if 0xFE00 <= ord(sign) <= 0xFE0F:
        return False
    return ord(sign) in known


@cache
def _known_signs() -> frozenset[int]:
    """Signs that a family has in both weights: its bold may lack what its regular has."""
    found: set[int] = set()
    for family in families():
        weights = [FontProperties(family=family, weight=weight) for weight in ("normal", "bold")]
        regular, bold = (get_font(font_manager.findfont(each)).get_charmap() for each in weights)
        found |= regular.keys() & bold.keys()
    return frozenset(found)
