"""Databases that tests may do as they like with, on the session's embedded server."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from psycopg import sql

from python_jobs.storage.embedded import preparation, processes, state
from python_jobs.storage.embedded.configuration import ADMIN, ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psycopg

    from python_jobs.storage.embedded import ServerInfo

TEMPLATE = "insights_template"
"""As `insights db start` leaves a database."""

_numbers = count(1)


@contextmanager
def fresh_database(server: ServerInfo, template: str = TEMPLATE) -> Iterator[tuple[str, str]]:
    """Name and URL of a copy of `template`, dropped afterwards."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    home = server.data_dir.parent.parent
    names = {"name": sql.Identifier(name), "role": sql.Identifier(ROLE)}
    with admin(home) as connection:
        connection.execute(
            sql.SQL("create database {name} template {template} owner {role}").format(
                template=sql.Identifier(template), **names
            )
        )
    try:
        yield name, replace(server, database=name).url.get_secret_value()
    finally:
        with admin(home) as connection:
            connection.execute(sql.SQL("drop database {name} with (force)").format(**names))


def admin(home: Path, database: str = ADMIN) -> psycopg.Connection:
    """A connection of the server's superuser."""
    known = state.load(state.base_dir(home))
    assert known
    facts, layout = known
    running = processes.find(layout.data)
    assert running
    return preparation.admin_connection(facts, running, database)
