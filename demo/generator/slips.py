"""Slips of the pen: common misspellings of a language, letters that went wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.tables.writing import MISSPELLINGS, NEXT_KEY

if TYPE_CHECKING:
    from generator.chance import Chance


def typo(chance: Chance, text: str, lang: str) -> str:
    """Return the text with one slip."""
    misspell = {"en": misspell_english, "de": misspell_german, "fr": misspell_french}[lang]
    found = [pair for pair in MISSPELLINGS[lang] if pair[0] in text]
    return misspell(chance, text, found) or wrong_letter(chance, text)


def misspell_english(chance: Chance, text: str, found: list[tuple[str, str]]) -> str | None:
    """Misspell a word that many get wrong, in most cases if there is one."""
    if not chance.hit(60):
        return None
    if len(found) > 1 or chance.hit(80):  # "the" is everywhere, "teh" should not be
        found = [pair for pair in found if pair[0] != "the "]
    return text.replace(*chance.pick(found), 1) if found else None


def misspell_german(chance: Chance, text: str, found: list[tuple[str, str]]) -> str | None:
    """Go without umlauts all through the text, or misspell a word once."""
    if not chance.hit(50) or not found:
        return None
    right, wrong = found[0] if chance.hit(50) else chance.pick(found)
    no_umlauts = len(wrong) == 2
    return text.replace(right, wrong) if no_umlauts else text.replace(right, wrong, 1)


def misspell_french(chance: Chance, text: str, found: list[tuple[str, str]]) -> str | None:
    """Go without an accent all through the text."""
    if not chance.hit(60) or not found:
        return None
    return text.replace(*chance.pick(found))


def wrong_letter(chance: Chance, text: str) -> str:
    """Swap, drop, double or miss a letter inside a longer word."""
    spots = list(re.finditer(r"[A-Za-zäöüéè]{5,}", text))
    if not spots:
        return text
    spot = chance.pick(spots)
    word = spot.group()
    at = 1 + chance.below(len(word) - 3)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    how = chance.below(4)
    if how == 0:
        word = before + after[0] + letter + after[1:]
    elif how == 1:
        word = before + after
    elif how == 2:
        word = before + letter + letter + after
    else:
        word = before + NEXT_KEY.get(letter, letter) + after
    return text[: spot.start()] + word + text[spot.end() :]
