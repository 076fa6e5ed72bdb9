"""Leases: which run has which pending text, so that no two ever pay for the same one.

A claim takes pending texts that nobody has. Its holder, a job run, stays alive by a heartbeat
and may store a result only for texts that it still has. Texts of a run that is gone are free
again at once: the server notices its lost connection; those of a run that hangs when its time
runs out.

Claims of one job are serialised by a lock of the transaction: what is pending is a view, whose
rows cannot be locked one by one.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.errors import InsightsError
from python_jobs.logs import logger
from python_jobs.storage import lock, tables
from python_jobs.storage.dialects.elements import among, from_now, locked, now, shared
from python_jobs.storage.job_inputs import read_pending
from python_jobs.storage.session import Session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from python_jobs.settings import Settings
    from python_jobs.storage.job_inputs import PendingText, Period
    from python_jobs.storage.warehouse import Warehouse

ALIVE_SECONDS = 120.0
"""A run that hangs blocks its texts for so long at most."""
HEARTBEATS = 6
"""Within that time, so that a slow moment of the database costs no lease."""


class Leases:
    """The texts that one job run has."""

    def __init__(self, warehouse: Warehouse, job: str, model: str, job_run_id: str) -> None:
        self._warehouse = warehouse
        self._job, self._model, self._run = job, model, job_run_id

    def claim(self, pending: sa.TableClause, period: Period, limit: int) -> list[PendingText]:
        """Take up to `limit` pending texts that no living run has, the oldest feedback first."""
        table = tables.leases
        taken = sa.select(table.c.content_hash).where(
            table.c.job == self._job, table.c.model == self._model
        )
        with self._warehouse.transaction() as connection:
            lock.give_up_after(connection, ALIVE_SECONDS)  # all other claims wait for it
            lock.wait_for_turn(connection, f"claims of {self._job}")
            self._free_those_of_the_dead(connection)
            found = read_pending(connection, pending, self._model, period, limit, leased=taken)
            if found:
                connection.execute(sa.insert(table), [self._row(item) for item in found])
        return found

    def still_held(self, connection: sa.Connection, hashes: Collection[str]) -> set[str]:
        """Which texts this run may store now; nobody can take them before the transaction ends."""
        runs, table = tables.job_runs, tables.leases
        lock.give_up_after(connection, ALIVE_SECONDS)  # so that a run that hangs here goes
        # The key only: the heartbeat must get at the row while one thread after another stores.
        if not connection.scalar(shared(_is_alive(self._run), runs)):
            return set()
        mine = sa.select(table.c.content_hash).where(
            *self._own(), among(table.c.content_hash, hashes)
        )
        return set(connection.scalars(mine))

    def release(self, connection: sa.Connection, hashes: Collection[str]) -> None:
        """Give texts back: they are done, or somebody else may do them."""
        table = tables.leases
        connection.execute(
            sa.delete(table).where(*self._own(), among(table.c.content_hash, hashes))
        )

    def release_all(self) -> None:
        """Give back whatever this run still has."""
        with self._warehouse.transaction() as connection:
            connection.execute(sa.delete(tables.leases).where(*self._own()))

    def _own(self) -> tuple[sa.ColumnElement[bool], ...]:
        table = tables.leases
        return (
            table.c.job == self._job,
            table.c.model == self._model,
            table.c.job_run_id == self._run,
        )

    def _row(self, item: PendingText) -> dict[str, str]:
        return {
            "job": self._job,
            "model": self._model,
            "content_hash": item.content_hash,
            "job_run_id": self._run,
        }

    def _free_those_of_the_dead(self, connection: sa.Connection) -> None:
        table, runs = tables.leases, tables.job_runs
        holders: Sequence[str] = connection.scalars(
            sa.select(table.c.job_run_id).where(table.c.job == self._job).distinct()
        ).all()
        for holder in holders:
            if holder == self._run:
                continue
            row = _is_alive(holder)
            # The living are left alone: to lock their row is to wait until none of them stores.
            if connection.scalar(row) and lock.is_held(connection, holder):
                continue
            # Waits for a result that its holder is storing at this moment.
            connection.execute(locked(row, runs)).all()
            connection.execute(sa.delete(table).where(table.c.job_run_id == holder))


def _is_alive(job_run_id: str) -> sa.Select[tuple[int]]:
    """1 where the run's time is not over, and no row else: T-SQL selects no conditions."""
    runs = tables.job_runs
    is_alive = sa.case((runs.c.alive_until > now(), 1), else_=0)
    return sa.select(is_alive).where(runs.c.job_run_id == job_run_id)


@contextmanager
def heartbeat(
    settings: Settings, job_run_id: str, seconds: float = ALIVE_SECONDS
) -> Iterator[None]:
    """Keep a job run alive meanwhile: a lock of the session, and a time that moves on.

    Raises:
        DatabaseError: the database cannot be reached at the start. Later losses are mended in
            the background; what other runs took meanwhile is theirs.
    """
    ended = threading.Event()
    beat = _Heart(settings, job_run_id, seconds)
    beat.beat()
    thread = threading.Thread(target=beat.go_on, args=(ended,), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        beat.close()


class _Heart:
    def __init__(self, settings: Settings, job_run_id: str, seconds: float) -> None:
        self._settings, self._run, self._seconds = settings, job_run_id, seconds
        self._session: Session | None = None

    def go_on(self, ended: threading.Event) -> None:
        """Beat until the end; a lost connection is made again at the next beat."""
        while not ended.wait(self._seconds / HEARTBEATS):
            try:
                self.beat()
            except InsightsError as error:
                logger.warning("The heartbeat of this run failed (%s)", type(error).__name__)
                self.close()

    def beat(self) -> None:
        if self._session is None:
            session = Session(self._settings)
            if not lock.hold(session.connection, self._run):
                session.close()  # a claim asks after us at this moment; at the next beat
                return
            self._session = session
        runs = tables.job_runs
        self._session.execute(
            sa.update(runs)
            .where(runs.c.job_run_id == self._run)
            .values(alive_until=from_now(self._seconds))
        )

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
