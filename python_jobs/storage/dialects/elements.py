"""Elements of statements that read differently on the two warehouses.

How each is compiled, `postgres` and `sqlserver` say; a statement made of them serves both.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine


# Their names are small: they are written as functions of SQL.
class now(FunctionElement[Any]):  # noqa: N801
    """The server's clock, which whoever looks goes by: this machine's may be wrong."""

    type = sa.DateTime(timezone=True)
    inherit_cache = True


class from_now(FunctionElement[Any]):  # noqa: N801
    """So many seconds after `now()`; to the millisecond."""

    type = sa.DateTime(timezone=True)
    inherit_cache = True

    def __init__(self, seconds: float) -> None:
        super().__init__(sa.literal(float(seconds), sa.Double))


class among(FunctionElement[bool]):  # noqa: N801
    """Whether a column of keys is one of these, of any number.

    They travel as one parameter: SQL Server takes 2,100 of them, Postgres 65,535.
    """

    type = sa.Boolean()
    inherit_cache = True

    def __init__(self, column: sa.ColumnElement[Any], values: Collection[str]) -> None:
        super().__init__(column, sa.bindparam("among", list(values), type_=_Keys, unique=True))

    def self_group(self, against: Any = None) -> Any:  # noqa: ARG002
        """It is a condition already; T-SQL would have to ask a value whether it is 1."""
        return self


class rows_of(FunctionElement[Any]):  # noqa: N801
    """Keys, of any number, as rows of a column `value`: select from its `table()`.

    They travel as those of `among` do.
    """

    inherit_cache = True

    def __init__(self, values: Collection[str]) -> None:
        super().__init__(sa.bindparam("keys", list(values), type_=_Keys, unique=True))

    def table(self) -> sa.TableValuedAlias:
        """With a name, which a set of rows has to have."""
        return self.table_valued(sa.column("value", sa.Unicode)).render_derived("given")


class to_the_letter(FunctionElement[str]):  # noqa: N801
    """A text as it is compared on Postgres: SQL Server's usual collations ignore case.

    Not for keys, which are compared so by their columns, and by an index.
    """

    type = sa.Unicode()
    inherit_cache = True


class json_field(FunctionElement[str]):  # noqa: N801
    """A field at the top of a JSON object as text, whatever its name; null where it is absent.

    On SQL Server also where it is an object, an array or longer than 4,000 characters.
    """

    type = sa.Unicode()
    inherit_cache = True

    def __init__(self, column: sa.ColumnElement[Any], name: str) -> None:
        super().__init__(column, sa.bindparam("field", name, type_=_Field, unique=True))


class new_scratch(ExecutableDDLElement):  # noqa: N801
    """Make a table of keys that is this connection's own, and empty.

    Its name begins with `#`, which is how SQL Server knows it. Without parameters on purpose: where
    a driver prepares a statement, SQL Server would drop the table with its end.
    """

    def __init__(self, table: sa.Table) -> None:
        self.table = table


class _Keys(sa.types.TypeDecorator[list[str]]):
    """Keys as an array, or as JSON where there are no arrays."""

    impl = sa.Unicode
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(
            ARRAY(sa.Text) if dialect.name == "postgresql" else sa.UnicodeText()
        )

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        return value if dialect.name == "postgresql" else json.dumps(value)  # ASCII only


class _Field(sa.types.TypeDecorator[str]):
    """A field's name, or the path to it."""

    impl = sa.Unicode
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        if dialect.name == "postgresql":
            return value
        return f"$.{json.dumps(value, ensure_ascii=False)}"


def worded(dialect: str, words: Mapping[type[FunctionElement[Any]], str]) -> None:
    """Say what each element reads like in a dialect, with `{}` for each of its arguments."""
    for element, wording in words.items():
        compiles(element, dialect)(_compiler_of(wording))


def _compiler_of(wording: str) -> Any:
    def compiled(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
        return wording.format(*(compiler.process(each, **options) for each in element.clauses))

    return compiled


def locked(query: sa.Select[Any], table: sa.FromClause) -> sa.Select[Any]:
    """The rows of a table kept for us alone until we commit.

    SQL Server's update lock would not do: it lets in those who share the row.
    """
    return query.with_hint(table, "with (xlock, rowlock)", "mssql").with_for_update()


def shared(query: sa.Select[Any], table: sa.FromClause) -> sa.Select[Any]:
    """The keys of rows kept as they are until we commit, beside others who want the same.

    The heartbeat gets at such a row on Postgres; on SQL Server it waits for our commit.
    """
    hinted = query.with_hint(table, "with (repeatableread, rowlock)", "mssql")
    return hinted.with_for_update(read=True, key_share=True)
