"""Everything else: what customers write on an ordinary day."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from generator.compose import compose
from generator.draws import a_moment, a_product
from generator.plan import END, START
from generator.record import Occasion
from generator.shelf import draw_theme
from generator.tables.people import LANGUAGES

if TYPE_CHECKING:
    from generator.book import Book
    from generator.record import Text

CHANNEL_WEIGHTS = [("v", 47), ("r", 14), ("c", 13), ("s", 26)]


def add(book: Book, count: int) -> None:
    """Add so many records."""
    for _ in range(count):
        book.enter_new("regular", partial(attempt, book))


def attempt(book: Book) -> Text | None:
    """Write about whatever is on a customer's mind."""
    chance = book.chance
    when = a_moment(chance, START, END)
    lang = chance.weighted(LANGUAGES)
    channel = chance.weighted(CHANNEL_WEIGHTS)
    occasion = Occasion(lang, channel, a_product(chance, when.month), when)
    theme = draw_theme(book.shelf, occasion)
    return theme and compose(book.shelf, occasion, theme)
