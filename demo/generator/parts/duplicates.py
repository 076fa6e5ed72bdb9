"""Texts that repeat another one exactly, or but for case and spacing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from generator.plan import END, N_COPIED, N_DOUBLE_SUBMIT
from generator.words import normalise

if TYPE_CHECKING:
    from datetime import datetime

    from generator.book import Book
    from generator.record import Record


def add(book: Book) -> None:
    """Repeat some of the regular texts."""
    for number, source in enumerate(chosen(book, N_DOUBLE_SUBMIT + N_COPIED)):
        if number < N_DOUBLE_SUBMIT:
            submit_twice(book, source)
        else:
            copy(book, source, number)


def chosen(book: Book, count: int) -> list[Record]:
    """Draw the records to repeat."""
    pool = [r for r in book.records if may_be_repeated(r)]
    sources: list[Record] = []
    while len(sources) < count:
        source = book.chance.pick(pool)
        if source not in sources and source.when < END - timedelta(days=40):
            sources.append(source)
    return sources


def may_be_repeated(record: Record) -> bool:
    """Whether the text is one that could be sent twice; order numbers are one customer's own."""
    return record.kind == "regular" and 25 <= len(record.text) <= 260 and "FG-" not in record.text


def submit_twice(book: Book, source: Record) -> None:
    """Let the same customer send the text again within hours."""
    when = source.when + timedelta(seconds=20 + book.chance.below(60 * 60 * 5))
    record = repeat(book, source, when, source.text, "double_submit")
    record.customer = source.customer


def copy(book: Book, source: Record, number: int) -> None:
    """Let another customer send the text within weeks, two of five in other case or spacing."""
    when = source.when + timedelta(seconds=3600 + book.chance.below(86400 * 35))
    group, place = divmod(number, 5)
    if place >= 2:
        repeat(book, source, when, source.text, "copied")
        return
    text = spaced(source.text, group * 2 + place)
    if text == source.text:
        text += " "
    repeat(book, source, when, text, "copied_other_case_or_spacing")


def spaced(text: str, number: int) -> str:
    """Return the same text in another case or spacing."""
    ways = (
        text.upper() if len(text.upper()) == len(text) else text.lower(),  # ß has no capital
        text.lower(),
        f"  {text} ",
        text.replace(" ", "  ", 2),
        text.replace(" ", "\u00a0", 2),
        text.replace(" ", "\t", 1) + "\n",
    )
    return ways[number % len(ways)]


def repeat(book: Book, source: Record, when: datetime, text: str, how: str) -> Record:
    """Enter the copy of a record."""
    if normalise(text) != normalise(source.text):
        raise ValueError("a planted duplicate is not one")
    occasion = source.occasion.at(when)
    record = book.enter("duplicate", occasion, source.rating, text, source.themes)
    record.copy_of, record.how = source, how
    return record
