"""Files of texts that people have labelled: what a tagger is measured against."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.sources.files import extension_of, file_format
from python_jobs.sources.one_column import open_utf8

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEXT, ID = "feedback_text", "feedback_id"


@dataclass(frozen=True)
class GoldOptions:
    """How to read such a file.

    Attributes:
        text_column: holds the texts; None takes `feedback_text`, else `feedback_id` of feedback
            that was loaded.
        labels_column: holds the labels.
        separator: between the labels of one text.
    """

    text_column: str | None = None
    labels_column: str = "labels"
    separator: str = "|"


@dataclass(frozen=True)
class GoldRow:
    """A text, or the id of feedback that says it, and its labels; no label is a label too."""

    text: str | None
    feedback_id: str | None
    labels: frozenset[str]


def read_gold(path: Path, options: GoldOptions) -> list[GoldRow]:
    """Read a labelled file: CSV (`.tsv`: by tabs) in UTF-8 with headings, also as `.gz`.

    Rows with a blank text or id are left out.

    Raises:
        UsageError: no such file or column, no CSV, or no row. No message repeats a cell.
    """
    file_format(path, "csv")
    delimiter = "\t" if extension_of(path) == ".tsv" else ","
    with open_utf8(path) as file:
        reader = csv.reader(file.stream, delimiter=delimiter, strict=True)
        try:
            rows = list(_rows(reader, path.name, options))
        except csv.Error:
            raise UsageError(
                f"{path.name}: malformed quotes on line {reader.line_num}",
                hint="double a quote inside a quoted cell",
            ) from None
    if not rows:
        raise UsageError(
            f"{path.name} has no labelled text", hint="it has headings only, or no row with a text"
        )
    return rows


def _rows(reader: Iterator[list[str]], name: str, options: GoldOptions) -> Iterator[GoldRow]:
    headings = [cell.strip("\ufeff \t\r\n").casefold() for cell in next(reader, [])]
    by_id = options.text_column is None and TEXT not in headings
    if by_id and ID not in headings:
        raise UsageError(
            f"{name} has neither a column {TEXT!r} nor {ID!r} in its first line",
            hint="name the heading of the texts with --text-column",
        )
    said = _place(headings, options.text_column or (ID if by_id else TEXT), name, "--text-column")
    labelled = _place(headings, options.labels_column, name, "--labels-column")
    for cells in reader:
        if len(cells) <= max(said, labelled) or not cells[said].strip():
            continue
        labels = {label.strip() for label in cells[labelled].split(options.separator)} - {""}
        text = cells[said]
        yield GoldRow(None if by_id else text, text.strip() if by_id else None, frozenset(labels))


def _place(headings: list[str], column: str, name: str, option: str) -> int:
    if headings.count(column.strip().casefold()) != 1:
        raise UsageError(
            f"{name} has not one column {column!r} in its first line",
            hint=f"name its heading with {option}; the first line has to be headings",
        )
    return headings.index(column.strip().casefold())
