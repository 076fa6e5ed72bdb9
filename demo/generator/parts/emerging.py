"""The theme of the last six weeks: since an update the app empties the basket."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from generator.compose import compose, compose_focused
from generator.draws import a_moment, a_product
from generator.plan import EMERGING, EMERGING_START, EMERGING_WEEKS
from generator.record import Occasion
from generator.shelf import draw_theme
from generator.themes import Theme

if TYPE_CHECKING:
    from datetime import datetime

    from generator.book import Book
    from generator.record import Text

COMPLAINT = Theme(EMERGING, "-")
LANGUAGE_WEIGHTS = [("en", 88), ("de", 7), ("fr", 5)]
CHANNEL_WEIGHTS = [("c", 42), ("s", 44), ("v", 14)]
AVOID = (EMERGING, "payment.", "webshop.", "general.")


def add(book: Book) -> None:
    """Add the complaints week by week, more in each."""
    for week, count in enumerate(EMERGING_WEEKS):
        first = EMERGING_START + timedelta(days=7 * week)
        for _ in range(count):
            book.enter_new("emerging", partial(attempt, book, first))


def attempt(book: Book, first: datetime) -> Text | None:
    """Write about the basket, in reviews and some surveys beside praise of something else."""
    chance = book.chance
    day = first + timedelta(days=chance.below(7))
    when = a_moment(chance, day, day)
    lang = chance.weighted(LANGUAGE_WEIGHTS)
    channel = chance.weighted(CHANNEL_WEIGHTS)
    occasion = Occasion(lang, channel, a_product(chance, when.month), when)
    if channel == "v" or (channel == "s" and chance.hit(25)):
        praise = draw_theme(book.shelf, occasion, "+", AVOID)
        return praise and compose(book.shelf, occasion, praise, also=COMPLAINT, length=1)
    return compose_focused(book.shelf, occasion, COMPLAINT)
