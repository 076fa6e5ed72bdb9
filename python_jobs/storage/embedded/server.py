"""Start, stop and look at the embedded server of a home folder."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pydantic import SecretStr

from python_jobs.errors import DatabaseError
from python_jobs.storage.embedded import binaries, processes, state
from python_jobs.storage.embedded.account import Account, account_for, keeper_dir
from python_jobs.storage.embedded.configuration import DATABASE, HOST, READER, ROLE
from python_jobs.storage.embedded.initialisation import ensure_initialised
from python_jobs.storage.embedded.launcher import await_ready, launch, shut_down

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class ServerInfo:
    """A running embedded server and the way in.

    Attributes:
        host, port: TCP address, on the loopback interface.
        socket_dir: folder of the unix socket.
        data_dir, log_file: Postgres's data directory and log.
        pid: process id of the postmaster.
        database, user, password: what `insights` and dbt connect with.
        reader_password: of the role `bi_reader`, which BI tools connect with.
    """

    host: str
    port: int
    socket_dir: Path
    data_dir: Path
    log_file: Path
    pid: int
    database: str
    user: str
    password: SecretStr
    reader_password: SecretStr

    @property
    def url(self) -> SecretStr:
        """``postgresql://insights:…@127.0.0.1:PORT/insights``."""
        return self._url(self.user, self.password)

    @property
    def reader_url(self) -> SecretStr:
        """``postgresql://bi_reader:…@127.0.0.1:PORT/insights``."""
        return self._url(READER, self.reader_password)

    def _url(self, user: str, password: SecretStr) -> SecretStr:
        quoted = quote(password.get_secret_value(), safe="")
        return SecretStr(f"postgresql://{user}:{quoted}@{self.host}:{self.port}/{self.database}")


def start(home: Path) -> ServerInfo:
    """Start the embedded server, or return the one that runs.

    Args:
        home: folder of the project's state; made where it is missing.

    Returns:
        The server, ready, with role, database and pgvector.

    Raises:
        ConfigurationError: the wheel with the programs is not installed.
        DatabaseError: it cannot be started; the hint names the log.
        BusyError: another start or stop takes more than five minutes.
    """
    running = _running_and_prepared(home)
    if running:
        return running
    with _files_explained(home):
        base = state.base_dir(home)
        account = _make_base(base)
        with state.lock(base, account):
            return _running_and_prepared(home) or _start_locked(base, account)


def stop(home: Path) -> bool:
    """Stop the embedded server; open transactions are rolled back.

    Returns:
        True if it stopped one, False if none was running.

    Raises:
        DatabaseError: it does not end, or belongs to another user.
    """
    base = state.base_dir(home)
    if state.load(base) is None:
        return False
    account = account_for(base)
    with _files_explained(home), state.lock(base, account):
        known = state.load(base)
        running = processes.find(known[1].data) if known else None
        if not known or not running:
            return False
        shut_down(running, known[0])
        return True


def status(home: Path) -> ServerInfo | None:
    """The running server, None where none runs or it is not ready yet.

    Raises:
        DatabaseError: the state belongs to another user or is damaged.
    """
    known = state.load(state.base_dir(home))
    running = processes.find(known[1].data) if known else None
    if not known or not running or not running.ready:
        return None
    return _describe(*known, running)


def _describe(
    facts: state.State, layout: state.Layout, running: processes.Postmaster
) -> ServerInfo:
    return ServerInfo(
        host=HOST,
        port=running.port,
        socket_dir=Path(running.socket_dir),
        data_dir=layout.data,
        log_file=layout.log,
        pid=running.pid,
        database=DATABASE,
        user=ROLE,
        password=SecretStr(facts.password),
        reader_password=SecretStr(facts.reader_password),
    )


def _running_and_prepared(home: Path) -> ServerInfo | None:
    known = state.load(state.base_dir(home))
    is_prepared = known and known[0].prepared and known[0].reader_password
    return status(home) if is_prepared else None


def _make_base(base: Path) -> Account:
    if not base.parent.exists():
        # A server that root starts has to pass through.
        base.parent.mkdir(parents=True)
        if os.geteuid() == 0:
            base.parent.chmod(0o711)
    account = account_for(base)
    keeper_dir(base, account)
    return account


def _start_locked(base: Path, account: Account) -> ServerInfo:
    facts, layout = state.load(base) or state.create(base, account)
    if not facts.reader_password:  # a version without this role made it
        facts = replace(facts, reader_password=secrets.token_urlsafe(24))
    programs = binaries.usable_by(account, layout.programs)
    running = processes.find(layout.data)
    if running:
        # Somebody's start was cut short, or a stop is under way: see how it ends.
        running = await_ready(layout, running.pid)
    if not running:
        ensure_initialised(facts, layout, account, programs)
        socket_dir = state.socket_dir(facts, layout, account)
        running = launch(facts, layout, account, programs, socket_dir)
        facts = replace(facts, port=running.port, socket_dir=str(socket_dir))
        state.save(facts, layout, account)
    from python_jobs.storage.embedded.preparation import prepare

    prepare(facts, running)
    state.save(replace(facts, prepared=True), layout, account)
    return _describe(facts, layout, running)


@contextmanager
def _files_explained(home: Path) -> Iterator[None]:
    """Turn a full disk or a closed folder into a message."""
    try:
        yield
    except OSError as error:
        what = error.strerror or type(error).__name__
        where = f" ({error.filename})" if error.filename else ""
        raise DatabaseError(
            f"the embedded Postgres in {home} cannot be managed: {what}{where}",
            hint="free space or permissions there, or set INSIGHTS_HOME to another folder",
        ) from error
