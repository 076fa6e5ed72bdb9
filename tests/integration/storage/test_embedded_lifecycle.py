"""Start and stop, whatever was killed, moved or half done before."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from python_jobs.errors import DatabaseError
from python_jobs.storage import embedded
from python_jobs.storage.embedded import binaries, processes, state
from python_jobs.storage.embedded.account import PRIVATE_GID, account_for
from tests.integration.conftest import cheap_storage, open_folder, stop_at_once, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START = (
    "import sys; from pathlib import Path; from python_jobs.storage import embedded; "
    "print(embedded.start(Path(sys.argv[1])).pid, flush=True)"
)
pytestmark = pytest.mark.slow
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="what root's server does")


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


def test_kill_9_of_the_server(folder: Path) -> None:
    home = folder / "home"
    first = embedded.start(home)
    write(first)
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: not processes.is_alive(first.pid), "end of the server")
    assert (first.data_dir / "postmaster.pid").exists()
    assert embedded.status(home) is None
    again = embedded.start(home)
    assert again.pid != first.pid
    assert again.port == first.port
    assert read(again) == ["kept"]


def test_kill_9_with_an_orphan_that_is_busy(folder: Path) -> None:
    """A backend in a long computation does not notice that its postmaster is gone."""
    home = folder / "home"
    first = embedded.start(home)
    write(first)
    connection = psycopg.connect(first.url.get_secret_value())
    orphan = connection.info.backend_pid
    numbers = "generate_series(1, 100000)"

    def compute() -> None:
        with pytest.raises(psycopg.OperationalError):
            connection.execute(f"select count(*) from {numbers} a, {numbers} b where a # b = -1")

    busy = threading.Thread(target=compute)
    busy.start()
    wait_for(lambda: "SELECT" in processes.command_line(orphan), "query")
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: not processes.is_alive(first.pid), "end of the server")
    assert processes.is_alive(orphan)
    again = embedded.start(home)
    assert not processes.is_alive(orphan)
    assert read(again) == ["kept"]
    busy.join()
    connection.close()


def test_recycled_pid_is_no_server(folder: Path) -> None:
    home = folder / "home"
    first = embedded.start(home)
    write(first)
    pid_file = first.data_dir / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: not processes.is_alive(first.pid), "end of the server")
    options = account_for(state.base_dir(home)).process_options
    with subprocess.Popen(["sleep", "60"], **options) as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        lock = first.socket_dir / f".s.PGSQL.{first.port}.lock"
        lock.write_text("\n".join([str(stranger.pid), *lines[1:5]]) + "\n")
        assert embedded.status(home) is None
        assert embedded.stop(home) is False
        again = embedded.start(home)
        assert stranger.poll() is None
        stranger.kill()
    assert read(again) == ["kept"]


def test_two_starts_at_once_in_processes_and_threads(folder: Path) -> None:
    home = folder / "home"
    starters = [start_in_a_process(home) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        servers = list(pool.map(embedded.start, [home] * 3))
    told = {int(starter.communicate()[0]) for starter in starters}
    assert told == {server.pid for server in servers}
    assert len(told) == 1
    assert len({server.port for server in servers}) == 1


def test_server_outlives_its_starter_and_inherits_nothing(folder: Path) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    with start_in_a_process(
        folder / "home", start_new_session=True, close_fds=False, stderr=writing
    ) as starter:
        os.close(writing)
        assert starter.stdout
        pid = int(starter.stdout.readline())
        # stdout ends too: the server holds neither pipe open
        assert starter.stdout.read() == ""
    with os.fdopen(reading) as pipe:
        pipe.read()
    assert processes.is_alive(pid)
    assert "-c fsync=on" in processes.command_line(pid)
    assert os.getsid(pid) not in {os.getsid(0), starter.pid}
    assert embedded.start(folder / "home").pid == pid


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGHUP])
def test_signals_to_the_starters_group_spare_the_server(
    folder: Path, number: signal.Signals
) -> None:
    code = START + "; import time; time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder / "home")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as starter:
        assert starter.stdout
        pid = int(starter.stdout.readline())
        os.killpg(starter.pid, number)
    assert embedded.start(folder / "home").pid == pid


def test_starter_killed_in_the_middle_of_initdb(folder: Path) -> None:
    home = folder / "home"
    base = state.base_dir(home)
    with start_in_a_process(home, start_new_session=True) as starter:
        wait_for(lambda: [*base.glob("data.new-*/base/1/*")], "half a cluster")
        starter.kill()
    assert not (base / "data").exists()
    assert embedded.status(home) is None
    server = embedded.start(home)
    write(server)
    assert read(server) == ["kept"]
    assert not [*base.glob("data.new-*/PG_VERSION")]
    assert not (base / "initdb-password").exists()


def test_starter_killed_before_role_and_database_were_made(folder: Path) -> None:
    home = folder / "home"
    base = state.base_dir(home)
    with start_in_a_process(home, start_new_session=True) as starter:
        wait_for((base / "data/postmaster.pid").exists, "server")
        starter.kill()
    server = embedded.start(home)
    write(server)
    assert read(server) == ["kept"]


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


@as_root
def test_plain_user(folder: Path) -> None:
    """In a forked process, because the tests' interpreter may be out of that user's reach."""
    home = folder / "plain" / "home"
    home.parent.mkdir()
    os.chown(home.parent, 65534, 65534)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            first = embedded.start(home)
            write(first)
            os.kill(first.pid, signal.SIGKILL)
            wait_for(lambda: not processes.is_alive(first.pid), "end of the server")
            told = {"kept": read(embedded.start(home)), "stopped": embedded.stop(home)}
            os.write(writing, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        assert json.load(answer) == {"kept": ["kept"], "stopped": True}
    os.waitpid(child, 0)
    base = state.base_dir(home)
    assert {path.stat().st_uid for path in base.rglob("*")} == {65534}
    # root goes on with it as that user, and leaves nothing that locks the user out
    server = embedded.start(home)
    assert read(server) == ["kept"]
    assert {path.stat().st_uid for path in base.rglob("*")} == {65534}


@as_root
def test_plain_user_is_told_when_root_owns_the_state(folder: Path) -> None:
    home = folder / "home"
    embedded.start(home)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            for attempt in (embedded.start, embedded.stop, embedded.status):
                with pytest.raises(DatabaseError, match="belongs to another user"):
                    attempt(home)
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@as_root
def test_root_with_home_and_programs_in_closed_folders(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    wheel = binaries.installed().bin.parent
    hidden = closed / "site-packages"
    shutil.copytree(wheel, hidden / binaries.PACKAGE / binaries.INSTALL)
    shutil.copytree(wheel.parent.parent / binaries.LIBRARIES, hidden / binaries.LIBRARIES)
    programs = binaries.Binaries(hidden / binaries.PACKAGE / binaries.INSTALL / "bin")
    monkeypatch.setattr(binaries, "installed", lambda: programs)
    monkeypatch.setattr(state, "ELSEWHERE", folder / "elsewhere")
    home = closed / "project/.insights"
    server = embedded.start(home)
    write(server)
    assert folder / "elsewhere" in server.data_dir.parents
    assert server.data_dir.parent.stat().st_mode & 0o777 == 0o710
    assert server.data_dir.parent.stat().st_gid == PRIVATE_GID
    assert str(folder / "elsewhere") in processes.command_line(server.pid).split()[0]
    assert closed.stat().st_mode & 0o777 == 0o700
    os.kill(server.pid, signal.SIGKILL)
    wait_for(lambda: not processes.is_alive(server.pid), "end of the server")
    again = embedded.start(home)
    assert again.data_dir == server.data_dir
    assert read(again) == ["kept"]
    # who removes the home begins anew, and is told where the old data are
    shutil.rmtree(home)
    caplog.clear()
    anew = embedded.start(home)
    assert anew.data_dir != server.data_dir
    assert str(server.data_dir.parent) in caplog.text
    wait_for(lambda: not processes.is_alive(again.pid), "end of the forgotten server")
