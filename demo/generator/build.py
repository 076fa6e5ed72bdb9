"""One part of the data after the other, in the order in which chance deals them out."""

from __future__ import annotations

from generator.book import Book
from generator.effect import balance
from generator.parts import (
    costly,
    duplicates,
    emerging,
    fading,
    hostile,
    near_duplicates,
    noise,
    regular,
    stock,
    stories,
)
from generator.plan import N_COPIED, N_DOUBLE_SUBMIT, N_NEAR_DUPLICATES, N_RECORDS


def build() -> Book:
    """Build all records, numbered in order of time."""
    book = Book()
    hostile.add(book)
    stories.add(book)
    noise.add(book)
    stock.add(book)
    emerging.add(book)
    fading.add(book)
    costly.add(book)
    repeats = N_DOUBLE_SUBMIT + N_COPIED + N_NEAR_DUPLICATES
    regular.add(book, N_RECORDS - len(book.records) - repeats)
    near_duplicates.add(book)
    duplicates.add(book)
    balance(book.records)
    book.records.sort(key=lambda record: (record.when, record.serial))
    for number, record in enumerate(book.records, 1):
        record.fid = f"FB-{number:05d}"
    return book
