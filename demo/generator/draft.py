"""A text in the making, and the steps that all texts have in common."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.hand import type_out
from generator.joining import join, soften_start
from generator.record import Occasion, Text
from generator.shelf import CONNECTOR, GREETING, THANKS, VERDICT
from generator.themes import Theme, polarity_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from generator.corpus import Sentence
    from generator.shelf import Shelf

# How a chat may begin so that no greeting has to go before it.
GREETS = r"(?i)(hi|hello|hey|hallo|bonjour|guten)\b"
GREETS_OR_THANKS = r"(?i)(hi|hello|hey|hallo|bonjour|guten|good|thanks|perfect|brilliant)\b"

# Only behind these does a half sentence such as "Shame that" read well.
HALF_CONNECTORS = ("Shame that", "One star off because", "At least", "However,")
PLAIN_STARTS = ("the", "they", "my", "it", "it's", "they're", "there", "your", "i", "we", "these")


@dataclass
class Draft:
    """The sentences so far, in order, and what they are about."""

    occasion: Occasion
    sentences: list[Sentence]
    themes: list[Theme]
    follow_ups: int = 0  # sentences that pursue the last theme

    @property
    def polarity(self) -> str:
        """The polarity of the text so far."""
        return polarity_of(self.themes)


def begin(
    shelf: Shelf, occasion: Occasion, theme: Theme, own_percent: Mapping[str, int]
) -> Draft | None:
    """Begin a text, or return None if no sentence is left for it.

    own_percent: by channel, how many of a hundred begin with a sentence worded for that channel.
    """
    pool = shelf.fitting(occasion, theme)
    own = [s for s in pool if s.own]
    if own and occasion.channel in own_percent and shelf.chance.hit(own_percent[occasion.channel]):
        pool = own
    first = shelf.fresh(pool)
    return Draft(occasion, [first], [theme]) if first else None


def turn_to(shelf: Shelf, draft: Draft, theme: Theme, sentence: Sentence) -> None:
    """Go on to another theme; from praise to a complaint or back some lead over in words."""
    if theme.sign != draft.themes[-1].sign:
        words = connector(shelf, draft.occasion.lang, theme.sign, sentence.text)
        if words and shelf.chance.hit(45):
            draft.sentences.append(words)
    draft.sentences.append(sentence)
    draft.themes.append(theme)
    draft.follow_ups = 0


def connector(shelf: Shelf, lang: str, sign: str, following: str) -> Sentence | None:
    """Return words that lead over to a sentence, or None where none would suit it."""
    if following[:1].islower() or not following[:1].isalpha():
        return None
    if soften_start(following) == following and not following.startswith("I "):
        return None
    pool = shelf.fillers(lang, CONNECTOR, sign)
    if following.split(" ")[0].lower() not in PLAIN_STARTS:
        pool = [s for s in pool if s.text not in HALF_CONNECTORS]
    return shelf.least_used(pool)


def add_verdict(shelf: Shelf, draft: Draft) -> None:
    """Close with a verdict on the whole."""
    verdict = shelf.least_used(shelf.fillers(draft.occasion.lang, VERDICT, draft.polarity))
    if verdict:
        draft.sentences.append(verdict)


def be_polite(shelf: Shelf, draft: Draft, polite_start: str, thanks_percent: int) -> None:
    """Greet and thank, as some do in a chat; a polite start (a pattern) needs no greeting."""
    first, lang = draft.sentences[0], draft.occasion.lang
    complains = first.theme.sign != "+"
    if not re.match(polite_start, first.text) and shelf.chance.hit(45) and complains:
        greeting = shelf.least_used(shelf.fillers(lang, GREETING, "0"))
        if greeting:
            draft.sentences.insert(0, greeting)
    if complains and shelf.chance.hit(thanks_percent):
        thanks = shelf.least_used(shelf.fillers(lang, THANKS, "0"))
        numbered = any("FG-" in s.text for s in draft.sentences)
        if thanks and not (numbered and "FG-" in thanks.text):
            draft.sentences.append(thanks)


def finished(shelf: Shelf, draft: Draft, styles: Sequence[tuple[str, int]]) -> Text:
    """Join the sentences in one of the styles and let an author type them."""
    chance, occasion = shelf.chance, draft.occasion
    joined = join(chance, draft.sentences, chance.weighted(styles))
    body = type_out(chance, joined, draft.polarity, occasion.lang, occasion.channel)
    return Text(occasion, body, draft.themes, draft.sentences)
