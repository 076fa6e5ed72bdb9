"""A file opened for reading, whatever its format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from python_jobs.sources.options import ReadOptions

if TYPE_CHECKING:
    from python_jobs.sources.rows import SourceRow


@dataclass(frozen=True, slots=True)
class Source:
    """Rows to be read once, in the file's order.

    Attributes:
        rows: one at a time; reading on may raise `UsageError`.
        position: how far reading has come, in `unit`.
        size: where it will end.
        unit: "bytes" or "rows".
    """

    rows: Iterator[SourceRow]
    position: Callable[[], int]
    size: int
    unit: str


Opener = Callable[[Path, ReadOptions], AbstractContextManager[Source]]
