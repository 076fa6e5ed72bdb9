"""Awkward but valid texts: markup, a formula, quotes, another script, a rant."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from generator.corpus import CORPUS
from generator.record import Occasion
from generator.tables.people import SOURCES
from generator.themes import Theme

if TYPE_CHECKING:
    from generator.book import Book

CHANNELS = {name: channel for channel, name in SOURCES.items()}


def add(book: Book) -> None:
    """Add the texts of hostile.txt, whose first lines explain its format."""
    raw = (CORPUS / "hostile.txt").read_text(encoding="utf-8")
    for block in re.split(r"(?m)^@ ", raw)[1:]:
        head, body = block.split("\n", 1)
        key, source, product, rating, lang, moment, names = (p.strip() for p in head.split("|"))
        when = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        themes = [Theme(*part.split(":")) for part in names.split(",")]
        occasion = Occasion(lang, CHANNELS[source], product, when)
        record = book.enter("hostile", occasion, rating, body.strip("\n"), themes)
        record.how = key
