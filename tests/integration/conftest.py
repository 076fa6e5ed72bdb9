"""One embedded Postgres for the whole session; a fresh database for each test that asks."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg import sql
from pydantic import SecretStr

from python_jobs.errors import DatabaseError
from python_jobs.settings import Settings
from python_jobs.storage import embedded, vectors
from python_jobs.storage.connection import connect
from python_jobs.storage.embedded import configuration, processes, state
from python_jobs.storage.embedded.configuration import ROLE
from python_jobs.storage.target import embedded_target
from tests.integration.databases import TEMPLATE, admin, fresh_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


PATIENCE = 300
"""Seconds before a test gives up waiting, on a machine that is busy with other things."""


def open_folder() -> Path:
    """A temporary folder that a server started by root may pass through; pytest's are closed."""
    folder = Path(tempfile.mkdtemp(prefix="insights-test-"))
    folder.chmod(0o755)
    return folder


@contextmanager
def cheap_storage() -> Iterator[None]:
    """Servers started meanwhile need not survive a power cut; kill -9 they do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(configuration.SETTINGS, "fsync", "off")
        patch.setattr(configuration, "INITDB_OPTIONS", ["--no-sync"])
        yield


def stop_at_once(home: Path) -> None:
    """Stop without the checkpoint that `stop` takes: the data are thrown away."""
    try:
        known = state.load(state.base_dir(home))
    except DatabaseError:
        return  # a test damaged it, after it had stopped the server
    running = processes.find(known[1].data) if known else None
    if running:
        processes.send(running.pid, signal.SIGQUIT)
        wait_for(lambda: not processes.is_alive(running.pid), "end of the server")


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"no {what} after {PATIENCE} s"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.ServerInfo]:
    """A running embedded server, stopped and removed at the end of the session."""
    folder = open_folder()
    home = folder / "home"
    with cheap_storage():
        running = embedded.start(home)
    try:
        _make_template(home, running)
        yield running
    finally:
        stop_at_once(home)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(server: embedded.ServerInfo) -> Iterator[str]:
    """The URL of a database as `insights db start` leaves it, dropped after the test."""
    with fresh_database(server) as (_, url):
        yield url


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where settings keep what they keep, with nothing of the developer's own environment."""
    for name in os.environ:
        if name.startswith(("INSIGHTS_", "OPENAI_", "AZURE_OPENAI_", "PG")):
            monkeypatch.delenv(name)
    return tmp_path / "home"


@pytest.fixture
def settings(database: str, own_home: Path) -> Settings:
    """Settings for that database, with nothing of the developer's own environment."""
    return Settings(database_url=SecretStr(database), home=own_home)


def _make_template(home: Path, server: embedded.ServerInfo) -> None:
    with admin(home) as connection:
        connection.execute(
            sql.SQL("create database {} owner {}").format(
                sql.Identifier(TEMPLATE), sql.Identifier(ROLE)
            )
        )
    with admin(home, TEMPLATE) as connection:
        connection.execute("create extension vector")
    with connect(embedded_target(replace(server, database=TEMPLATE))) as connection:
        vectors.init_vectors(connection)
