"""The statements that a source is asked, for either database; nothing here connects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.storage.source.position import Mark
    from python_jobs.storage.source.query import Kind

# SQLAlchemy takes `:word` in a text for a parameter; a backslash before it says that it is none.
_COLON = re.compile(r"(?<![:\w]):(?=[\w$])")


@dataclass(frozen=True, slots=True)
class Relation:
    """What is read: a table (or view), or a query.

    Attributes:
        kind: of the server.
        table: name without schema; None for a query.
        schema: None for the server's default.
        query: as `check_query` returned it.
    """

    kind: Kind
    table: str | None = None
    schema: str | None = None
    query: str | None = None

    @property
    def name(self) -> str:
        """What messages call it."""
        if self.table is None:
            return "the query"
        return f"{self.schema}.{self.table}" if self.schema else self.table


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows, and in which order.

    Attributes:
        order: the watermark's column, or the key's where there is no watermark.
        low: from this value on; rows without a value always count.
        high: up to this value, both ends included.
        after_key: only keys behind this one (reads in the order of keys).
    """

    order: str
    low: Mark | None = None
    high: Mark | None = None
    after_key: Any = None


def probe(relation: Relation) -> sa.TextClause:
    """A statement that gives no row, and so only the columns."""
    return sa.text(f"select * from {_source_text(relation)} where 1 = 0")  # noqa: S608  (quoted)


def rows(relation: Relation, columns: Sequence[str], window: Window) -> sa.Select[Any]:
    """The window's rows in its order."""
    source = _source(relation, columns)
    return _within(sa.select(*source.c), source, window).order_by(source.c[window.order])


def highest(relation: Relation, columns: Sequence[str], order: str) -> sa.Select[Any]:
    """The highest watermark."""
    return sa.select(sa.func.max(_source(relation, columns).c[order]))


def key_faults(
    relation: Relation, columns: Sequence[str], key: str, window: Window
) -> sa.Select[Any]:
    """How many rows of the window have no key, and how many keys come more than once."""
    source = _source(relation, columns)
    counted = _within(
        sa.select(source.c[key].label("key_value"), sa.func.count().label("count_rows")),
        source,
        window,
    )
    groups = counted.group_by(source.c[key]).subquery("counted")
    return sa.select(
        sa.func.sum(sa.case((groups.c.key_value.is_(None), groups.c.count_rows), else_=0)),
        sa.func.sum(
            sa.case((groups.c.key_value.is_(None), 0), (groups.c.count_rows > 1, 1), else_=0)
        ),
    )


def _within(statement: sa.Select[Any], source: sa.FromClause, window: Window) -> sa.Select[Any]:
    column = source.c[window.order]
    if window.after_key is not None:
        return statement.where(column > window.after_key)
    if window.low is not None:
        statement = statement.where(sa.or_(column >= window.low, column.is_(None)))
    if window.high is not None:
        statement = statement.where(sa.or_(column <= window.high, column.is_(None)))
    return statement


def _source(relation: Relation, columns: Sequence[str]) -> sa.FromClause:
    named: list[sa.ColumnClause[Any]] = [sa.column(each) for each in columns]
    if relation.table is not None:
        return sa.table(relation.table, *named, schema=relation.schema)
    return sa.text(_escaped(relation.query)).columns(*named).subquery("source")


def _source_text(relation: Relation) -> str:
    if relation.table is None:
        return f"({_escaped(relation.query)}) as source"
    opening, closing = ('"', '"') if relation.kind == "postgres" else ("[", "]")
    parts = [each for each in (relation.schema, relation.table) if each]
    return _escaped(
        ".".join(f"{opening}{each.replace(closing, closing * 2)}{closing}" for each in parts),
        line_end="",
    )


def _escaped(query: str | None, line_end: str = "\n") -> str:
    # a line end, for a query that closes with a comment
    return _COLON.sub(r"\\:", query or "") + line_end
