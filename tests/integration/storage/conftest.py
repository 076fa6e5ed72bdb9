"""Homes for embedded servers, and what is kept in them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.integration.conftest import cheap_storage, open_folder, stop_at_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_jobs.storage import embedded


START = (
    "import sys; from pathlib import Path; from python_jobs.storage import embedded; "
    "print(embedded.start(Path(sys.argv[1])).pid, flush=True)"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for homes; every server in it is stopped at the end."""
    made = open_folder()
    with cheap_storage():
        yield made
    for known in made.rglob("postgres/state.json"):
        stop_at_once(known.parent.parent)
    shutil.rmtree(made, ignore_errors=True)


def write(server: embedded.ServerInfo, text: str = "kept") -> None:
    with psycopg.connect(server.url.get_secret_value()) as connection:
        connection.execute("create table if not exists t (x text)")
        connection.execute("insert into t values (%s)", (text,))


def read(server: embedded.ServerInfo) -> list[str]:
    with psycopg.connect(server.url.get_secret_value()) as connection:
        return [row[0] for row in connection.execute("select x from t order by x")]


def start_in_a_process(home: Path, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", START, str(home)], stdout=subprocess.PIPE, text=True, **options
    )
