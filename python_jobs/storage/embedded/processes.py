"""Which server process is ours: stale pid files, recycled pids and orphans are told apart."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from python_jobs.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Children notice within a moment that their postmaster died; one busy in a query may not.
ORPHAN_SECONDS = 5.0
_LOCAL_PEERPID = 2  # macOS, <sys/un.h>
_PF_EXITING = 0x4  # Linux, <linux/sched.h>


@dataclass(frozen=True)
class Postmaster:
    """A server process as its pid file tells it.

    Attributes:
        pid: process id.
        port, socket_dir: 0 and empty until the server has opened them.
        ready: it accepts connections.
        reachable: it can be signalled from here (another container's cannot).
    """

    pid: int
    port: int
    socket_dir: str
    ready: bool
    reachable: bool = True


def find(data: Path) -> Postmaster | None:
    """The live postmaster of `data`; None where there is none.

    A pid file alone proves nothing: after `kill -9` its pid is dead or belongs to somebody else.
    Proof is the process that listens on the socket named in it, else the process's command line.
    """
    claimed = read_pid_file(data)
    if claimed is None:
        return None
    listener = _listener_pid(claimed)
    if listener == 0:
        return replace(claimed, reachable=False)
    # A dying process may still hold its socket.
    if listener and is_alive(listener):
        return replace(claimed, pid=listener)
    return claimed if f"-D {data}" in command_line(claimed.pid) else None


def read_pid_file(data: Path) -> Postmaster | None:
    """Parse postmaster.pid: pid, data, start time, port, socket folder, address, memory, state.

    Raises:
        DatabaseError: this user may not look.
    """
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid = abs(int(lines[0]))
    except (FileNotFoundError, NotADirectoryError, ValueError, IndexError):
        return None
    except PermissionError:
        raise DatabaseError(
            f"{data} cannot be read: the embedded Postgres belongs to another user",
            hint="run as the user who made it, or set INSIGHTS_HOME to a folder of your own",
        ) from None
    lines += [""] * (8 - len(lines))
    return Postmaster(
        pid=pid,
        port=int(lines[3]) if lines[3].isdigit() else 0,
        socket_dir=lines[4],
        ready=lines[7].strip() == "ready",
    )


def forget_stale_pid_file(data: Path, socket_dir: Path, port: int) -> None:
    """Remove lock files whose pid is a stranger's now, or a zombie that nobody reaps.

    Postgres tells a dead pid by itself, but takes any that the kernel knows for a server.
    Call it only after `find` and `end_orphans` found nothing.
    """
    for path in (data / "postmaster.pid", socket_dir / f".s.PGSQL.{port}.lock"):
        try:
            pid = abs(int(path.read_text(encoding="utf-8").split("\n", 1)[0]))
        except (FileNotFoundError, ValueError):
            continue
        if exists(pid):
            path.unlink(missing_ok=True)


def end_orphans(name: str) -> int:
    """End children that outlived their postmaster and still hold its shared memory.

    Args:
        name: the cluster name, which Postgres puts into each child's title.

    Returns:
        How many were ended.
    """
    found = _titled(name)
    for number in (signal.SIGQUIT, signal.SIGKILL):
        for pid in _titled(name):
            send(pid, number)
        deadline = time.monotonic() + ORPHAN_SECONDS
        while _titled(name) and time.monotonic() < deadline:
            time.sleep(0.02)
    return len(found)


def send(pid: int, number: signal.Signals) -> None:
    """Signal a process that may have ended meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def exists(pid: int) -> bool:
    """Whether the kernel knows this pid, be it of a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_alive(pid: int) -> bool:
    """Whether a process runs under this pid; one that is being torn down does not count."""
    if sys.platform != "linux":
        state = _ps("-o", "state=", "-p", str(pid)).strip()
        return bool(state) and not set("ZE") & set(state)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # After the name in brackets: state, ppid, pgrp, session, tty, tpgid, flags (man 5 proc).
    state, *_, flags = stat.rpartition(")")[2].split()[:7]
    return state not in "ZX" and not int(flags) & _PF_EXITING


def command_line(pid: int) -> str:
    """A process's arguments with blanks between them; empty where it is gone or a zombie."""
    if sys.platform != "linux":
        return _ps("-o", "command=", "-p", str(pid)).strip()
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return os.fsdecode(raw).replace("\0", " ").strip()


def _titled(name: str) -> list[int]:
    prefix = f"postgres: {name}: "
    return [pid for pid, command in _processes() if command.startswith(prefix)]


def _processes() -> Iterator[tuple[int, str]]:
    if sys.platform == "linux":
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                yield int(entry.name), command_line(int(entry.name))
    else:
        for line in _ps("-A", "-o", "pid=,command=").splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), command.strip()


def _ps(*arguments: str) -> str:
    listing = subprocess.run(
        ["ps", "-ww", *arguments], check=False, capture_output=True, text=True, errors="replace"
    )
    return listing.stdout


def _listener_pid(claimed: Postmaster) -> int | None:
    """Pid of whoever listens on the server's socket, 0 where the kernel will not say."""
    if not claimed.socket_dir:
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(f"{claimed.socket_dir}/.s.PGSQL.{claimed.port}")
            if sys.platform != "linux":
                return probe.getsockopt(0, _LOCAL_PEERPID)
            raw = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
            return int(struct.unpack("3i", raw)[0])
        except OSError:
            return None
