"""What does not belong here: off-topic texts, spam, another shop's mail, keyboard mash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.draws import a_moment, a_product
from generator.plan import END, N_NOISE, START
from generator.record import Occasion
from generator.themes import Theme, family

if TYPE_CHECKING:
    from generator.book import Book
    from generator.chance import Chance

KEYS = "asdfghjklqweruiop"
STARS = [(1, 15), (2, 8), (3, 27), (4, 20), (5, 30)]


def add(book: Book) -> None:
    """Add the noise of the corpus, and keyboard mash until there is enough."""
    chance = book.chance
    written = [s for s in book.shelf.sentences if family(s.theme.name) == "noise"]
    for sentence in written:
        sentence.uses += 1
    texts = [(s.lang, s.theme, s.channels, s.text) for s in written]
    while len(texts) < N_NOISE:
        texts.append(("en", Theme("noise.off_topic", "0"), "vs", mash(chance)))
    for lang, theme, channels, text in texts:
        channel = "c" if channels == "c" else chance.pick("ssv")
        when = a_moment(chance, START, END)
        rated = channel != "c" and not chance.hit(30)
        rating = str(chance.weighted(STARS)) if rated else ""
        occasion = Occasion(lang, channel, a_product(chance, when.month), when)
        book.enter("noise", occasion, rating, text, [theme])


def mash(chance: Chance) -> str:
    """Return what comes of leaning on the keyboard."""
    text = "".join(chance.pick(KEYS) for _ in range(4 + chance.below(14)))
    if chance.hit(40):
        text += " " + "".join(chance.pick(KEYS) for _ in range(3 + chance.below(6)))
    return text
