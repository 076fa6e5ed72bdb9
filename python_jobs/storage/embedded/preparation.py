"""Roles, database and extension of a running server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from python_jobs.errors import DatabaseError
from python_jobs.storage.embedded.configuration import ADMIN, DATABASE, READER, ROLE

if TYPE_CHECKING:
    from python_jobs.storage.embedded.processes import Postmaster
    from python_jobs.storage.embedded.state import State


def prepare(state: State, running: Postmaster) -> None:
    """Make roles, database and extension where they are missing; set the roles' passwords.

    `insights` owns its database and is nothing more. `bi_reader` may log in: what it may read is
    for dbt to grant.

    Raises:
        DatabaseError: the server refuses.
    """
    try:
        with admin_connection(state, running, ADMIN) as admin:
            _ensure_role(admin, ROLE, state.password)
            _ensure_role(admin, READER, state.reader_password)
            _ensure_database(admin)
        with admin_connection(state, running, DATABASE) as admin:
            admin.execute("create extension if not exists vector")
            admin.execute("alter extension vector update")
    except psycopg.Error as error:
        raise DatabaseError(
            f"roles, database and extension could not be made (SQLSTATE {error.sqlstate})",
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


def _ensure_role(admin: psycopg.Connection, name: str, password: str) -> None:
    role = sql.Identifier(name)
    if not admin.execute("select 1 from pg_roles where rolname = %s", (name,)).fetchone():
        admin.execute(sql.SQL("create role {} login").format(role))
    # The server gets the verifier, never the password itself.
    verifier = admin.pgconn.encrypt_password(
        password.encode(), name.encode(), b"scram-sha-256"
    ).decode()
    # An earlier version let `insights` create roles.
    admin.execute(
        sql.SQL("alter role {} nocreaterole password {}").format(role, sql.Literal(verifier))
    )


def _ensure_database(admin: psycopg.Connection) -> None:
    name = sql.Identifier(DATABASE)
    if not admin.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
        admin.execute(sql.SQL("create database {} owner {}").format(name, sql.Identifier(ROLE)))
    # Otherwise whoever may connect may make temporary tables.
    admin.execute(sql.SQL("revoke temporary on database {} from public").format(name))
