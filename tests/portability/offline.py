"""Everything that dbt would send to SQL Server, written down where no server is.

Run by the fixture `offline`, in a process of its own: dbt keeps global state.
First what the project promises to work without a server, `dbt parse` and `dbt compile`; then
`dbt seed`, `dbt run` and the upgrade of old job tables, on a connection that answers nothing and
notes everything.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.sqlserver.sqlserver_connections import SQLServerConnectionManager
from dbt.cli.main import dbtRunner

from tests.portability import own_table

READER = "bi_reader"
"""The role that this database has."""
DAY = "2026-05-31"
"""A past day that models are compiled for."""

OLDEST_JOB_TABLES = 1
"""The version from which every upgrade runs."""


class Cursor:
    """Finds nothing, but a number for a version or whether a schema exists, and one role."""

    rowcount = 0

    def __init__(self, heard: list[str], number: int) -> None:
        self._heard, self._number = heard, number
        self.description: list[tuple[str, type]] = []
        self._answer: int | str = number

    def execute(self, statement: str, *bindings: object) -> Cursor:
        self._heard.append(statement)
        asks = any(word in statement for word in ("max(version)", "schema_exist"))
        self.description = [("number", int)] if asks else []
        self._answer = self._number
        if "sys.database_principals" in statement:
            self.description, self._answer = [("name", str)], READER
        return self

    def fetchall(self) -> list[tuple[int | str]]:
        return [(self._answer,)] if self.description else []

    def nextset(self) -> bool:
        return False

    def close(self) -> None: ...


class Handle:
    """A connection to nobody."""

    autocommit = True

    def __init__(self, heard: list[str], number: int) -> None:
        self._heard, self._number = heard, number

    def cursor(self) -> Cursor:
        return Cursor(self._heard, self._number)

    def close(self) -> None: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...


def listen(number: int) -> list[str]:
    """From now on every connection notes its statements in the list that is returned."""
    heard: list[str] = []

    def open_connection(cls: type, connection: Connection) -> Connection:
        connection.handle = Handle(heard, number)
        connection.state = ConnectionState.OPEN
        return connection

    SQLServerConnectionManager.open = classmethod(open_connection)  # type: ignore[method-assign, assignment]
    return heard


def command(manifest: Any, *arguments: str) -> Any:
    """Run one dbt command; its result, or the end of the process with dbt's own words."""
    finished = dbtRunner(manifest=manifest).invoke(["--quiet", "--no-partial-parse", *arguments])
    if not finished.success:
        for each in getattr(finished.result, "results", ()):
            sys.stderr.write(f"{each.node.name} {each.status} {each.message}\n")
        sys.exit(f"dbt {' '.join(arguments)}: {finished.exception or 'failed'}")
    return finished.result


def compiled(manifest: Any, kind: str) -> dict[str, str]:
    """Compiled code of all nodes of a kind, by unique id."""
    return {
        name: node.compiled_code
        for name, node in manifest.nodes.items()
        if node.resource_type == kind and node.compiled_code
    }


def main() -> None:
    """Write `offline.json` and dbt's own files into the folder that is given."""
    folder = Path(sys.argv[1])
    manifest = command(None, "parse")
    without_server = ("compile", "--no-introspect", "--no-populate-cache")
    command(manifest, *without_server)
    found: dict[str, Any] = {
        kind: compiled(manifest, kind) for kind in ("model", "test", "snapshot")
    }
    grows = [
        name
        for name, node in manifest.nodes.items()
        if node.resource_type == "model" and node.config.materialized == "incremental"
    ]
    found["incremental"] = {}
    if grows:
        again = command(None, "parse", "--vars", "compile_incremental: true")
        command(again, *without_server, "--vars", "compile_incremental: true")
        found["incremental"] = {name: again.nodes[name].compiled_code for name in grows}
    past = ("--vars", json.dumps({"as_of": DAY, **own_table.VARS}))
    of_past = command(None, "parse", *past)
    command(
        of_past, *without_server, *past, "--select", "path:models", "--indirect-selection=empty"
    )
    found["as_of"] = {
        name: text.replace(f"_as_of_{DAY.replace('-', '_')}", "")
        for name, text in compiled(of_past, "model").items()
    }
    (reader,) = (name for name in found["model"] if name.endswith(f".{own_table.MODEL}"))
    found["own"] = found["as_of"].pop(reader)
    fresh = listen(0)
    command(manifest, "seed")
    command(manifest, "run")
    upgrade = listen(OLDEST_JOB_TABLES)
    command(manifest, "run-operation", "create_tables")
    found["statements"] = fresh + upgrade
    (folder / "offline.json").write_text(json.dumps(found), encoding="utf-8")
