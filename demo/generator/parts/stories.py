"""Long texts that were written whole and are used once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from generator.draws import a_moment, a_product, a_rating
from generator.plan import COSTLY, END, FADING, FADING_FIX, START
from generator.record import Occasion
from generator.themes import family, polarity_of

if TYPE_CHECKING:
    from datetime import datetime

    from generator.book import Book
    from generator.chance import Chance
    from generator.corpus import Sentence


def add(book: Book) -> None:
    """Add every story of the corpus."""
    for story in book.shelf.sentences:
        if story.mark != "!" or family(story.theme.name) == "noise":
            continue
        themes = [story.theme, *story.also]
        if any(theme.name == COSTLY for theme in themes):
            raise ValueError("stories must not carry the theme that costs a star")
        when = a_fitting_moment(book.chance, story)
        product = a_product(book.chance, when.month, story.products)
        occasion = Occasion(story.lang, story.channels[0], product, when)
        rating = a_clear_rating(book.chance, story, occasion.channel)
        kind = "fading" if story.theme.name == FADING else "regular"
        book.enter(kind, occasion, rating, story.text, themes)
        story.uses += 1


def a_fitting_moment(chance: Chance, story: Sentence) -> datetime:
    """Draw a moment in the months that the story can be about."""
    last = FADING_FIX - timedelta(days=1) if story.theme.name == FADING else END
    while True:
        when = a_moment(chance, START, last)
        if when.month in story.months:
            return when


def a_clear_rating(chance: Chance, story: Sentence, channel: str) -> str:
    """Draw a rating; who writes at length has an opinion, and says so in stars."""
    polarity = polarity_of([story.theme, *story.also])
    rating = a_rating(chance, polarity, channel)
    if polarity == "m":
        return chance.pick(["4", "4", "5"] if story.theme.sign == "+" else ["2", "2", "3"])
    if channel == "v" and not rating:
        return "5" if polarity == "+" else "1"
    return rating
