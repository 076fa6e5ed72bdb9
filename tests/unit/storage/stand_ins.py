"""Stand-ins for SQL Server and its drivers: they note what they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import mssql

if TYPE_CHECKING:
    from collections.abc import Sequence


def said(statement: Any, dialect: Any) -> str:
    return " ".join(str(statement.compile(dialect=dialect())).split())


class Cursor:
    """Notes what a driver would do."""

    def __init__(self, answers: dict[str, object] | None = None) -> None:
        self.done: list[Any] = []
        self.answers = answers or {}
        self.rowcount = -1

    def setinputsizes(self, sizes: Sequence[tuple[int, int, int]]) -> None:
        self.done.append(("sizes", list(sizes)))

    def executemany(self, _statement: str, rows: Sequence[Sequence[Any]]) -> None:
        self.done.append(("rows", [tuple(row) for row in rows]))

    def execute(self, statement: str, row: Sequence[Any] = ()) -> None:
        self.done.append(("row", tuple(row), statement))


class Connection:
    """A connection to SQL Server as far as locks go: it answers by the name of the procedure."""

    dialect = mssql.dialect()

    def __init__(self, *answers: int) -> None:
        self.answers, self.asked = list(answers), []

    def execute(self, statement: Any, values: dict[str, Any] | None = None) -> Any:
        self.asked.append((str(statement), values))
        return self

    def scalar_one(self) -> int:
        return self.answers.pop(0)

    def scalar(self, statement: Any) -> int:
        self.asked.append((str(statement), statement.compile().params))
        return self.answers.pop(0)


class DriverError(Exception):
    """As a driver of SQL Server words it."""
