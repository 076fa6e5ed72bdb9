"""The pipeline lock, around a block or a whole command as flock(1) does with a file."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.errors import DatabaseError, UsageError
from python_jobs.jobs.children import die_with_parent, exit_code
from python_jobs.storage.failures import ConnectionLostError
from python_jobs.storage.lock import hold_pipeline_lock
from python_jobs.storage.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from python_jobs.settings import Settings

HELD = "INSIGHTS_LOCK_HELD"
"""Tells the command that it runs under the lock."""
_HEARTBEAT = 5.0  # seconds


@contextmanager
def pipeline_lock(settings: Settings) -> Iterator[None]:
    """Keep pipeline runs, and commands like this one, away: they write what they read before.

    Raises:
        BusyError: another run holds the lock.
    """
    if os.environ.get(HELD):  # we run under `insights lock`
        yield
        return
    with Session(settings) as session:
        hold_pipeline_lock(session.connection, settings)
        yield


def run_locked(settings: Settings, command: Sequence[str]) -> int:
    """Run `command` and return its exit code; no second one runs on this database meanwhile.

    SIGTERM is passed on. If this process is killed, the server frees the lock and (on Linux)
    the command is terminated.

    Raises:
        BusyError: another run holds the lock.
        UsageError: the command cannot be started.
        DatabaseError: the connection that holds the lock was lost; the command was stopped.
    """
    with Session(settings) as session:
        hold_pipeline_lock(session.connection, settings)
        try:
            child = subprocess.Popen(
                list(command), env=os.environ | {HELD: "1"}, preexec_fn=die_with_parent
            )
        except OSError as error:
            raise UsageError(f"cannot run {command[0]}: {error.strerror}") from None

        def pass_on(number: int, _frame: FrameType | None) -> None:
            child.send_signal(number)

        signal.signal(signal.SIGTERM, pass_on)
        # The terminal sends Ctrl-C to the command too: it ends, and so do we.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return _wait(child, session)


def _wait(child: subprocess.Popen[bytes], session: Session) -> int:
    while True:
        try:
            code = child.wait(_HEARTBEAT)
        except subprocess.TimeoutExpired:
            try:
                session.execute(sa.select(1))
            except ConnectionLostError:
                child.terminate()
                child.wait()
                raise DatabaseError(
                    "the connection that holds the pipeline lock was lost; the run was stopped",
                    hint="run the same command again: it goes on where it stopped",
                ) from None
        else:
            return exit_code(code)
