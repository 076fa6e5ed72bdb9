"""Stock phrases such as "n/a" or "love them", which repeat by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.draws import a_moment, a_product, a_rating
from generator.plan import END, N_STOCK, START
from generator.record import Occasion

if TYPE_CHECKING:
    from generator.book import Book
    from generator.chance import Chance

CHANNEL_WEIGHTS = [("s", 64), ("v", 26), ("r", 10)]
THEME_WEIGHTS = [("stock.empty", 52), ("stock.short_praise", 38), ("stock.short_blame", 10)]


def add(book: Book) -> None:
    """Add the phrases; 16 of 20 are English, 3 German, 1 French."""
    chance = book.chance
    for number in range(N_STOCK):
        lang = "en" if number % 10 < 8 else "de" if number % 20 < 19 else "fr"
        channel = chance.weighted(CHANNEL_WEIGHTS)
        name = "stock.empty" if channel == "r" else chance.weighted(THEME_WEIGHTS)
        pool = [s for s in book.shelf.sentences if s.lang == lang and s.theme.name == name]
        # people agree on a few phrases: the first of a list come most often
        phrase = chance.weighted([(s, 10 / (2 + rank)) for rank, s in enumerate(pool)])
        phrase.uses += 1
        when = a_moment(chance, START, END)
        rating = a_rating(chance, phrase.theme.sign, channel)
        text = typed(chance, phrase.text)
        occasion = Occasion(lang, channel, a_product(chance, when.month), when)
        book.enter("stock", occasion, rating, text, [phrase.theme])


def typed(chance: Chance, text: str) -> str:
    """Return the phrase, now and then in capitals or with a full stop."""
    if chance.hit(12):
        return text.upper() if len(text) > 3 else text.capitalize()
    if chance.hit(10) and text[-1:].isalnum():
        return text + "."
    return text
