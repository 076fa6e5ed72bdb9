"""Texts compared: when two are the same, and how many words they share."""

from __future__ import annotations

import re


def normalise(text: str) -> str:
    """Trim, collapse every run of whitespace to one space, lower-case."""
    return " ".join(text.split()).lower()


def words_of(text: str) -> list[str]:
    """Return the different words of a text, in order; made-up order numbers are all one word."""
    without_numbers = re.sub(r"(?i)\bFG-\d+", "fgno", text)
    return list(dict.fromkeys(re.findall(r"\w+", without_numbers.lower())))


def overlap(left: list[str], right: list[str]) -> float:
    """Return the share of words two texts have in common (Jaccard)."""
    common = sum(1 for word in left if word in right)
    whole = len(left) + len(right) - common
    return common / whole if whole else 1.0
