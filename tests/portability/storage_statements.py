"""The statements of storage as SQL Server would get them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs.storage.erasure_tables import SCRATCH
from tests.portability.kinds import Tables, of_type
from tests.portability.storage_calls import CALLS, MSSQL, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEYS = re.compile(r"\(select cast\(\[value\] as [^?]*openjson\(\?\)\)")
"""How a list of keys travels; sqlglot does not know openjson."""
_ROWS = re.compile(_KEYS.pattern + r" AS given\(value\)")
_ONE_ROW = "(select cast(? as nvarchar(4000)) collate Latin1_General_100_BIN2 as value) as given"

_OF_SCRATCH = of_type("nvarchar(4000) collate Latin1_General_100_BIN2").as_column()
SCRATCH_TABLES: Tables = {
    ("", table.name): dict.fromkeys(table.c.keys(), _OF_SCRATCH) for table in SCRATCH
}
"""What an erasure makes for itself."""


@cache
def statements() -> dict[str, tuple[str, Any]]:
    """(function, statement) by T-SQL."""
    return {t_sql(statement): (name, statement) for name, statement in _said()}


def _said() -> Iterator[tuple[str, Any]]:
    for name, calls in CALLS.items():
        for call in calls:
            recorder = Recorder()
            call(recorder)
            yield from ((name, statement) for statement in recorder.said)


def t_sql(statement: Any) -> str:
    """With question marks for values."""
    # in two steps SQLAlchemy writes the number after `top`, which cannot be a parameter
    options = {} if isinstance(statement, sa.TextClause) else {"render_postcompile": True}
    return str(statement.compile(dialect=MSSQL, compile_kwargs=options))


def queries_of(statement: Any) -> Iterator[str]:
    """What a statement asks: itself, its condition, or what it inserts; keys as one value."""
    query = None
    if isinstance(statement, sa.Select):
        query = statement
    elif isinstance(statement, (sa.Update, sa.Delete)):
        one = sa.select(sa.literal(1).label("one")).select_from(statement.table)
        query = one.where(*statement._where_criteria)
    elif isinstance(statement, sa.Insert):
        query = statement.select
    if query is not None:
        yield _KEYS.sub("(?)", _ROWS.sub(_ONE_ROW, t_sql(query)))
