"""CSV and its kin: the standard library's reader, strictly, a row at a time.

Never pandas: it would turn "N/A" and "None" into nothing and numbers into other numbers.
"""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.sources.columns import check_headings
from python_jobs.sources.files import extension_of, open_text
from python_jobs.sources.reader import Source
from python_jobs.sources.rows import SourceRow

if TYPE_CHECKING:
    from _csv import _reader as CsvReader  # noqa: N812
    from collections.abc import Iterator
    from pathlib import Path

    from python_jobs.sources.options import ReadOptions

LONGEST_CELL = 10_000_000  # characters; what is longer is an unclosed quote


@contextmanager
def open_delimited(path: Path, options: ReadOptions) -> Iterator[Source]:
    """Open a CSV file and read its headings.

    Raises:
        UsageError: the headings leave open which column is which, or it is no such text.
    """
    csv.field_size_limit(LONGEST_CELL)
    delimiter = options.delimiter or ("\t" if extension_of(path) == ".tsv" else ",")
    with open_text(path, options) as file:
        # strict: else an unclosed quote would swallow the rest of the file without a word
        reader = csv.reader(file.stream, delimiter=delimiter, strict=True)
        with file.errors():
            headings = _headings(reader, path.name)
        check_headings(headings, options, path.name)

        def rows() -> Iterator[SourceRow]:
            with file.errors():
                yield from _rows(reader, headings, path.name)

        yield Source(rows(), file.position, file.size, "bytes")


def _headings(reader: CsvReader, name: str) -> list[str]:
    try:
        cells = next((cells for cells in reader if cells), None)
    except csv.Error:
        raise UsageError(
            f"{name}: the quotes in the line of headings do not match", hint="mend that line"
        ) from None
    if cells is None:
        raise UsageError(f"{name} is empty", hint="it has not even a line of headings")
    if "\0" in "".join(cells):
        raise UsageError(
            f"{name}: the line of headings holds NUL bytes", hint="export the file again as UTF-8"
        )
    while len(cells) > 1 and not cells[-1].strip():  # delimiters at the end of every line
        cells.pop()
    return [cell.strip("\ufeff \t\r\n") or f"column_{at}" for at, cell in enumerate(cells, 1)]


def _rows(reader: CsvReader, headings: list[str], name: str) -> Iterator[SourceRow]:
    width = len(headings)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            _refuse_endless(str(error), line, name)
            yield SourceRow(line, {}, "malformed quotes: double a quote inside a quoted cell")
            continue
        if len(cells) == width:
            yield SourceRow(line, dict(zip(headings, cells, strict=True)))
        elif len(cells) > 1 or (cells and cells[0].strip()):  # else it is a blank line
            yield _uneven(line, headings, cells)


def _uneven(line: int, headings: list[str], cells: list[str]) -> SourceRow:
    """A row that is too short has blanks at its end; one that is too long is out of step."""
    width = len(headings)
    values: dict[str, object] = dict(zip(headings, cells, strict=False))
    if any(cell.strip() for cell in cells[width:]):
        return SourceRow(line, values, f"too many fields: {len(cells)} where there are {width}")
    return SourceRow(line, {**dict.fromkeys(headings, ""), **values})


def _refuse_endless(message: str, line: int, name: str) -> None:
    if "unexpected end of data" in message or "field larger" in message:
        raise UsageError(
            f"{name}: the quote that opens in the row on line {line} is never closed, "
            "so where the following rows begin cannot be told",
            hint="close it (a quote inside a quoted cell is doubled), or the file is cut off",
        )
