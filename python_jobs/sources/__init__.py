"""Files of feedback, read record by record: memory does not grow with the file."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from python_jobs.sources.files import file_format
from python_jobs.sources.options import FileFormat, ReadOptions
from python_jobs.sources.reader import Opener, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["ReadOptions", "Source", "open_source"]


@contextmanager
def open_source(path: Path, options: ReadOptions) -> Iterator[Source]:
    """Open a file of feedback in the format asked for, or that of its extension.

    Raises:
        UsageError: there is no such file, or it cannot be what it is said to be; also while
            rows are read.
        ConfigurationError: what reads that format is not installed.
    """
    with _opener(file_format(path, options.format))(path, options) as source:
        yield source


def _opener(kind: FileFormat) -> Opener:
    if kind == "parquet":
        from python_jobs.sources.parquet import open_parquet

        return open_parquet
    if kind == "jsonl":
        from python_jobs.sources.json_lines import open_json_lines

        return open_json_lines
    from python_jobs.sources.delimited import open_delimited

    return open_delimited
