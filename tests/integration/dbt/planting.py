"""One bad row for each data test of the project, in a transaction that is rolled back.

Every relation that the test reads is put aside and replaced by a table of the same rows, without
keys, checks or the view's rules: what no constraint lets in is what the test is there for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from tests.integration.dbt.planted import PLANTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Node = dict[str, Any]
Statement = sql.SQL | sql.Composed

ASIDE = "put_aside"
"""The schema that keeps the relations meanwhile."""

KINDS = ("not_null", "unique", "unique_combination", "relationships", "accepted_values")


def missed(connection: psycopg.Connection, test: Node, manifest: dict[str, Any]) -> list[str]:
    """What the test does not find.

    Args:
        connection: to a database in which dbt has built everything; nothing of it is changed.
        test: a data test of the manifest with its `compiled_code`.
        manifest: dbt's.

    Returns:
        The violations that it overlooked; the whole test, where nobody says how to break it.
    """
    read = [
        manifest["nodes"].get(name) or manifest["sources"][name]
        for name in test["depends_on"]["nodes"]
    ]
    try:
        plants = list(_violations(test, manifest))
    except LookupError as error:
        return [f"no violation is known for it: {error}"]
    overlooked = []
    for what, statement in plants:
        with connection.transaction(force_rollback=True):
            for node in read:
                _lay_bare(connection, *_place(node))
            planted = connection.execute(statement).rowcount
            rows = connection.execute(_select(test["compiled_code"])).fetchall()
            if not rows:
                overlooked.append(f"{what} ({planted} rows planted)")
    return overlooked


def _select(compiled: str) -> sql.SQL:
    return sql.SQL(compiled)  # dbt's own words


def _place(node: Node) -> tuple[str, str]:
    return str(node["schema"]), str(node.get("alias") or node["identifier"])


def _lay_bare(connection: psycopg.Connection, schema: str, name: str) -> None:
    here, aside = sql.Identifier(schema, name), sql.Identifier(ASIDE, name)
    (kind,) = connection.execute(
        "select relkind::text from pg_class where oid = %s::regclass", [here.as_string()]
    ).fetchone() or ("",)
    move = "alter view {} set schema {}" if kind == "v" else "alter table {} set schema {}"
    connection.execute(sql.SQL(move).format(here, sql.Identifier(ASIDE)))
    connection.execute(sql.SQL("create table {} as select * from {}").format(here, aside))


def _violations(test: Node, manifest: dict[str, Any]) -> Iterator[tuple[str, Statement]]:
    """What breaks the test, and the statement that does it; one for each bound it has."""
    about = test.get("test_metadata")
    if not about:
        for what, statement in PLANTED[test["name"]].items():
            yield what, sql.SQL(statement)  # written by us
        return
    table = sql.Identifier(*_place(manifest["nodes"][test["attached_node"]]))
    column, kind = test.get("column_name") or "", about["name"]
    arguments = about["kwargs"].get("arguments", about["kwargs"])
    if kind == "within_range":
        for bound, beyond in (("minimum", -1), ("maximum", 1)):
            if (limit := arguments.get(bound)) is not None:
                yield f"{column} = {limit + beyond}", _row(table, {column: limit + beyond})
    elif kind not in KINDS:
        raise LookupError(f"teach the generic test {kind} to {__name__}")
    elif kind in ("unique", "unique_combination"):
        filled = [column] if column else []
        yield "the same row twice", _row(table, {}, filled)
    else:
        value = None if kind == "not_null" else "nobody knows this"
        yield f"{column} = {value}", _row(table, {column: value})


def _row(table: sql.Identifier, change: dict[str, Any], filled: Sequence[str] = ()) -> Statement:
    """An insert of one row that is like another but for the change."""
    condition = [sql.SQL("{} is not null").format(sql.Identifier(each)) for each in filled]
    return sql.SQL(
        "insert into {table} "
        "select (jsonb_populate_record(cast(null as {table}), to_jsonb(found) || {change})).* "
        "from (select * from {table} where {condition} limit 1) as found"
    ).format(
        table=table,
        change=sql.Literal(json.dumps(change)),
        condition=sql.SQL(" and ").join(condition) if condition else sql.SQL("true"),
    )
