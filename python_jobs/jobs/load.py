"""Load a file of feedback into the raw tables: read, validate, stage, merge, count."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_jobs.errors import InsightsError, UsageError
from python_jobs.jobs.prepare import ensure_tables
from python_jobs.logs import Tick, progress
from python_jobs.settings import Settings, project_root
from python_jobs.sources import ReadOptions, Source, open_source
from python_jobs.sources.records import validator
from python_jobs.storage import raw
from python_jobs.storage.connection import psycopg_connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from python_jobs.sources.rows import Feedback, Rejection, SourceRow

_TICK_EVERY = 1_000  # rows


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What became of a file's rows: rows_in = loaded + unchanged + updated + rejected.

    Attributes:
        origin: 'demo', or the file's name.
        rows_in: records in the file; blank lines and the headings are none.
        loaded: new.
        unchanged: there already with the same content, or twice the same in this file.
        updated: there already with other content.
        rejected: in `raw.rejected_feedback` with their reasons.
        removed_demo: demo feedback that made room for the first feedback of one's own.
        seconds: from the first row to the commit.
        reasons: rejected rows by the code of their reason, the most frequent first.
    """

    origin: str
    rows_in: int
    loaded: int
    unchanged: int
    updated: int
    rejected: int
    removed_demo: int
    seconds: float
    reasons: dict[str, int]


def load(
    settings: Settings,
    path: Path | None,
    options: ReadOptions | None = None,
    *,
    strict: bool = False,
    demo: bool = False,
) -> LoadResult:
    """Load a file, all of it or nothing of it, apart from rows that are rejected.

    Args:
        settings: for the database.
        path: the file; None with `demo`.
        options: how to read it.
        strict: any rejected row is an error, and nothing is written.
        demo: load the bundled demo feedback.

    Raises:
        UsageError: the file cannot be read as what it is said to be, no row of it is good, or
            `strict` and `demo` are not met.
        DatabaseError: the database cannot be reached, refuses or stops.
    """
    path, origin = _origin(path, demo=demo)
    options = options or ReadOptions()
    with open_source(path, options) as source:
        ensure_tables(settings)
        started = time.monotonic()
        with psycopg_connect(settings) as connection, raw.database_errors():
            validate = validator(options)
            with progress(f"Loading {origin}", source.size, source.unit) as tick:
                rows_in = raw.stage(
                    connection, validated(source.rows, validate, _position_tick(source, tick))
                )
            counts = raw.merge(
                connection,
                settings.schema_name("raw"),
                origin,
                settings.schema_name("customer_insights"),
            )
            if strict and counts.unusable:
                raise UsageError(
                    f"{rejections(origin, rows_in, counts)}; nothing was loaded (--strict)",
                    hint="mend those rows, or load the others without --strict",
                )
            reconcile(rows_in, counts)
            connection.commit()
    if counts.unusable and counts.rejected == rows_in:
        raise UsageError(
            f"{rejections(origin, rows_in, counts)}; nothing was loaded",
            hint=f"see {settings.schema_name('raw')}.rejected_feedback; "
            "is each column the right one (--map)?",
        )
    return as_result(origin, rows_in, counts, time.monotonic() - started)


def _origin(path: Path | None, *, demo: bool) -> tuple[Path, str]:
    if demo:
        if path:
            raise UsageError("--demo loads the bundled feedback, so no FILE goes with it")
        return project_root() / "demo" / "feedback.csv", raw.DEMO_ORIGIN
    if not path:
        raise UsageError("no file to load", hint="insights load FILE, or insights load --demo")
    if path.name == raw.DEMO_ORIGIN:
        raise UsageError(
            f"a file named {raw.DEMO_ORIGIN!r} would pass for the demo feedback",
            hint="give it another name",
        )
    return path, path.name


def validated(
    rows: Iterable[SourceRow],
    validate: Callable[[SourceRow], Feedback | Rejection],
    tick: Callable[[int], None],
) -> Iterator[Feedback | Rejection]:
    """Validate row by row; `tick` is told how many rows, now and then and at the end."""
    told = number = 0
    for number, row in enumerate(rows, 1):
        yield validate(row)
        if number % _TICK_EVERY == 0:
            tick(number - told)
            told = number
    tick(number - told)


def _position_tick(source: Source, tick: Tick) -> Callable[[int], None]:
    """Advance by what was read of the file, in its own unit."""
    done = 0

    def advance(_rows: int) -> None:
        nonlocal done
        position = source.position()
        tick(position - done)
        done = position

    return advance


def reconcile(rows_in: int, counts: raw.MergeCounts) -> None:
    """Make sure that each row that came in is accounted for, before anything is committed.

    Raises:
        InsightsError: one is not.
    """
    out = counts.loaded + counts.unchanged + counts.updated + counts.rejected
    if rows_in != out:
        raise InsightsError(
            f"the counts do not reconcile: {rows_in} rows in, {out} accounted for; "
            "nothing was loaded",
            hint="feedback may have been deleted meanwhile: run the same command again",
        )


def rejections(origin: str, rows_in: int, counts: raw.MergeCounts) -> str:
    """How many rows were rejected and why, for a message."""
    whys = ", ".join(
        f"{each.reason} ({each.count}, first on line {each.first_line})" for each in counts.reasons
    )
    return f"{origin}: {counts.rejected} of {rows_in} rows rejected: {whys}"


def as_result(origin: str, rows_in: int, counts: raw.MergeCounts, seconds: float) -> LoadResult:
    """The counts for the user."""
    return LoadResult(
        origin=origin,
        rows_in=rows_in,
        loaded=counts.loaded,
        unchanged=counts.unchanged,
        updated=counts.updated,
        rejected=counts.rejected,
        removed_demo=counts.removed_demo,
        seconds=round(seconds, 3),
        reasons={each.reason: each.count for each in counts.reasons},
    )
