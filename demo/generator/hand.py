"""The hand of one author: capitals, full stops, slips, abbreviations and emoji."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.slips import typo
from generator.tables.writing import ABBREVIATIONS, EMOJI

if TYPE_CHECKING:
    from generator.chance import Chance

STYLES = [("plain", 60), ("lower", 16), ("nostop", 12), ("loud", 7), ("caps", 1), ("stop", 4)]
ANGRY_STYLES = [(style, 3 if style == "caps" else weight) for style, weight in STYLES]
ONE_STOP_AT_END = re.compile(r"(?<!\.)\.$")


def type_out(chance: Chance, text: str, polarity: str, lang: str, channel: str) -> str:
    """Return the text as its author typed it."""
    text = in_style(chance, text, chance.weighted(ANGRY_STYLES if polarity == "-" else STYLES))
    if chance.hit(12):
        text = typo(chance, text, lang)
        if chance.hit(30):
            text = typo(chance, text, lang)
    if lang == "en" and chance.hit(3.5):
        for pattern, short in ABBREVIATIONS:
            text = re.sub(pattern, short, text)
    if chance.hit(6 if channel in "vs" else 2):
        text = with_face(chance, text, polarity)
    return re.sub("#", lambda _: str(chance.below(10)), text)  # made-up order numbers


def in_style(chance: Chance, text: str, style: str) -> str:
    """Return the text with the capitals and the last full stop of a style."""
    match style:
        case "lower":
            parts = re.split(r"(FG-[#\d]+)", text)
            text = "".join(p if p.startswith("FG-") else p.lower() for p in parts)
            return re.sub(r"\.$", "", text)
        case "nostop":
            return ONE_STOP_AT_END.sub("", text)
        case "loud" if len(text) < 160:
            return ONE_STOP_AT_END.sub(lambda _: chance.pick(["!", "!!", "!!!"]), text)
        case "caps" if len(text) < 170 and "ß" not in text:
            return text.upper()
        case "stop" if text[-1:].isalnum() and len(text) > 25:
            return text + "."
    return text


def with_face(chance: Chance, text: str, polarity: str) -> str:
    """Return the text with an emoji at its end, unless it has that one already."""
    face = chance.pick(EMOJI[polarity])
    if face in text:
        return text
    return text + ("" if chance.hit(20) else " ") + face * (3 if chance.hit(8) else 1)
