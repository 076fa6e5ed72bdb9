"""How values reach SQL Server: what its two drivers have to be told, which are both of ODBC."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Sequence

_INLINE = 4_000
"""UTF-16 units of the widest value that a driver binds in an array of rows."""
_OPTIONS: dict[str, dict[str, Any]] = {
    # pyodbc binds text as wide characters unless SQLAlchemy, seeing ASCII, tells it otherwise
    "mssql+pyodbc": {"fast_executemany": True, "use_setinputsizes": False},
    # arrays of rows go through `execute_many`; values by place, as pyodbc has them
    "mssql+mssqlpython": {"use_insertmanyvalues": False, "paramstyle": "qmark"},
}


def options(drivername: str) -> dict[str, Any]:
    """What `sqlalchemy.create_engine` has to be told for a driver."""
    return _OPTIONS[drivername]


def prepare(engine: sa.Engine) -> None:
    """Let an engine's values arrive as they are."""
    sa.event.listen(engine, "before_cursor_execute", _without_numpy, retval=True)
    if engine.dialect.driver == "mssqlpython":
        sa.event.listen(engine, "do_executemany", execute_many)
    elif engine.dialect.driver == "pyodbc":
        # a connection that its pool kept open would keep the session's locks
        engine.dialect.loaded_dbapi.pooling = False  # type: ignore[attr-defined]


def _without_numpy(
    _connection: sa.Connection,
    _cursor: object,
    statement: str,
    values: Any,
    _context: object,
    executemany: bool,
) -> tuple[str, Any]:
    """Numbers as Python's own: psycopg takes those of numpy as well, ODBC's drivers do not."""
    if executemany:
        return statement, [tuple(map(_own, row)) for row in values]
    return statement, tuple(map(_own, values))


def _own(value: Any) -> Any:
    return value.item() if type(value).__module__ == "numpy" else value


def execute_many(cursor: Any, statement: str, rows: Sequence[Any], _context: object) -> bool:
    """Run a statement for many rows with mssql-python, and tell SQLAlchemy that it is done.

    Its `executemany` takes the type of a column from one of its values: where that is ASCII, other
    rows lose their letters; where it is an integer, fractions fail. So each column is declared, and
    rows with a value too wide for an array go one by one.
    """
    narrow: list[list[Any]] = []
    wide: list[list[Any]] = []
    for row in rows:
        values = [bindable(each) for each in row]
        is_wide = any(isinstance(each, str) and _units(each) > _INLINE for each in values)
        (wide if is_wide else narrow).append(values)
    for values in wide:
        cursor.execute(statement, tuple(values))
    if narrow:
        sizes = [_size(column) for column in zip(*narrow, strict=True)]
        cursor.setinputsizes(sizes)
        floats = [at for at, (kind, *_) in enumerate(sizes) if kind == _DOUBLE]
        for values in narrow:
            for at in floats:
                values[at] = None if values[at] is None else float(values[at])
        cursor.executemany(statement, narrow)
    return True


def bindable(value: Any) -> Any:
    """A number, a truth value or None as it is; all else as text that the server converts."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value


_WVARCHAR, _BIGINT, _DOUBLE, _BIT = -9, -5, 8, -7
"""ODBC's types (sql.h, sqlext.h)."""


def _size(column: Sequence[Any]) -> tuple[int, int, int]:
    """Type, width and digits of a column for `setinputsizes`."""
    kinds = {type(each) for each in column if each is not None}
    if kinds and all(issubclass(kind, bool) for kind in kinds):
        return _BIT, 1, 0
    if kinds and all(issubclass(kind, int) for kind in kinds):
        return _BIGINT, 19, 0
    if kinds and all(issubclass(kind, (int, float)) for kind in kinds):
        return _DOUBLE, 53, 0
    if any(not issubclass(kind, str) for kind in kinds):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise TypeError(f"a column of {names} cannot be bound")
    return _WVARCHAR, max((_units(each) for each in column if each), default=1), 0


def _units(text: str) -> int:
    """UTF-16 units, as SQL Server counts characters."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
