"""Start and stop, wherever the home is and whatever is left in it."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import psycopg
import pytest

from python_jobs.errors import DatabaseError
from python_jobs.storage import embedded
from python_jobs.storage.embedded import processes, state
from tests.integration.storage.conftest import read, write

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.slow


def test_start_stop_start(folder: Path) -> None:
    home = folder / "home"
    assert embedded.status(home) is None
    assert embedded.stop(home) is False
    assert not home.exists()
    first = embedded.start(home)
    write(first)
    assert embedded.start(home) == first
    assert embedded.status(home) == first
    assert embedded.stop(home) is True
    assert embedded.status(home) is None
    assert embedded.stop(home) is False
    assert not processes.is_alive(first.pid)
    again = embedded.start(home)
    assert read(again) == ["kept"]
    assert (again.port, again.password) == (first.port, first.password)


@pytest.mark.parametrize("name", ['it\'s a "home" $HOME', "ünï çødé 家", "comma, and `tick`\\"])
def test_odd_paths(folder: Path, name: str) -> None:
    server = embedded.start(folder / name / ".insights")
    write(server)
    # libpq reads a comma as the end of a host
    inside = folder / name / ".insights/postgres/run"
    assert (server.socket_dir == inside) == ("," not in name)
    with psycopg.connect(
        host=str(server.socket_dir),
        port=server.port,
        user="insights",
        dbname="insights",
        password=server.password.get_secret_value(),
    ) as connection:
        assert connection.execute("select x from t").fetchone() == ("kept",)
    if server.socket_dir != inside:
        embedded.stop(folder / name / ".insights")
        server.socket_dir.rmdir()


def test_deep_path_puts_the_socket_elsewhere_and_remembers_it(folder: Path) -> None:
    home = folder / ("deep" * 20) / ("deeper" * 10)
    first = embedded.start(home)
    assert len(os.fsencode(first.socket_dir)) < 90
    assert first.socket_dir.stat().st_mode & 0o777 == 0o700
    assert first.socket_dir.stat().st_uid == first.data_dir.stat().st_uid
    embedded.stop(home)
    again = embedded.start(home)
    assert again.socket_dir == first.socket_dir
    embedded.stop(home)
    first.socket_dir.chmod(0o777)  # not private any more: not used again
    other = embedded.start(home)
    assert other.socket_dir != first.socket_dir
    first.socket_dir.rmdir()
    embedded.stop(home)
    other.socket_dir.rmdir()


def test_another_port_where_the_old_one_is_taken(folder: Path) -> None:
    home = folder / "home"
    first = embedded.start(home)
    write(first)
    embedded.stop(home)
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", first.port))
        thief.listen()
        other = embedded.start(home)
        assert other.port != first.port
        assert read(other) == ["kept"]
        embedded.stop(home)
    assert embedded.start(home).port == other.port


def test_home_that_moved_while_stopped(folder: Path) -> None:
    first = embedded.start(folder / "home")
    write(first)
    embedded.stop(folder / "home")
    (folder / "home").rename(folder / "new home")
    assert read(embedded.start(folder / "new home")) == ["kept"]


def test_data_of_another_version(folder: Path) -> None:
    home = folder / "home"
    server = embedded.start(home)
    embedded.stop(home)
    (server.data_dir / "PG_VERSION").write_text("15\n")
    with pytest.raises(DatabaseError, match=r"is of Postgres 15, but Postgres 18 is installed"):
        embedded.start(home)


def test_damaged_data_names_the_log(folder: Path) -> None:
    home = folder / "home"
    server = embedded.start(home)
    embedded.stop(home)
    (server.data_dir / "global/pg_control").write_bytes(b"")
    with pytest.raises(DatabaseError, match=r"did not start: .*pg_control") as caught:
        embedded.start(home)
    assert caught.value.hint
    assert str(server.log_file) in caught.value.hint


def test_lost_secrets_do_not_cost_the_data(folder: Path) -> None:
    home = folder / "home"
    server = embedded.start(home)
    embedded.stop(home)
    known = state.base_dir(home) / "state.json"
    known.write_text("{")
    with pytest.raises(DatabaseError, match="is damaged"):
        embedded.start(home)
    known.unlink()
    with pytest.raises(DatabaseError, match="passwords is missing"):
        embedded.start(home)
    assert (server.data_dir / "PG_VERSION").exists()


def test_home_that_cannot_be_a_folder(folder: Path) -> None:
    (folder / "file").write_text("")
    for home in (folder / "file", folder / "file/home"):
        with pytest.raises(DatabaseError) as caught:
            embedded.start(home)
        assert caught.value.hint
        with pytest.raises(DatabaseError):
            embedded.status(home)


def test_large_log_is_put_aside_at_the_next_start(folder: Path) -> None:
    server = embedded.start(folder / "home")
    embedded.stop(folder / "home")
    with server.log_file.open("a") as log:
        log.write("x" * 1_100_000)
    embedded.start(folder / "home")
    assert server.log_file.stat().st_size < 10_000
    assert server.log_file.with_name("server.log.1").stat().st_size > 1_000_000
