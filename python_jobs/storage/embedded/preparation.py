"""Role, database and extension of a running server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from python_jobs.errors import DatabaseError
from python_jobs.storage.embedded.configuration import ADMIN, DATABASE, ROLE

if TYPE_CHECKING:
    from python_jobs.storage.embedded.processes import Postmaster
    from python_jobs.storage.embedded.state import State


def prepare(state: State, running: Postmaster) -> None:
    """Make role, database and extension where they are missing; set the role's password.

    The role owns its database and may create roles (dbt makes the BI tools' read-only role), but
    is no superuser: since Postgres 16 CREATEROLE reaches only roles that it made itself.

    Raises:
        DatabaseError: the server refuses.
    """
    try:
        with admin_connection(state, running, ADMIN) as admin:
            _ensure_role(admin, state)
            _ensure_database(admin)
        with admin_connection(state, running, DATABASE) as admin:
            admin.execute("create extension if not exists vector")
            admin.execute("alter extension vector update")
    except psycopg.Error as error:
        raise DatabaseError(
            f"role, database and extension could not be made (SQLSTATE {error.sqlstate})",
            hint="if state.json was changed by hand, restore it",
        ) from None


def admin_connection(state: State, running: Postmaster, database: str) -> psycopg.Connection:
    """Connect as the superuser, by the socket: over TCP the server refuses it."""
    return psycopg.connect(
        host=running.socket_dir,
        port=running.port,
        user=ADMIN,
        password=state.admin_password,
        dbname=database,
        autocommit=True,
        application_name="insights",
    )


def _ensure_role(admin: psycopg.Connection, state: State) -> None:
    role = sql.Identifier(ROLE)
    if not admin.execute("select 1 from pg_roles where rolname = %s", (ROLE,)).fetchone():
        admin.execute(sql.SQL("create role {} login createrole").format(role))
    # The server gets the verifier, never the password itself.
    verifier = admin.pgconn.encrypt_password(
        state.password.encode(), ROLE.encode(), b"scram-sha-256"
    ).decode()
    admin.execute(sql.SQL("alter role {} password {}").format(role, sql.Literal(verifier)))


def _ensure_database(admin: psycopg.Connection) -> None:
    if not admin.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
        admin.execute(
            sql.SQL("create database {} owner {}").format(
                sql.Identifier(DATABASE), sql.Identifier(ROLE)
            )
        )
