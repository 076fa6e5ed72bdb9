"""Messages and progress on stderr: for people on a terminal, JSON lines elsewhere.

Data goes to stdout, everything here to stderr. No caller may pass feedback text, keys or
connection strings.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
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
    from collections.abc import Callable, Iterator

LOGGER_NAME = "insights"
logger = logging.getLogger(LOGGER_NAME)

CORRELATION_ID = "INSIGHTS_CORRELATION_ID"
"""The variable that says which run of an orchestrator, or of `run_pipeline.sh`, we belong to."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """One event a line: time, level, message, correlation id where there is one, and
    whatever `extra` holds.
    """

    def __init__(self, correlation_id: str | None = None) -> None:
        super().__init__()
        self._correlation_id = correlation_id

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one JSON object."""
        event: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if self._correlation_id:
            event["correlation_id"] = self._correlation_id
        event |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info and record.exc_info[0]:
            event["exception"] = record.exc_info[0].__name__
        return json.dumps(event, ensure_ascii=False, default=str)


def stderr_console() -> Console:
    """A console on stderr, made when asked for so that tests can capture it."""
    return Console(stderr=True, highlight=False)


def configure(
    log_format: Literal["auto", "text", "json"] = "auto",
    *,
    verbose: bool = False,
    correlation_id: str | None = None,
) -> None:
    """Send the project's log to stderr, as text on a terminal and as JSON lines elsewhere.

    Args:
        log_format: text or JSON whoever watches, or `auto`.
        verbose: details, too.
        correlation_id: for JSON lines; by default what the environment says.
    """
    as_json = log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())
    handler: logging.Handler
    if as_json:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter(correlation_id or os.environ.get(CORRELATION_ID)))
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
def progress(
    what: str, total: int | None, unit: str = "items", cost: Callable[[], str] | None = None
) -> Iterator[Tick]:
    """A progress bar on a terminal, a log line every tenth part elsewhere.

    Both show the rate and the time left.

    Args:
        what: the activity, as in "Embedding".
        total: items expected, None where unknown.
        unit: what is counted.
        cost: says what was spent so far, as in "$0.0123"; empty where nothing is.
    """
    pace = _Pace(total, cost or (lambda: ""))
    if sys.stderr.isatty():
        yield from _bar(what, pace)
    else:
        yield from _lines(what, unit, pace)


class _Pace:
    """How fast it goes, and what it costs.

    Args:
        total: items expected, None where unknown.
        cost: says what was spent so far.
    """

    def __init__(self, total: int | None, cost: Callable[[], str]) -> None:
        self.total = total
        self.done = 0
        self._cost = cost
        self._start = time.monotonic()

    @property
    def _rate(self) -> float:
        return self.done / max(time.monotonic() - self._start, 1e-3)

    def rate_and_cost(self) -> str:
        """As in "120/s, $0.0123"."""
        digits = 0 if self._rate >= 10 else 1
        return ", ".join(filter(None, [f"{self._rate:.{digits}f}/s", self._cost()]))

    def left(self) -> str:
        """As in ", 0:01:23 left"; empty at the end and where nobody knows."""
        if not self.total or self.done >= self.total:
            return ""
        return f", {timedelta(seconds=round((self.total - self.done) / self._rate))} left"


def _bar(what: str, pace: _Pace) -> Iterator[Tick]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=stderr_console()) as bar:
        task = bar.add_task(what, total=pace.total, pace="")

        def tick(count: int = 1) -> None:
            pace.done += count
            bar.update(task, advance=count, pace=pace.rate_and_cost())

        yield tick


def _lines(what: str, unit: str, pace: _Pace) -> Iterator[Tick]:
    step = max(1, pace.total // 10) if pace.total else 10_000
    due = step
    of_total = f" of {pace.total}" if pace.total else ""

    def tick(count: int = 1) -> None:
        nonlocal due
        pace.done += count
        if pace.done >= due:
            due = pace.done - pace.done % step + step
            logger.info(
                "%s: %d%s %s, %s%s",
                what,
                pace.done,
                of_total,
                unit,
                pace.rate_and_cost(),
                pace.left(),
            )

    yield tick
