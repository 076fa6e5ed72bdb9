"""Open a source, check what can be checked, and stream its rows in order."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs.errors import UsageError
from python_jobs.sources.rows import SourceRow
from python_jobs.storage.source import kinds, statements
from python_jobs.storage.source.failures import UnknownTableError, source_errors
from python_jobs.storage.source.position import is_future

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from python_jobs.storage.source.connecting import SourceDatabase
    from python_jobs.storage.source.position import Mark
    from python_jobs.storage.source.statements import Relation, Window

_FETCH = 2_000
"""Rows a round trip; 40 MB where every text has 20,000 characters."""
_MOST_TABLES = 2_000
_MARKS = frozenset({datetime, date, int, Decimal})


@dataclass
class Reading:
    """An open source, in one transaction.

    Attributes:
        connection: to it.
        relation: what is read.
        columns: the relation's, in its order.
        role: who reads.
        mark: the highest watermark that `rows` gave so far; None before the first.
        key: the key of that row, where rows are read in the order of keys.
        count: the number of that row.
    """

    connection: sa.Connection
    relation: Relation
    columns: list[kinds.Column]
    role: str | None
    mark: Mark | None = None
    key: Any = None
    count: int = 0
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def names(self) -> list[str]:
        """The columns' names."""
        return [each.name for each in self.columns]

    def check_key(self, key: str, window: Window) -> None:
        """Refuse a key that is missing in some rows or comes twice: which row would count?

        Raises:
            UsageError: with how many.
        """
        if self._is_primary_key(key):
            return
        with source_errors(self.relation, self.role):
            row = self.connection.execute(
                statements.key_faults(self.relation, self.names, key, window)
            ).one()
        missing, repeated = (int(each or 0) for each in row)
        name = self.relation.name
        if missing:
            raise UsageError(
                f"{name}: {missing:,} rows have no {key!r}, which is mapped to feedback_id",
                hint=f"map another column, or leave them out: --query '… where {key} is not null'",
            )
        if repeated:
            raise UsageError(
                f"{name}: {repeated:,} values of {key!r} come more than once, and it is mapped to "
                "feedback_id, which tells one feedback from another",
                hint="map another column, or give a --query with one row each",
            )

    def highest(self, order: str) -> Mark | None:
        """The highest watermark there is."""
        with source_errors(self.relation, self.role):
            found: Mark | None = self.connection.scalar(
                statements.highest(self.relation, self.names, order)
            )
        return found

    def rows(
        self, window: Window, *, watermark: str | None, key: str, start: int, keep_mark: bool
    ) -> Generator[SourceRow]:
        """Stream the window; `mark` and `key` follow.

        Args:
            window: which rows.
            watermark: its column, None for a read in the order of keys.
            key: the column that is mapped to feedback_id.
            start: the first row's number less one.
            keep_mark: the watermark's column is a field too, and stays in the rows.

        Raises:
            PassingError: the server broke off, and a new attempt may succeed.
            UsageError, DatabaseError: it refuses.
        """
        names = self.names
        at = names.index(watermark or key)
        shown = names if keep_mark or not watermark else [*names[:at], *names[at + 1 :]]
        self.count = start
        with source_errors(self.relation, self.role):
            found = self.connection.execute(
                statements.rows(self.relation, names, window),
                execution_options={"stream_results": True, "max_row_buffer": _FETCH},
            )
            for row in _each(found):
                values = kinds.plain_values(row)
                if watermark:
                    mark = row[at]
                    if mark is not None:
                        self._remember(watermark, mark)
                else:
                    self.key = row[at]
                if shown is not names:
                    del values[at]
                self.count += 1
                yield SourceRow(self.count, dict(zip(shown, values, strict=True)))

    def _remember(self, watermark: str, mark: Any) -> None:
        if type(mark) not in _MARKS:
            raise kinds.not_orderable(watermark, type(mark).__name__, self.relation.name)
        # a date mistyped as 2206 is read each time; behind it nothing else would ever be
        if not is_future(mark, self.began_at):
            self.mark = mark

    def _is_primary_key(self, key: str) -> bool:
        if self.relation.table is None:
            return False
        try:
            found = sa.inspect(self.connection).get_pk_constraint(
                self.relation.table, self.relation.schema
            )
        except sa.exc.SQLAlchemyError:  # a view, or catalogues that this role may not read
            return False
        return found["constrained_columns"] == [key]


@contextmanager
def open_reading(source: SourceDatabase, relation: Relation) -> Iterator[Reading]:
    """Connect, and look at the columns.

    Raises:
        PassingError: the server cannot be reached for the moment.
        UsageError: there is no such table, with those that come near, or the query is wrong.
        DatabaseError: the server refuses; which grant is missing, where it is one.
    """
    with source_errors(relation, source.role):
        connection = source.connect()
    try:
        try:
            with source_errors(relation, source.role):
                result = connection.execute(statements.probe(relation))
                columns = kinds.describe(result.cursor.description, relation.kind)
                result.close()
        except UnknownTableError as error:
            if relation.table is None:
                raise
            connection.rollback()
            with source_errors(relation, source.role):
                raise _with_near_tables(connection, relation) from error
        yield Reading(connection, relation, columns, source.role)
    finally:
        _close(connection)


def _each(found: sa.CursorResult[Any]) -> Iterator[sa.Row[Any]]:
    try:
        for batch in found.partitions(_FETCH):
            yield from batch
    finally:
        with suppress(sa.exc.DBAPIError, OSError):  # the connection may be what broke
            found.close()


def _close(connection: sa.Connection) -> None:
    try:
        connection.rollback()
        connection.close()
    except Exception:  # it may have broken, and nothing was to be kept
        connection.invalidate()


def _with_near_tables(connection: sa.Connection, relation: Relation) -> UsageError:
    found = _tables(connection)
    plain = {f"{schema}.{table}".casefold(): f"{schema}.{table}" for schema, table in found}
    bare = {table.casefold(): f"{schema}.{table}" for schema, table in found}
    near = [plain[each] for each in get_close_matches(relation.name.casefold(), plain, 3, 0.7)]
    near += [bare[each] for each in get_close_matches((relation.table or "").casefold(), bare, 3)]
    near = list(dict.fromkeys(near))[:3]
    message = f"the source has no table or view {relation.name}"
    if near:
        return UsageError(
            f"{message}; there are {', '.join(near)}", hint=f"did you mean --table {near[0]}?"
        )
    shown = ", ".join(f"{schema}.{table}" for schema, table in found[:10])
    return UsageError(
        f"{message}; this role sees {shown or 'no table at all'}",
        hint="is it in another database, or may the role not see it? check INSIGHTS_SOURCE_URL",
    )


def _tables(connection: sa.Connection) -> Sequence[tuple[str, str]]:
    """Schema and name of what the role can see; the catalogue is the same in both."""
    catalogue = sa.table(
        "TABLES" if connection.dialect.name == "mssql" else "tables",
        sa.column("table_schema"),
        sa.column("table_name"),
        schema=(
            "INFORMATION_SCHEMA" if connection.dialect.name == "mssql" else "information_schema"
        ),
    )
    columns = catalogue.c.table_schema, catalogue.c.table_name
    query = (
        sa.select(*columns)
        .where(columns[0].not_in(["pg_catalog", "information_schema", "INFORMATION_SCHEMA", "sys"]))
        .order_by(*columns)
        .limit(_MOST_TABLES)
    )
    return [(str(schema), str(table)) for schema, table in connection.execute(query)]
