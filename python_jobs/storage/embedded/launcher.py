"""Start the server so that it outlives whoever started it, and stop it."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

from python_jobs.errors import DatabaseError
from python_jobs.logs import logger
from python_jobs.storage.embedded import processes, server_log
from python_jobs.storage.embedded.account import Account, write_file
from python_jobs.storage.embedded.configuration import (
    ACCESS_RULES,
    ENVIRONMENT,
    HOST,
    SETTINGS,
)

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.storage.embedded.binaries import Binaries
    from python_jobs.storage.embedded.state import Layout, State

# Below every system's range of ephemeral ports, so that no outgoing connection takes ours while
# the server is down: dbt's profile names the port.
FIRST_PORT, LAST_PORT = 15_432, 16_431
LAUNCHES = 6
READY_SECONDS = 600.0
DYING_SECONDS = 3.0


def launch(
    state: State, layout: Layout, account: Account, binaries: Binaries, socket_dir: Path
) -> processes.Postmaster:
    """Start the server in a session of its own and wait until it accepts connections.

    The port of the last start is kept where it is still free.

    Raises:
        DatabaseError: the server does not start.
    """
    write_file(layout.access_rules, ACCESS_RULES, account, for_server=True)
    port = _port(state, layout)
    said = ""
    for _ in range(LAUNCHES):
        processes.end_orphans(state.name)
        processes.forget_stale_pid_file(layout.data, socket_dir, port)
        before = server_log.rotate(layout.log)
        pid = _spawn(state, layout, account, binaries, socket_dir, port)
        running = await_ready(layout, pid)
        if running:
            return running
        said = server_log.since(layout.log, before)
        if "could not create any TCP/IP sockets" in said:
            port = free_port()
        elif "still in use" in said:
            time.sleep(0.5)
        else:
            break
    raise DatabaseError(
        f"the embedded Postgres did not start: {server_log.reason(said)}",
        hint=f"the whole story is in {layout.log}",
    )


def await_ready(layout: Layout, pid: int) -> processes.Postmaster | None:
    """Wait until the server is ready; None when it ended instead.

    A server that recovers from a crash may take its time: it is given that while it lives.
    """
    deadline = time.monotonic() + READY_SECONDS
    told = time.monotonic() + 5
    while time.monotonic() < deadline:
        running = processes.find(layout.data)
        if running and running.ready:
            return running
        if not running and not processes.is_alive(pid):
            return None
        if time.monotonic() > told:
            told += 30
            logger.info("waiting for Postgres to recover its data")
        time.sleep(0.02)
    raise DatabaseError(
        "the embedded Postgres is not ready after ten minutes", hint=f"see {layout.log}"
    )


def _spawn(
    state: State,
    layout: Layout,
    account: Account,
    binaries: Binaries,
    socket_dir: Path,
    port: int,
) -> int:
    """Launch the server and return its pid.

    A shell in a new session starts it in the background and ends: the server is nobody's child,
    no terminal's interrupt reaches it, and of our descriptors it has only the log.
    """
    quoted_socket_dir = str(socket_dir).replace('"', '""')
    settings = SETTINGS | {
        "port": str(port),
        "unix_socket_directories": f'"{quoted_socket_dir}"',
        "hba_file": str(layout.access_rules),
        "cluster_name": state.name,
    }
    command = [binaries.program("postgres"), "-D", str(layout.data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with server_log.append(layout.log, account) as log:
        shell = subprocess.run(
            ["/bin/sh", "-c", '"$@" </dev/null >&2 & echo $!', "sh", *command],
            cwd="/",
            env=ENVIRONMENT,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            close_fds=True,
            **account.process_options,
        )
    return int(shell.stdout)


def shut_down(running: processes.Postmaster, state: State) -> None:
    """Stop the server: fast (open transactions are rolled back), then by force.

    Raises:
        DatabaseError: it does not end, or runs where it cannot be signalled.
    """
    if not running.reachable:
        raise DatabaseError(
            "the embedded Postgres runs in another container or on another machine",
            hint="stop it there",
        )
    for number, seconds in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
        processes.send(running.pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not processes.is_alive(running.pid):
                processes.end_orphans(state.name)
                return
            time.sleep(0.02)
    raise DatabaseError(f"the embedded Postgres (process {running.pid}) does not end")


def _port(state: State, layout: Layout) -> int:
    """The port of the last start, which a server killed just now may hold a moment longer."""
    dying = processes.read_pid_file(layout.data)
    deadline = time.monotonic() + DYING_SECONDS
    while state.port and not _is_free(state.port):
        if not dying or not processes.exists(dying.pid) or time.monotonic() > deadline:
            return free_port()
        time.sleep(0.02)
    return state.port or free_port()


def free_port() -> int:
    """A TCP port on the loopback interface that nobody listens on."""
    for port in random.sample(range(FIRST_PORT, LAST_PORT + 1), 50):
        if _is_free(port):
            return port
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
