"""What is remembered between starts, where it lies, and the lock that guards it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from python_jobs.errors import BusyError, DatabaseError
from python_jobs.logs import logger
from python_jobs.storage.embedded import processes
from python_jobs.storage.embedded.account import (
    Account,
    can_enter,
    keeper_dir,
    server_dir,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 1
LOCK_SECONDS = 300.0
# `sun_path` holds 108 bytes on Linux and 104 on macOS, with its closing NUL.
SOCKET_PATH_BYTES = 103
# Where root's server keeps its data when it cannot reach the home.
ELSEWHERE = Path("/var/lib/customer-insights-pipeline")


@dataclass(frozen=True)
class State:
    """The remembered facts of one embedded server.

    Attributes:
        name: cluster name, shown in process titles; tells our processes from others'.
        place: folder that holds the data.
        password, admin_password, reader_password: of the roles `insights`, `postgres` and
            `bi_reader`; the last is empty where an earlier version made the server.
        port: TCP port of the last start, 0 before the first.
        socket_dir: folder of the unix socket, empty before the first start.
        prepared: role, database and extension are there.
    """

    name: str
    place: str
    password: str = field(repr=False)
    admin_password: str = field(repr=False)
    reader_password: str = field(default="", repr=False)
    port: int = 0
    socket_dir: str = ""
    prepared: bool = False
    format: int = FORMAT


@dataclass(frozen=True)
class Layout:
    """Paths of one embedded server.

    Attributes:
        base: ``<home>/postgres`` with secrets, lock and, as a rule, everything else.
        place: `base`, or the folder elsewhere that holds the data.
    """

    base: Path
    place: Path

    @property
    def data(self) -> Path:
        """Postgres's data directory."""
        return self.place / "data"

    @property
    def log(self) -> Path:
        """The server's log; it never holds statements or their values."""
        return self.place / "server.log"

    @property
    def access_rules(self) -> Path:
        """pg_hba.conf, written anew at every start."""
        return self.place / "pg_hba.conf"

    @property
    def programs(self) -> Path:
        """Copies of the wheel's programs, where they are needed."""
        return self.place / "programs"


def base_dir(home: Path) -> Path:
    """The folder of the embedded server's state, as an absolute path."""
    return Path(os.path.abspath(home)) / "postgres"  # noqa: PTH100  (keeps symbolic links)


def load(base: Path) -> tuple[State, Layout] | None:
    """Read what is remembered; None where there is nothing.

    Raises:
        DatabaseError: the file cannot be read or is not ours.
    """
    path = base / "state.json"
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        if known.get("format") != FORMAT:
            raise DatabaseError(
                f"{path} was written by another version of this program",
                hint="use that version, or remove the folder to begin anew (its data is lost)",
            )
        place = known.pop("place")
        layout = Layout(base, Path(place) if place else base)
        return State(place=str(layout.place), **known), layout
    except FileNotFoundError:
        return None
    except (PermissionError, NotADirectoryError):
        raise DatabaseError(
            f"{path} cannot be read: the embedded Postgres belongs to another user",
            hint="run as the user who made it, or set INSIGHTS_HOME to a folder of your own",
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DatabaseError(
            f"{path} is damaged: the passwords of the embedded Postgres are lost",
            hint=f"restore the file, or remove {base} to begin anew (its data is lost)",
        ) from None


def save(state: State, layout: Layout, account: Account) -> None:
    """Remember `state`, readable by its keeper alone."""
    facts = asdict(state)
    # A place inside the home moves with it.
    facts["place"] = "" if layout.place == layout.base else str(layout.place)
    write_file(layout.base / "state.json", json.dumps(facts, indent=2) + "\n", account)


def create(base: Path, account: Account) -> tuple[State, Layout]:
    """Remember a new server: fresh passwords, and a place that the server can reach."""
    if (base / "data").exists():
        raise DatabaseError(
            f"{base} holds data, but state.json with its passwords is missing",
            hint=f"restore the file, or remove {base} to begin anew (its data is lost)",
        )
    layout = Layout(base, base if can_enter(base, account) else _place_elsewhere(base, account))
    state = State(
        name=f"insights-{secrets.token_hex(4)}",
        place=str(layout.place),
        password=secrets.token_urlsafe(24),
        admin_password=secrets.token_urlsafe(24),
        reader_password=secrets.token_urlsafe(24),
    )
    save(state, layout, account)
    return state, layout


def _place_elsewhere(base: Path, account: Account) -> Path:
    ELSEWHERE.mkdir(mode=0o711, parents=True, exist_ok=True)
    for note in sorted(ELSEWHERE.glob("*/home")):
        if note.read_text(encoding="utf-8") == str(base):
            forgotten = processes.find(note.parent / "data")
            if forgotten:
                processes.send(forgotten.pid, signal.SIGINT)
            logger.warning(
                "%s holds the data of an earlier %s: remove it by hand if it is not "
                "wanted any more",
                note.parent,
                base,
            )
    place = Path(tempfile.mkdtemp(dir=ELSEWHERE, prefix="db-"))
    keeper_dir(place, account)
    write_file(place / "home", str(base), account)
    if not can_enter(place, account):
        place.joinpath("home").unlink()
        place.rmdir()
        raise DatabaseError(
            f"neither {base} nor {ELSEWHERE} can be entered by the server's account",
            hint="set INSIGHTS_HOME to a folder that every user may pass through",
        )
    logger.info("the server cannot pass through the folders above %s: data goes to %s", base, place)
    return place


def socket_dir(state: State, layout: Layout, account: Account) -> Path:
    """A folder for the unix socket that the server alone owns, with a path that libpq takes."""
    wanted = layout.place / "run"
    is_short = len(os.fsencode(wanted / ".s.PGSQL.65535")) <= SOCKET_PATH_BYTES
    if is_short and "," not in str(wanted):  # libpq reads a list of hosts
        server_dir(wanted, account)
        return wanted
    if state.socket_dir and _is_private(Path(state.socket_dir), account):
        return Path(state.socket_dir)
    root = "/tmp" if os.access("/tmp", os.W_OK) else None  # noqa: S108  (TMPDIR may be long)
    short = Path(tempfile.mkdtemp(dir=root, prefix="insights-"))
    server_dir(short, account)
    return short


def _is_private(folder: Path, account: Account) -> bool:
    try:
        facts = folder.lstat()
    except OSError:
        return False
    mode_is_private = facts.st_mode & 0o170777 == 0o040700
    return mode_is_private and facts.st_uid == account.uid


@contextmanager
def lock(base: Path, account: Account) -> Iterator[None]:
    """One start or stop at a time, among threads and processes alike.

    The kernel frees the lock when its holder dies. The descriptor is not inherited.

    Raises:
        BusyError: another one held it for five minutes.
    """
    handle = os.open(base / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if account.dropped:
            os.fchown(handle, account.keeper, account.gid)
        deadline = time.monotonic() + LOCK_SECONDS
        while not _try_lock(handle):
            if time.monotonic() > deadline:
                raise BusyError(
                    "another process is starting or stopping the embedded Postgres",
                    hint="wait for it, or end it",
                )
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
