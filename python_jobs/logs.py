"""Messages and progress on stderr: for people on a terminal, JSON lines elsewhere.

Data goes to stdout, everything here to stderr. No caller may pass feedback text, keys or
connection strings.
"""

from __future__ import annotations

import json
import logging
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Protocol

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGGER_NAME = "insights"
logger = logging.getLogger(LOGGER_NAME)

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """One event a line: time, level, message and whatever `extra` holds."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one JSON object."""
        event: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        event |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info and record.exc_info[0]:
            event["exception"] = record.exc_info[0].__name__
        return json.dumps(event, ensure_ascii=False, default=str)


def stderr_console() -> Console:
    """A console on stderr, made when asked for so that tests can capture it."""
    return Console(stderr=True, highlight=False)


def configure(
    log_format: Literal["auto", "text", "json"] = "auto", *, verbose: bool = False
) -> None:
    """Send the project's log to stderr, as text on a terminal and as JSON lines elsewhere."""
    as_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    handler: logging.Handler
    if as_json:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
    else:
        handler = RichHandler(
            console=stderr_console(), show_path=False, show_time=False, markup=False
        )
        handler.setFormatter(logging.Formatter("%(message)s"))
    logger.handlers[:] = [handler]
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    logger.propagate = False


class Tick(Protocol):
    """Say that `count` more items are done."""

    def __call__(self, count: int = 1) -> None:
        """Advance."""


@contextmanager
def progress(what: str, total: int | None, unit: str = "items") -> Iterator[Tick]:
    """A progress bar on a terminal, a log line every tenth part elsewhere.

    Args:
        what: the activity, as in "Embedding".
        total: items expected, None where unknown.
        unit: what is counted.
    """
    if sys.stderr.isatty():
        yield from _bar(what, total)
    else:
        yield from _lines(what, total, unit)


def _bar(what: str, total: int | None) -> Iterator[Tick]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=stderr_console()) as bar:
        task = bar.add_task(what, total=total)

        def tick(count: int = 1) -> None:
            bar.advance(task, count)

        yield tick


def _lines(what: str, total: int | None, unit: str) -> Iterator[Tick]:
    done = 0
    step = max(1, total // 10) if total else 10_000
    due = step

    def tick(count: int = 1) -> None:
        nonlocal done, due
        done += count
        if done >= due:
            due = done - done % step + step
            logger.info("%s: %d%s %s", what, done, f" of {total}" if total else "", unit)

    yield tick
