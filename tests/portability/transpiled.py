"""The models as SQL Server gets them, run on Postgres: what they say must be what Postgres says.

sqlglot translates the T-SQL; where it would translate away what is to be shown, a function of
Postgres does here what T-SQL's of that name does (`_FUNCTIONS`).
"""

from __future__ import annotations

import json
from decimal import Decimal
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

import sqlglot
from psycopg import sql
from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

PREFIX = "tsql_"
"""Of the schemas that hold the translated models."""

COLLATION = "pg_c_utf8"
"""Stands for Latin1_General_100_BIN2: by code point, and lower() knows all scripts."""

_FUNCTIONS = """
create schema tsql;
create function tsql.nchar(integer) returns text language sql as 'select chr($1)';
create function tsql.switchoffset(timestamptz, text) returns timestamptz language sql
    as 'select $1';  -- the session is at UTC
create function tsql.sha256_hex(text) returns text language sql
    as $$ select upper(encode(sha256(convert_to($1, 'UTF8')), 'hex')) $$;
create function tsql.json_value(text, text) returns text language sql
    as $$ select jsonb_path_query_first(cast($1 as jsonb), cast($2 as jsonpath)) #>> '{}' $$;
create function tsql.datefromparts(numeric, numeric, numeric) returns date language sql
    as 'select make_date(cast($1 as integer), cast($2 as integer), cast($3 as integer))';
create function tsql.string_split(text, text) returns table (value text) language sql
    as 'select string_to_table($1, $2)';
-- boundaries of days that lie between, as T-SQL counts
create function tsql.datediff(text, timestamp, timestamp) returns integer language sql
    as $$ select case $1 when 'day' then cast($3 as date) - cast($2 as date) end $$;
create function tsql.dateadd(text, integer, timestamp) returns timestamp language sql
    as $$ select $3 + case $1 when 'day' then make_interval(days => $2)
        when 'month' then make_interval(months => $2) end $$;
create function tsql.dateadd(text, integer, date) returns date language sql
    as 'select cast(tsql.dateadd($1, $2, cast($3 as timestamp)) as date)';
"""


def build(connection: psycopg.Connection, models: dict[str, str], manifest: dict[str, Any]) -> None:
    """Make a table of each model from its T-SQL, in schemas of their own.

    Args:
        connection: to a database in which dbt has built the same models.
        models: T-SQL by name.
        manifest: dbt's; says what depends on what, and where it is.
    """
    prepare(connection)
    nodes = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    for schema in sorted(
        {node["schema"] for node in nodes.values()} | {"raw", "customer_insights"}
    ):
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(PREFIX + schema)))
    for source in manifest["sources"].values():
        view_of_table(connection, source["schema"], source["identifier"])
    for seed in manifest["nodes"].values():
        if seed["resource_type"] == "seed":
            view_of_table(connection, seed["schema"], seed["alias"])
    for name in _in_order(manifest):
        node = nodes[name]
        target = sql.Identifier(PREFIX + node["schema"], node["alias"])
        query = sql.SQL(to_postgres(models[name]))
        connection.execute(sql.SQL("create table {} as {}").format(target, query))


def prepare(connection: psycopg.Connection) -> None:
    """Give a session what T-SQL's functions do."""
    connection.execute("set timezone to 'UTC'")
    connection.execute(_FUNCTIONS.encode())


def _in_order(manifest: dict[str, Any]) -> Iterator[str]:
    parents = {
        name: node["depends_on"].get("nodes", ())
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
    }
    order = TopologicalSorter(parents).static_order()
    return (name.split(".")[2] for name in order if name in parents)


def view_of_table(connection: psycopg.Connection, schema: str, table: str) -> None:
    """A table as SQL Server would have it: bits, JSON as text, keys of a binary collation."""
    columns = connection.execute(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = %s and table_name = %s order by ordinal_position",
        [schema, table],
    ).fetchall()
    assert columns, f"no table {schema}.{table}"
    text = f'cast({{}} as text) collate "{COLLATION}"'
    casts = {"boolean": "cast({} as integer)", "jsonb": text, "text": text}
    parts = [
        sql.SQL(casts.get(kind, "{}") + " as {}").format(sql.Identifier(name), sql.Identifier(name))
        for name, kind in columns
    ]
    connection.execute(
        sql.SQL("create view {} as select {} from {}").format(
            sql.Identifier(PREFIX + schema, table),
            sql.SQL(", ").join(parts),
            sql.Identifier(schema, table),
        )
    )


def to_postgres(text: str) -> str:
    """A query of T-SQL as Postgres would say it."""
    tree = sqlglot.parse_one(text, dialect="tsql")
    for node in reversed(list(tree.walk())):  # the inner parts first
        translated = _translated(node)
        if translated is not node:
            node.replace(translated)
    return tree.sql("postgres")


def _translated(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Column) and node.db:
        return exp.column(node.this, node.args["table"], PREFIX + node.db)
    if isinstance(node, exp.Table) and node.db:
        return exp.table_(node.name, db=PREFIX + node.db, alias=node.alias or None)
    if isinstance(node, exp.DataType):
        return _TYPES.get(node.sql("tsql").lower(), node).copy()
    if isinstance(node, exp.Collate):
        return exp.Collate(this=node.this, expression=exp.to_identifier(COLLATION, quoted=True))
    if isinstance(node, exp.National):
        return exp.Literal.string(node.name)
    if isinstance(node, exp.Convert) and isinstance(node.expression, exp.SHA2):
        return _call("sha256_hex", node.expression.this)
    if isinstance(node, exp.DateAdd):
        return _call("dateadd", _unit(node), node.expression, node.this)
    if isinstance(node, exp.DateDiff):
        return _call("datediff", _unit(node), _time(node.expression), _time(node.this))
    if isinstance(node, exp.CurrentTimestampLTZ):
        return exp.CurrentTimestamp()
    if isinstance(node, exp.JSONExtractScalar):
        return _call("json_value", node.this, exp.Literal.string(node.expression.sql("tsql")[1:-1]))
    if isinstance(node, exp.DateFromParts):
        return _call("datefromparts", *(node.args[part] for part in ("year", "month", "day")))
    if isinstance(node, exp.Anonymous) and node.name.lower() in _ANONYMOUS:
        return _call(node.name.lower(), *node.expressions)
    return node


_ANONYMOUS = ("nchar", "string_split", "switchoffset")
"""Functions that sqlglot does not know, and `_FUNCTIONS` has."""

_TYPES = {
    "bit": exp.DataType.build("int"),
    "float": exp.DataType.build("double"),
    "nvarchar(max)": exp.DataType.build("text"),
    "varchar(max)": exp.DataType.build("text"),
}


def _unit(node: exp.Expr) -> exp.Expr:
    return exp.Literal.string(node.args["unit"].name.lower())


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    function = exp.Anonymous(this=name, expressions=list(arguments))
    return exp.Dot(this=exp.to_identifier("tsql"), expression=function)


def _time(node: exp.Expr) -> exp.Expr:
    inner = node.this if isinstance(node, exp.TimeStrToTime) else node
    return exp.cast(inner, "timestamp")


def differences(connection: psycopg.Connection, manifest: dict[str, Any]) -> dict[str, str]:
    """Models whose rows are not the same in both builds, with the first rows that differ."""
    found = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model":
            continue
        native = _rows(connection, node["schema"], node["alias"])
        foreign = _rows(connection, PREFIX + node["schema"], node["alias"])
        if native != foreign:
            here, there = set(native) - set(foreign), set(foreign) - set(native)
            found[node["name"]] = (
                f"{len(native)} and {len(foreign)} rows; only native: {sorted(here)[:2]}; "
                f"only translated: {sorted(there)[:2]}"
            )
    return found


def count_rows(
    connection: psycopg.Connection, manifest: dict[str, Any], schema: str
) -> dict[str, int]:
    """How many rows each translated model of a schema has."""
    return {
        node["name"]: len(_rows(connection, PREFIX + schema, node["alias"]))
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == schema
    }


BY_THE_CLOCK = "batch"
"""Says when a model was built; all other columns follow from the feedback."""


def _rows(connection: psycopg.Connection, schema: str, table: str) -> list[str]:
    relation = sql.Identifier(schema, table)
    cursor = connection.execute(sql.SQL("select * from {}").format(relation))
    names = [column.name for column in cursor.description or ()]
    return sorted(
        str(
            {
                name: plain(value)
                for name, value in zip(names, row, strict=True)
                if name != BY_THE_CLOCK
            }
        )
        for row in cursor
    )


def plain(value: object) -> object:
    """A value as both databases mean it: bits are booleans, JSON is its text, doubles are rounded.

    The last digits of logarithms and roots are each database's own.
    """
    if isinstance(value, (bool, int, Decimal)):
        return f"{Decimal(value).normalize():f}"
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return value
