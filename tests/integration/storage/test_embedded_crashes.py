"""Start and stop, whatever was killed or half done before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import psycopg
import pytest

from python_jobs.storage import embedded
from python_jobs.storage.embedded import processes, state
from python_jobs.storage.embedded.account import account_for
from tests.integration.conftest import wait_for
from tests.integration.storage.conftest import START, read, start_in_a_process, write

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.slow

# Whoever starts tests in the background, or with nohup, has them ignored.
ENDED_BY_SIGNALS = (
    "import signal; [signal.signal(n, signal.SIG_DFL) for n in (signal.SIGINT, signal.SIGHUP)]"
)


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
    with subprocess.Popen(["sleep", "3600"], **options) as stranger, ExitStack() as at_the_end:
        at_the_end.callback(stranger.kill)
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        lock = first.socket_dir / f".s.PGSQL.{first.port}.lock"
        lock.write_text("\n".join([str(stranger.pid), *lines[1:5]]) + "\n")
        assert embedded.status(home) is None
        assert embedded.stop(home) is False
        again = embedded.start(home)
        assert stranger.poll() is None
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
    code = f"{ENDED_BY_SIGNALS}; {START}; import time; time.sleep(3600)"
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
