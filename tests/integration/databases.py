"""Databases that tests may do as they like with, on the session's embedded server."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from psycopg import sql

from python_jobs.storage.embedded import preparation, processes, state
from python_jobs.storage.embedded.configuration import ADMIN, ROLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import psycopg

    from python_jobs.storage.embedded import ServerInfo

TEMPLATE = "insights_template"
"""As `insights db start` leaves a database."""

_free_numbers = list(range(1, 100))
"""Numbers are used again: where a database has the name and the place of the last one, dbt need not
parse its project anew."""
_kept = count()
_DROP = sql.SQL("drop database {} with (force)")


@contextmanager
def fresh_database(server: ServerInfo, template: str = TEMPLATE) -> Iterator[tuple[str, str]]:
    """Name and URL of a copy of `template`, dropped afterwards."""
    number = heappop(_free_numbers)
    name = f"test_{os.getpid()}_{number}"
    home = server.data_dir.parent.parent
    with admin(home) as connection:
        _copy(connection, template, name)
    try:
        yield name, replace(server, database=name).url.get_secret_value()
    finally:
        with admin(home) as connection:
            connection.execute(_DROP.format(sql.Identifier(name)))
        heappush(_free_numbers, number)


@contextmanager
def template_database(server: ServerInfo, fill: Callable[[str], object]) -> Iterator[str]:
    """Name of a database that `fill` has filled, given its URL: made once, copied for each test.

    It is filled under the name that its copies get, so that dbt need not parse its project anew
    for them.
    """
    kept = f"kept_{os.getpid()}_{next(_kept)}"
    home = server.data_dir.parent.parent
    with fresh_database(server) as (name, url):
        fill(url)
        with admin(home) as connection:
            _copy(connection, name, kept)
    try:
        yield kept
    finally:
        with admin(home) as connection:
            connection.execute(_DROP.format(sql.Identifier(kept)))


def _copy(connection: psycopg.Connection, template: str, name: str) -> None:
    copy = sql.SQL("create database {} template {} owner {}")
    connection.execute(copy.format(*map(sql.Identifier, (name, template, ROLE))))


def admin(home: Path, database: str = ADMIN) -> psycopg.Connection:
    """A connection of the server's superuser."""
    known = state.load(state.base_dir(home))
    assert known
    facts, layout = known
    running = processes.find(layout.data)
    assert running
    return preparation.admin_connection(facts, running, database)
