"""The book that all feedback is entered in; a text that repeats another one is turned away."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.chance import Chance
from generator.corpus import Sentence, load_corpus
from generator.draws import Customers, a_rating
from generator.plan import SEED
from generator.record import Occasion, Record, Text
from generator.shelf import FILLERS, Shelf
from generator.words import normalise, overlap, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.themes import Theme

MAX_CHARACTERS = 1500
MAX_SHARED_WORDS = 0.6
MAX_TRIES = 60000


class Book:
    """The records so far, and what it takes to make more."""

    def __init__(self) -> None:
        self.chance = Chance(SEED)
        self.shelf = Shelf(self.chance, load_corpus())
        self.records: list[Record] = []
        self._customers = Customers(self.chance)
        self._texts: set[str] = set()  # normalised
        self._words: dict[Sentence, list[list[str]]] = {}  # of the texts with that sentence

    def enter(
        self, kind: str, occasion: Occasion, rating: str, text: str, themes: list[Theme]
    ) -> Record:
        """Enter a record whatever its text."""
        customer = self._customers.one(occasion.lang)
        serial = len(self.records)
        record = Record(serial, kind, occasion, customer, rating, text, themes)
        self.records.append(record)
        self._texts.add(normalise(text))
        return record

    def knows(self, text: str) -> bool:
        """Whether the same text is in the book."""
        return normalise(text) in self._texts

    def enter_new(self, kind: str, attempt: Callable[[], Text | None]) -> Record:
        """Make texts until one is new, and enter that."""
        for _ in range(MAX_TRIES):
            text = attempt()
            if text and self._is_new(text):
                self._use(text)
                rating = text.rating
                if rating is None:
                    rating = a_rating(self.chance, text.polarity, text.occasion.channel)
                return self.enter(kind, text.occasion, rating, text.body, text.themes)
        raise RuntimeError("the corpus is too small for that many records")

    def _is_new(self, text: Text) -> bool:
        """No text twice, and none that nearly repeats another one with the same sentence."""
        if len(text.body) > MAX_CHARACTERS or without_numbers(text.body) in self._texts:
            return False
        words = words_of(text.body)
        return not any(
            overlap(words, other) > MAX_SHARED_WORDS
            for sentence in text.sentences
            if sentence.theme.name not in FILLERS
            for other in self._words.get(sentence, [])
        )

    def _use(self, text: Text) -> None:
        """Remember the sentences and the words of a text that goes into the book."""
        self._texts.add(without_numbers(text.body))
        words = words_of(text.body)
        for sentence in text.sentences:
            sentence.uses += 1
            self._words.setdefault(sentence, []).append(words)


def without_numbers(text: str) -> str:
    """Return the normalised text with all made-up order numbers alike."""
    return normalise(re.sub(r"(?i)FG-\d+", "FG-0", text))
