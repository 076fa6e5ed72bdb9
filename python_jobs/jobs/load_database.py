"""Load feedback from a table or query of another database: only what is new, batch by batch.

Each batch goes the way of a file (`raw.stage`, `raw.merge`), and the position behind it is
written in its transaction: killed anywhere, the next load goes on behind what is stored.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from contextlib import closing
from dataclasses import astuple, dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from tenacity import Retrying, retry_if_exception

from python_jobs.errors import UsageError
from python_jobs.jobs.load import LoadResult, as_result, reconcile, rejections, validated
from python_jobs.jobs.prepare import ensure_tables
from python_jobs.logs import Tick, logger, progress
from python_jobs.sources.columns import assign, check_headings
from python_jobs.sources.options import ReadOptions
from python_jobs.sources.records import LONGEST_ID, validator
from python_jobs.storage import positions, raw
from python_jobs.storage.connection import psycopg_connect
from python_jobs.storage.failures import ConnectionLostError, PassingError
from python_jobs.storage.positions import Position
from python_jobs.storage.source import kinds
from python_jobs.storage.source import position as marks
from python_jobs.storage.source.connecting import SourceDatabase
from python_jobs.storage.source.query import Kind, check_query, parse_table, short_hash
from python_jobs.storage.source.reading import Reading, open_reading
from python_jobs.storage.source.statements import Relation, Window

if TYPE_CHECKING:
    from collections.abc import Generator

    import psycopg

    from python_jobs.settings import Settings
    from python_jobs.sources.rows import SourceRow

MOST_RETRIES = 5
FIRST_WAIT = 1.0
"""Seconds before the first retry, doubled with each up to 16; a stored batch starts them anew."""
BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """What to read, and from where on.

    Attributes:
        relation: the table or query.
        updated_at: a column that rises with each change; None to read all rows each time.
        overlap: how far before the last watermark to begin.
        full: begin anew, whatever was read before.
        origin: what raw tables call the source; None for database and table.
        batch_rows: rows of a transaction.
    """

    relation: Relation
    updated_at: str | None = None
    overlap: marks.Overlap = marks.USUAL
    full: bool = False
    origin: str | None = None
    batch_rows: int = BATCH_ROWS


def relation_of(kind: Kind, table: str | None, query: str | None) -> Relation:
    """The relation that the options name.

    Raises:
        UsageError: neither or both, or one that cannot be used.
    """
    if (table is None) == (query is None):
        raise UsageError(
            f"--from {kind} reads one --table or one --query",
            hint="as in --table shop.reviews",
        )
    if query is not None:
        return Relation(kind, query=check_query(query, kind))
    schema, name = parse_table(table or "")
    return Relation(kind, table=name, schema=schema)


def load_database(
    settings: Settings,
    source: DatabaseSource,
    options: ReadOptions | None = None,
    *,
    strict: bool = False,
) -> LoadResult:
    """Load what is new in a source; batches that are stored stay, whatever happens then.

    Args:
        settings: for the database, and for the source's address.
        source: what to read.
        options: how to read it; encoding, format and delimiter do not count.
        strict: any rejected row is an error, and nothing is written: one batch.

    Raises:
        ConfigurationError: the source's address is missing or unusable.
        UsageError: no such table or column, a type or a key that cannot be used, no good row.
        DatabaseError: a server cannot be reached, refuses, or broke off too often.
    """
    with SourceDatabase(settings, source.relation.kind) as database:
        origin = _origin(source, database)
        ensure_tables(settings)
        work = _Load(settings, database, source, options or ReadOptions(), strict, origin)
        started = time.monotonic()
        with progress(f"Loading {origin}", None, "rows") as tick:
            work.run(tick)
    counts = work.counts
    if work.is_fresh and counts.unusable and counts.rejected == work.rows_in:
        raise UsageError(
            f"{rejections(origin, work.rows_in, counts)}; nothing was loaded",
            hint=f"see {settings.schema_name('raw')}.rejected_feedback; "
            "is each column the right one (--map)? Then load with --full",
        )
    return as_result(origin, work.rows_in, counts, time.monotonic() - started)


def _origin(source: DatabaseSource, database: SourceDatabase) -> str:
    relation = source.relation
    what = relation.name if relation.table else f"query-{short_hash(relation.query or '')}"
    origin = source.origin or f"{relation.kind}/{database.name}/{what}"
    if origin == raw.DEMO_ORIGIN or not origin.strip() or len(origin) > LONGEST_ID:
        raise UsageError(
            f"--origin cannot be {origin[:40]!r}",
            hint=f"give a name of at most {LONGEST_ID} characters, and not {raw.DEMO_ORIGIN!r}",
        )
    return origin


@dataclass(frozen=True, slots=True)
class _Plan:
    """One attempt: which rows, and the position before them."""

    window: Window
    watermark: str | None
    key: kinds.Column
    keep_mark: bool
    before: Position


class _Load:
    """One load, over as many attempts as it takes."""

    def __init__(
        self,
        settings: Settings,
        database: SourceDatabase,
        source: DatabaseSource,
        options: ReadOptions,
        strict: bool,
        origin: str,
    ) -> None:
        self.settings, self.database, self.source = settings, database, source
        self.options, self.strict, self.origin = options, strict, origin
        self.rows_in = 0
        self.counts = raw.MergeCounts(0, 0, 0, 0, ())
        self.is_fresh = False
        self._stored = self._connected = False
        self._failures = 0
        self._part: raw.Part = "first"
        self._jobs = settings.schema_name("customer_insights")
        self._fingerprint = _fingerprint(source, options)

    def run(self, tick: Tick) -> None:
        """Read to the end, again from what is stored where a server broke off."""
        retrying = Retrying(
            retry=retry_if_exception(self._may_pass),
            wait=lambda _: min(FIRST_WAIT * 2 ** (self._failures - 1), 16 * FIRST_WAIT),
            stop=lambda _: self._failures > MOST_RETRIES,
            before_sleep=lambda state: logger.warning(
                "%s; trying again (%d of %d)",
                getattr(state.outcome and state.outcome.exception(), "message", "lost"),
                self._failures,
                MOST_RETRIES,
            ),
            reraise=True,
        )
        retrying(self._attempt, tick)

    def _may_pass(self, error: BaseException) -> bool:
        # A server that was never reached is rather a wrong address than one that restarts.
        if isinstance(error, ConnectionLostError) and not self._connected:
            return False
        self._failures += 1
        return isinstance(error, PassingError)

    def _attempt(self, tick: Tick) -> None:
        lost = "what was stored before stays" if self._stored else "nothing was loaded"
        with (
            open_reading(self.database, self.source.relation) as reading,
            raw.database_errors(lost),
            psycopg_connect(self.settings) as connection,
        ):
            self._connected = True
            plan = self._plan(reading, self._position(connection))
            rows = reading.rows(
                plan.window,
                watermark=plan.watermark,
                key=plan.key.name,
                start=plan.before.count_rows,
                keep_mark=plan.keep_mark,
            )
            with closing(rows):
                self._store_all(connection, plan, reading, rows, tick)

    def _store_all(
        self,
        connection: psycopg.Connection,
        plan: _Plan,
        reading: Reading,
        rows: Generator[SourceRow],
        tick: Tick,
    ) -> None:
        validate = validator(self.options)
        most = None if self.strict else self.source.batch_rows
        more = True
        while more:
            staged = raw.stage(connection, validated(islice(rows, most), validate, tick))
            more = staged == most
            self._store(connection, staged, self._behind(plan, reading, more))

    def _position(self, connection: psycopg.Connection) -> Position:
        found = positions.read(connection, self._jobs, self.origin)
        connection.rollback()
        anew = self.source.full and not self._stored
        if found and found.fingerprint != self._fingerprint:
            logger.info("%s is read differently now: reading all of it again", self.origin)
            anew = True
        # of earlier rejections only a read from the beginning makes all void
        self._part = "first"
        if found is None or anew:
            self.is_fresh, self._part = True, "all"
            return Position(self._fingerprint)
        if self._stored:
            self._part = "later"
        return found

    def _plan(self, reading: Reading, before: Position) -> _Plan:
        name = self.source.relation.name
        check_headings(reading.names, self.options, name)
        targets = assign(reading.names, self.options.column_map)
        fields = {ours: theirs for theirs, ours in targets.items() if ours}
        kinds.check_fields(reading.columns, fields, name)
        key = next(each for each in reading.columns if each.name == fields["feedback_id"])
        watermark = None
        if self.source.updated_at:
            watermark = kinds.check_watermark(reading.columns, self.source.updated_at, name)
            window = self._watermark_window(reading, watermark, before)
        else:
            window = Window(key.name, after_key=_as_key(before.last_key, key))
            if before.last_key is not None:
                logger.info("Going on where the last load of %s stopped", self.origin)
        reading.check_key(key.name, window)
        keep = watermark is not None and targets[watermark] is not None
        return _Plan(window, watermark, key, keep, before)

    def _watermark_window(self, reading: Reading, watermark: str, before: Position) -> Window:
        mark = marks.from_stored(before.watermark)
        low = marks.before(mark, self.source.overlap) if mark is not None else None
        if low is not None:
            logger.info("Reading %s from %s %s on", self.origin, watermark, low)
        # without a snapshot, a row that changes during the read would be seen twice
        has_snapshot = self.source.relation.kind == "postgres"
        high = None if has_snapshot else reading.highest(watermark)
        return Window(watermark, low, high)

    def _behind(self, plan: _Plan, reading: Reading, more: bool) -> Position:
        """The position behind a batch."""
        mark = marks.later(marks.from_stored(plan.before.watermark), reading.mark)
        is_resumable = more and plan.watermark is None and plan.key.kind in _KEYS
        return Position(
            self._fingerprint,
            watermark=marks.as_stored(mark) if plan.watermark else None,
            last_key=str(reading.key) if is_resumable else None,
            count_rows=reading.count,
            is_finished=not more,
        )

    def _store(self, connection: psycopg.Connection, staged: int, behind: Position) -> None:
        counts = raw.merge(
            connection, self.settings.schema_name("raw"), self.origin, self._jobs, self._part
        )
        if self.strict and counts.unusable:
            raise UsageError(
                f"{rejections(self.origin, staged, counts)}; nothing was loaded (--strict)",
                hint="mend those rows, or load the others without --strict",
            )
        reconcile(staged, counts)
        positions.write(connection, self._jobs, self.origin, behind)
        connection.commit()
        self._stored, self._failures, self._part = True, 0, "later"
        self.rows_in += staged
        self.counts = _sum(self.counts, counts)


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number


_KEYS: dict[str, Any] = {"text": str, "id": uuid.UUID, "number": _number}
"""Kinds of keys in whose order an unfinished read can go on, and what makes one of its text."""


def _as_key(text: str | None, column: kinds.Column) -> Any:
    return None if text is None or column.kind not in _KEYS else _KEYS[column.kind](text)


def _fingerprint(source: DatabaseSource, options: ReadOptions) -> str:
    """Of everything that decides what becomes of a row."""
    relation = source.relation
    how = [
        *(relation.kind, relation.schema, relation.table, relation.query, source.updated_at),
        *(sorted(options.column_map.items()), options.date_formats, str(options.timezone)),
        *(str(each) for each in astuple(options.rating_scale)),
    ]
    return hashlib.sha256(json.dumps(how, ensure_ascii=False).encode()).hexdigest()


def _sum(one: raw.MergeCounts, other: raw.MergeCounts) -> raw.MergeCounts:
    reasons = {each.reason: each for each in one.reasons}
    for each in other.reasons:
        known = reasons.get(each.reason)
        reasons[each.reason] = replace(known, count=known.count + each.count) if known else each
    return raw.MergeCounts(
        one.loaded + other.loaded,
        one.updated + other.updated,
        one.unchanged + other.unchanged,
        one.removed_demo + other.removed_demo,
        tuple(sorted(reasons.values(), key=lambda each: (-each.count, each.reason))),
    )
