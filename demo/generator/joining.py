"""Sentences joined as people join them: full stops, commas, dashes, dots and line breaks."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from generator.shelf import CONNECTOR
from generator.tables.writing import LOWER_OK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.chance import Chance
    from generator.corpus import Sentence

GLUES = [(". ", 50), (", ", 22), (" - ", 10), ("... ", 8), ("! ", 5), ("\n", 5)]


def join(chance: Chance, sentences: Sequence[Sentence], style: str) -> str:
    """Join sentences in a style: plain, lines, dots or dash."""
    out = sentences[0].text
    for before, sentence in pairwise(sentences):
        if before.theme.name == CONNECTOR:
            out += " " + soften_start(sentence.text)
        elif out[-1] in ",:":
            out += after_comma(chance, sentence.text)
        elif not out[-1].isalnum():
            out = after_stop(chance, out, sentence.text, style)
        elif style == "lines":
            out += "\n" + sentence.text
        else:
            out += after_open_end(chance, sentence.text)
    return out


def after_comma(chance: Chance, text: str) -> str:
    """Return the text to put behind a comma or a colon."""
    gap = " " if chance.hit(60) else "\n"
    return gap + (soften_start(text) if chance.hit(60) else text)


def after_stop(chance: Chance, out: str, text: str, style: str) -> str:
    """Join two texts, the first of which ends with a punctuation mark or an emoji."""
    if style == "lines":
        return out + ("\n" if chance.hit(60) else "\n\n") + text
    if style == "dots" and out.endswith(".") and not out.endswith(".."):
        return out[:-1] + chance.pick(["... ", ".. ", "… "]) + soften_start(text)
    if style == "dash" and out.endswith("."):
        return out[:-1] + " - " + soften_start(text)
    return out + " " + text


def after_open_end(chance: Chance, text: str) -> str:
    """Return the text to put behind one that ends with a word."""
    glue = chance.weighted(GLUES)
    if glue in (", ", " - ", "... "):
        text = soften_start(text)
        if glue == ", " and text[:1].isupper() and not re.match(r"I\b", text):
            glue = ". "
    elif glue == ". " and chance.hit(70):
        text = text[:1].upper() + text[1:] if text[:1].islower() else text
    return glue + text


def soften_start(text: str) -> str:
    """Lower-case the first word where no name or noun can suffer."""
    first = text.split(" ")[0]
    if first.lower().strip(",.!?") in LOWER_OK and first[:1].isupper() and not first.isupper():
        return first.lower() + text[len(first) :]
    return text
