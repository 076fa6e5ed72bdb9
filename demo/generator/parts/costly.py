"""The theme that costs a star: the wait for a refund.

The rating is drawn first and the text follows it: many of these customers like the product, so
the effect is not simply the rating of unhappy people.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from generator.compose import compose, compose_focused
from generator.draws import a_moment, a_product
from generator.plan import COSTLY, END, N_COSTLY_RATED, N_COSTLY_UNRATED, START
from generator.record import Occasion
from generator.shelf import draw_theme
from generator.themes import Theme

if TYPE_CHECKING:
    from generator.book import Book
    from generator.record import Text

COMPLAINT = Theme(COSTLY, "-")
LANGUAGE_WEIGHTS = [("en", 89), ("de", 7), ("fr", 4)]
CHANNEL_WEIGHTS = [("v", 42), ("s", 58)]
STARS = [(1, 16), (2, 31), (3, 32), (4, 21)]
AVOID = (COSTLY, "general.", "stores.", "repair.", "durability.long", "loyalty.gifts")


def add(book: Book) -> None:
    """Add the rated complaints, then some from chats."""
    for number in range(N_COSTLY_RATED + N_COSTLY_UNRATED):
        book.enter_new("costly", partial(attempt, book, number < N_COSTLY_RATED))


def attempt(book: Book, rated: bool) -> Text | None:
    """Draw an occasion and its stars, and write to suit them."""
    chance = book.chance
    when = a_moment(chance, START, END)
    lang = chance.weighted(LANGUAGE_WEIGHTS)
    channel = chance.weighted(CHANNEL_WEIGHTS) if rated else "c"
    occasion = Occasion(lang, channel, a_product(chance, when.month), when)
    stars = chance.weighted(STARS) if rated else 0
    text = write(book, occasion, stars)
    return text and replace(text, rating=str(stars) if rated else "")


def write(book: Book, occasion: Occasion, stars: int) -> Text | None:
    """Write about the wait, alone or behind something else that suits the stars (0 in a chat)."""
    chance, shelf = book.chance, book.shelf
    if stars >= 3 or (stars == 2 and chance.hit(35)):
        praise = draw_theme(shelf, occasion, "+", AVOID)
        if not praise:
            return None
        length = 1 if chance.hit(70) else 2
        return compose(shelf, occasion, praise, also=COMPLAINT, length=length)
    if stars and chance.hit(35):
        blame = draw_theme(shelf, occasion, "-", AVOID)
        return blame and compose(shelf, occasion, blame, also=COMPLAINT, length=1)
    return compose_focused(shelf, occasion, COMPLAINT)
