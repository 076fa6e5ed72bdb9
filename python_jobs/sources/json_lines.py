"""JSON Lines: one object a line."""

from __future__ import annotations

import json
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.sources.columns import assign, check_map, check_required
from python_jobs.sources.files import open_text
from python_jobs.sources.reader import Source
from python_jobs.sources.rows import SourceRow, UnusableValueError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_jobs.sources.options import ReadOptions

LONGEST_LINE = 50_000_000  # characters; what is longer is no JSON Lines
_MOST_KEYS = 1_000


@contextmanager
def open_json_lines(path: Path, options: ReadOptions) -> Iterator[Source]:
    """Open a JSON Lines file.

    Which columns there are is known only at its end: reading the last row raises `UsageError`
    where no object had a required column, or a mapped one.

    Raises:
        UsageError: it is one JSON array, or no such text.
    """
    with open_text(path, options) as file:
        file.stream.reconfigure(newline="\n")

        def rows() -> Iterator[SourceRow]:
            with file.errors():
                yield from _rows(file.stream, options, path.name)

        yield Source(rows(), file.position, file.size, "bytes")


def _rows(stream: IO[str], options: ReadOptions, name: str) -> Iterator[SourceRow]:
    seen: dict[str, None] = {}
    for line, text in enumerate(iter(partial(stream.readline, LONGEST_LINE), ""), 1):
        if len(text) >= LONGEST_LINE:
            raise UsageError(
                f"{name}: line {line} is longer than {LONGEST_LINE:,} characters",
                hint="JSON Lines has one object a line",
            )
        text = text.lstrip("\ufeff") if line == 1 else text
        if not text.strip():
            continue
        if line == 1 and text.lstrip().startswith("["):
            raise UsageError(
                f"{name} begins with a JSON array, and JSON Lines has one object a line",
                hint="turn it into lines, as in: jq -c '.[]' FILE > FILE.jsonl",
            )
        row = _row(line, text)
        if not row.problem and not row.values.keys() <= seen.keys() and len(seen) < _MOST_KEYS:
            seen |= dict.fromkeys(row.values)
        yield row
    if seen:
        _check_seen(list(seen), options, name)


def _row(line: int, text: str) -> SourceRow:
    try:
        value = json.loads(text, parse_constant=str, object_pairs_hook=_distinct)
    except UnusableValueError as problem:
        return SourceRow(line, {}, str(problem))
    except (ValueError, RecursionError):  # ValueError: also a whole number of 4,300 digits
        return SourceRow(line, {}, "not a JSON object")
    if not isinstance(value, dict):
        return SourceRow(line, {}, "not a JSON object")
    return SourceRow(line, value)


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    whole = dict(pairs)
    if len(whole) != len(pairs):
        raise UnusableValueError("repeated key in a JSON object")
    return whole


def _check_seen(keys: list[str], options: ReadOptions, name: str) -> None:
    check_map(keys, options, name)
    fields = {assign([key], options.column_map)[key] for key in keys}
    check_required({field for field in fields if field}, keys, options, name)
