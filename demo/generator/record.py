"""What the parts of the generator hand to each other: occasions, texts, records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from generator.themes import Theme, polarity_of

if TYPE_CHECKING:
    from datetime import datetime

    from generator.corpus import Sentence


@dataclass(frozen=True)
class Occasion:
    """In which language, where, about what and when somebody writes."""

    lang: str
    channel: str  # a key of SOURCES
    product: str  # a key of PRODUCTS
    when: datetime

    def at(self, when: datetime) -> Occasion:
        """Return the same occasion at another time."""
        return replace(self, when=when)


@dataclass(frozen=True)
class Text:
    """A text put together for an occasion."""

    occasion: Occasion
    body: str
    themes: list[Theme]
    sentences: list[Sentence]
    rating: str | None = None  # None: to be drawn so that it suits the text

    @property
    def polarity(self) -> str:
        """The polarity of the whole text."""
        return polarity_of(self.themes)


class Customer(NamedTuple):
    """Who wrote it."""

    number: str
    country: str


@dataclass(eq=False)
class Record:
    """One piece of feedback, and what the truth file says about it."""

    serial: int  # in the order of making
    kind: str  # the part of the data it was made for
    occasion: Occasion
    customer: Customer
    rating: str  # "1" to "5", or "" for none
    text: str
    themes: list[Theme]
    copy_of: Record | None = None
    near_to: Record | None = None
    how: str = ""  # the kind of copy, or the key of a hostile text
    fid: str = ""

    @property
    def when(self) -> datetime:
        """The moment it was sent."""
        return self.occasion.when

    @property
    def polarity(self) -> str:
        """The polarity of the whole text."""
        return polarity_of(self.themes)

    def about(self, sub_theme: str) -> bool:
        """Whether the sub-theme is one of its themes."""
        return any(theme.name == sub_theme for theme in self.themes)
