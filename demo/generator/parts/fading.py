"""The theme that ends with a fix: soles that came off because of a bad batch of glue."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from generator.compose import compose, compose_focused
from generator.draws import a_moment
from generator.plan import END, FADING, FADING_AFTER, FADING_BEFORE, FADING_FIX, START
from generator.record import Occasion
from generator.shelf import draw_theme
from generator.themes import Theme

if TYPE_CHECKING:
    from datetime import datetime

    from generator.book import Book
    from generator.record import Text

COMPLAINT = Theme(FADING, "-")
LANGUAGE_WEIGHTS = [("en", 89), ("de", 7), ("fr", 4)]
CHANNEL_WEIGHTS = [("v", 46), ("r", 20), ("c", 22), ("s", 12)]
PRODUCT_WEIGHTS = [("ridge", 46), ("skerry", 38), ("lap", 16)]
AVOID = (FADING, "durability.", "general.", "repair.", "grip_sole.")


def add(book: Book) -> None:
    """Add the complaints, most of them before the fix; some stories were about it already."""
    already = sum(1 for record in book.records if record.kind == "fading")
    for number in range(already, FADING_BEFORE + FADING_AFTER):
        before, after = (START, FADING_FIX - timedelta(days=1)), (FADING_FIX, END)
        first, last = before if number < FADING_BEFORE else after
        book.enter_new("fading", partial(attempt, book, first, last))


def attempt(book: Book, first: datetime, last: datetime) -> Text | None:
    """Write about the sole, in some reviews and surveys behind something else."""
    chance = book.chance
    when = a_moment(chance, first, last)
    lang = chance.weighted(LANGUAGE_WEIGHTS)
    channel = chance.weighted(CHANNEL_WEIGHTS)
    occasion = Occasion(lang, channel, chance.weighted(PRODUCT_WEIGHTS), when)
    if channel in "vs" and chance.hit(30):
        other = draw_theme(book.shelf, occasion, "+" if chance.hit(60) else "-", AVOID)
        return other and compose(book.shelf, occasion, other, also=COMPLAINT, length=1)
    return compose_focused(book.shelf, occasion, COMPLAINT)
