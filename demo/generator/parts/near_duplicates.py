"""Texts that repeat another one with a few words or letters changed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from generator.plan import END, N_NEAR_DUPLICATES
from generator.slips import typo
from generator.tables.writing import REWORDINGS
from generator.words import overlap, words_of

if TYPE_CHECKING:
    from generator.book import Book
    from generator.chance import Chance
    from generator.record import Record

MAX_TRIES = 20000
ALIKE = (0.68, 0.97)  # share of common words


def add(book: Book) -> None:
    """Repeat some of the regular texts within a month."""
    chance = book.chance
    pool = [r for r in book.records if may_be_repeated(r)]
    done: list[Record] = []
    for _ in range(MAX_TRIES):
        source = chance.pick(pool)
        if source in done or source.when > END - timedelta(days=31):
            continue
        text = reworded(chance, source)
        like = overlap(words_of(text), words_of(source.text))
        if book.knows(text) or not ALIKE[0] <= like <= ALIKE[1]:
            continue
        when = source.when + timedelta(seconds=600 + chance.below(86400 * 30))
        occasion = source.occasion.at(when)
        record = book.enter("near_duplicate", occasion, source.rating, text, source.themes)
        record.near_to = source
        done.append(source)
        if len(done) == N_NEAR_DUPLICATES:
            return
    raise RuntimeError("no near duplicates found")


def may_be_repeated(record: Record) -> bool:
    """Whether the text is one that another customer could have written alike."""
    return record.kind == "regular" and 45 <= len(record.text) <= 280 and "\n" not in record.text


def reworded(chance: Chance, source: Record) -> str:
    """Return the text in slightly other words, with a slip or two and another ending."""
    text, lang = source.text, source.occasion.lang
    if lang == "en" and not text.isupper():
        found = [pair for pair in REWORDINGS if pair[0] in text]
        if found:
            text = text.replace(*chance.pick(found), 1)
    for _ in range(1 + chance.below(2)):
        text = typo(chance, text, lang)
    if chance.hit(35):
        smile = " :)" if source.polarity == "+" else "!!"
        text = text.rstrip(".!") + chance.pick(["!", "", "...", smile])
    return text
