"""Databases that tests may do as they like with, on the session's embedded server."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from heapq import heappop, heappush
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

_free_numbers = list(range(1, 100))
"""Numbers are used again: where a database has the name and the place of the last one, dbt need not
parse its project anew."""


@contextmanager
def fresh_database(server: ServerInfo, template: str = TEMPLATE) -> Iterator[tuple[str, str]]:
    """Name and URL of a copy of `template`, dropped afterwards."""
    number = heappop(_free_numbers)
    name = f"test_{os.getpid()}_{number}"
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
        heappush(_free_numbers, number)


def admin(home: Path, database: str = ADMIN) -> psycopg.Connection:
    """A connection of the server's superuser."""
    known = state.load(state.base_dir(home))
    assert known
    facts, layout = known
    running = processes.find(layout.data)
    assert running
    return preparation.admin_connection(facts, running, database)
