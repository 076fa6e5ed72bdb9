"""One column of a text file, for lists of ids."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from typing import TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.sources.files import extension_of, file_format, open_text
from python_jobs.sources.options import ReadOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_jobs.sources.files import TextFile


@contextmanager
def open_utf8(path: Path) -> Iterator[TextFile]:
    """Open a text file for commands that have no --encoding and --format to advise.

    Raises:
        UsageError: see `files.open_text`; also for what goes wrong while it is read.
    """
    try:
        with open_text(path, ReadOptions()) as file, file.errors():
            yield file
    except UsageError as error:
        if "--" in (error.hint or "") and "column" not in (error.hint or ""):
            raise UsageError(error.message, hint="save it as CSV in UTF-8") from None
        raise


def read_column(path: Path, column: str) -> list[str]:
    """The values of a CSV file's column: without spaces around, blanks and repetitions.

    Args:
        path: comma-separated (`.tsv`: by tabs), UTF-8, with a line of headings; also `.gz`.
        column: its heading, whatever the case.

    Raises:
        UsageError: no such file, no such heading, two of them, or no CSV. No message repeats a
            cell: where headings are missing, the first line is data.
    """
    file_format(path, "csv")
    delimiter = "\t" if extension_of(path) == ".tsv" else ","
    with open_utf8(path) as file:
        reader = csv.reader(file.stream, delimiter=delimiter, strict=True)
        try:
            headings = [cell.strip().casefold() for cell in next(reader, [])]
            if headings.count(column.strip().casefold()) != 1:
                raise UsageError(
                    f"{path.name} has not one column {column!r} in its first line",
                    hint="name its heading with --column; the first line has to be headings",
                )
            at = headings.index(column.strip().casefold())
            found = dict.fromkeys(row[at].strip() for row in reader if len(row) > at)
        except csv.Error:
            raise UsageError(
                f"{path.name}: malformed quotes on line {reader.line_num}",
                hint="double a quote inside a quoted cell",
            ) from None
    return [value for value in found if value]
