"""Fetch what batches have answered: every line checked and stored once, the rest given back."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from python_jobs.errors import IncompleteError
from python_jobs.jobs import batch_costs, batch_kinds, batch_upkeep, usage
from python_jobs.jobs.budget import cost_of
from python_jobs.logs import logger
from python_jobs.providers.errors import CallFailed, InvalidAnswer, Unavailable
from python_jobs.providers.openai.batches import (
    TERMINAL,
    BatchClient,
    LineAnswer,
    Missing,
    RemoteBatch,
    answer_line,
)
from python_jobs.providers.openai.client import usage_of
from python_jobs.storage import batches, results
from python_jobs.storage.batches import DEAD, REJECTED, RELEASED, STORED
from python_jobs.storage.job_runs import job_run
from python_jobs.storage.vector_store import VectorStore
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import sqlalchemy as sa

    from python_jobs.jobs.batch_kinds import Kind
    from python_jobs.providers.retry import Sleep
    from python_jobs.settings import Settings
    from python_jobs.storage.batches import Batch, Item
    from python_jobs.storage.job_runs import JobRun

POLL_SECONDS = 60.0
OUTAGE_SECONDS = 3600.0
"""A wait goes on for so long without hearing of a batch."""
GRACE_SECONDS = 3600.0
"""A batch that counts answers and names no file for them is looked at again for so long."""


@dataclass
class Fetched:
    """What became of the batches.

    Attributes:
        closed: batches that ended, with everything in them settled.
        still_open: batches that the provider still has, or could not be asked about.
        elsewhere: of these, those of another server than the configured one.
        done: texts stored.
        dead: texts given up, with their reason in `dead_letters`.
        given_back: texts pending again.
        cancelled: of these, those of batches that the user cancelled.
        unreadable: lines that are none, or of no batch of ours.
        failures: batches that could not be fetched, with the error.
    """

    closed: int = 0
    still_open: int = 0
    elsewhere: int = 0
    done: int = 0
    dead: int = 0
    given_back: int = 0
    cancelled: int = 0
    unreadable: int = 0
    failures: dict[str, CallFailed] = field(default_factory=dict)

    def counts(self) -> dict[str, int | float | str | None]:
        """For `job_runs` and `--json`."""
        return {name: value for name, value in vars(self).items() if name != "failures"}


def fetch(
    settings: Settings,
    *,
    wait: bool = False,
    poll_seconds: float = POLL_SECONDS,
    sleep: Sleep | None = None,
    report: Callable[[Fetched], object] | None = None,
) -> Fetched:
    """Ask after every open batch, and store what those that ended have answered.

    Args:
        settings: for the database and the provider.
        wait: ask again until no batch is open.
        poll_seconds: between two rounds.
        sleep: waits; replaced in tests.
        report: told the result, also where an error follows.

    Raises:
        IncompleteError: texts were given up, or given back by a batch that nobody cancelled.
        CallFailed: a batch could not be fetched; the others were.
    """
    total = Fetched()
    with (
        Warehouse(settings) as warehouse,
        VectorStore(settings) as store,
        closing(BatchClient(settings, sleep=sleep)) as client,
        job_run(warehouse, "batch", provider="openai") as run,
    ):
        silent = 0.0
        try:
            while True:
                total.failures.clear()
                _round(settings, warehouse, store, client, run, total)
                silent = silent + poll_seconds if total.failures else 0.0
                if not wait or _under_way(total, patient=silent < OUTAGE_SECONDS) <= 0:
                    break
                logger.info("%d batches are under way", total.still_open)
                (sleep or time.sleep)(poll_seconds)
        finally:
            run.counts.update(total.counts())
    if report:
        report(total)
    _complain(total)
    return total


def _under_way(total: Fetched, *, patient: bool) -> int:
    """Batches worth another look: a wait of a day outlives an outage of the provider."""
    lost = sum(not (error.transient and patient) for error in total.failures.values())
    return total.still_open - total.elsewhere - lost


def _round(
    settings: Settings,
    warehouse: Warehouse,
    store: VectorStore,
    client: BatchClient,
    run: JobRun,
    total: Fetched,
) -> None:
    """Look at every open batch once."""
    batch_upkeep.repair(warehouse, client)
    with warehouse.transaction() as connection:
        known = batches.read_batches(connection, only_open=True)
    total.still_open = total.elsewhere = 0
    for batch in known:
        if batch.host != client.host:
            logger.warning("Batch %s is at %s, not asked", batch.batch_id, batch.host)
            total.elsewhere += 1
        if batch.host != client.host or batch.provider_batch_id is None:
            total.still_open += 1
            continue
        try:
            closed = _Fetching(settings, warehouse, store, client, run, batch, total).run()
        except CallFailed as error:
            logger.warning("Batch %s: %s", batch.batch_id, error.message)
            total.failures[batch.batch_id] = error
            closed = False
        total.closed += closed
        total.still_open += not closed
    with warehouse.transaction() as connection:
        ended = [
            each for each in batches.read_batches(connection, with_files=True) if each.closed_at
        ]
    batch_upkeep.delete_files(warehouse, client, ended)


class _Fetching:
    """One look at one batch."""

    def __init__(
        self,
        settings: Settings,
        warehouse: Warehouse,
        store: VectorStore,
        client: BatchClient,
        run: JobRun,
        batch: Batch,
        total: Fetched,
    ) -> None:
        self._settings, self._warehouse, self._client = settings, warehouse, client
        self._vectors = store
        self._run, self._batch, self._total = run, batch, total
        self._before = total.given_back
        self._reasons: Counter[str] = Counter()

    def run(self) -> bool:
        """Ask the provider; store and close where the batch has ended. Whether it is closed."""
        remote = self._client.retrieve(self._batch.provider_batch_id or "")
        with self._warehouse.transaction() as connection:
            batches.update_batch(
                connection,
                self._batch.batch_id,
                {
                    "status": remote.status,
                    "output_file_id": remote.output_file_id,
                    "error_file_id": remote.error_file_id,
                    "count_completed": remote.count_completed,
                    "count_failed": remote.count_failed,
                    "checked_at": datetime.now(UTC),
                },
            )
        if remote.status not in TERMINAL or _too_early(remote):
            return False
        self._store_all(remote)
        self._close(remote)
        return True

    def _store_all(self, remote: RemoteBatch) -> None:
        batch_id = self._batch.batch_id
        with self._warehouse.transaction() as connection:
            lines: dict[str, list[Item]] = {}
            for item in batches.read_items(connection, batch_id):
                lines.setdefault(item.custom_id, []).append(item)
            self._suspects = batches.read_suspects(connection, self._batch.job, self._batch.model)
        self._price = batch_costs.price_of(self._warehouse, self._batch, self._batch.created_at)
        kind = batch_kinds.made_as(self._settings, self._batch)
        for file_id in (remote.output_file_id, remote.error_file_id):
            if file_id:
                self._store_file(kind, file_id, lines)
        if remote.count_completed and not remote.output_file_id:
            self._reasons["missing output file"] += 1
        self._reasons.update(remote.problems)

    def _store_file(self, kind: Kind, file_id: str, lines: dict[str, list[Item]]) -> None:
        with tempfile.TemporaryFile() as file:
            try:
                self._client.download(file_id, file)
            except Missing:
                self._reasons["missing file"] += 1
                return
            for raw in file:
                if not raw.strip():
                    continue
                answer = answer_line(raw, self._client.host)
                items = lines.get(answer.custom_id) if answer else None
                if answer is None or items is None:
                    self._total.unreadable += 1
                    continue
                # Settled already: by this run, by one before that was cut off, or by another.
                if any(item.status == batches.WAITING for item in items):
                    self._store_line(kind, answer, items)

    def _store_line(self, kind: Kind, answer: LineAnswer, items: Sequence[Item]) -> None:
        """Settle one line in one transaction: stored, given up or given back."""
        error = answer.error
        answered: set[str] = set()
        store = None
        if answer.payload is not None:
            try:
                answered, store = kind.read(answer.payload, items)
            except CallFailed as found:
                error = found
        with self._warehouse.transaction() as connection:
            if error is None and store is not None:
                taken = batches.settle(connection, self._batch.batch_id, answer.custom_id, STORED)
                good = taken & answered
                good -= kind.outdated(connection, good)
                if taken - good:
                    self._give_back(connection, answer.custom_id, taken - good)
                if good:
                    store(self._vectors, connection, good, self._run)
                self._total.done += len(good)
            elif error is not None:
                taken = self._fail(connection, answer.custom_id, items, error)
            if taken:
                self._record_usage(connection, answer, len(taken), error)

    def _fail(
        self, connection: sa.Connection, custom_id: str, items: Sequence[Item], error: CallFailed
    ) -> set[str]:
        """Give up the text that is at fault; what may be good goes back to be asked again."""
        status = RELEASED
        if error.batch_at_fault:
            alone = items[0].count_inputs == items[0].count_in_line
            # An answer that fails its checks is asked for once more, as in the ordinary way.
            final = not isinstance(error, InvalidAnswer) or items[0].content_hash in self._suspects
            status = DEAD if alone and final else REJECTED
        taken = batches.settle(connection, self._batch.batch_id, custom_id, status)
        if status == DEAD and taken:
            results.record_dead_letters(
                connection,
                [batch_kinds.pending_text(item) for item in items if item.content_hash in taken],
                job=self._batch.job,
                model=self._batch.model,
                reason=f"{error.status}: {error.message}",
                job_run_id=self._run.job_run_id,
            )
            self._total.dead += len(taken)
        elif taken:
            self._reasons[error.status] += len(taken)
            self._total.given_back += len(taken)
        return taken

    def _give_back(self, connection: sa.Connection, custom_id: str, hashes: set[str]) -> None:
        """Not stored: nobody says it any more, or something newer is there."""
        batches.give_back(connection, self._batch.batch_id, custom_id, hashes)

    def _record_usage(
        self, connection: sa.Connection, answer: LineAnswer, count: int, error: CallFailed | None
    ) -> None:
        if answer.payload is None and isinstance(error, Unavailable):
            return  # the provider did not get to it
        spent = replace(usage_of(answer.payload or {}), status=error.status if error else "ok")
        request = replace(
            usage.request(self._batch.job, self._batch, count, spent),
            mode="batch",
            cost_usd=cost_of(spent, self._price, batch=True),
        )
        results.record_request(connection, request, self._run.job_run_id)

    def _close(self, remote: RemoteBatch) -> None:
        with self._warehouse.transaction() as connection:
            waited = batches.close_batch(
                connection, self._batch.batch_id, reason=self._reason(remote)
            )
        self._total.given_back += waited
        if remote.status == "cancelled":
            self._total.cancelled += self._total.given_back - self._before
        logger.info(
            "Batch %s is %s; %d texts without an answer are pending again",
            self._batch.batch_id,
            remote.status,
            waited,
        )

    def _reason(self, remote: RemoteBatch) -> str | None:
        found = [
            name if count == 1 else f"{name} ({count})" for name, count in self._reasons.items()
        ]
        ended = [] if remote.status == "completed" else [remote.status]
        return ", ".join([*ended, *found]) or self._batch.reason


def _too_early(remote: RemoteBatch) -> bool:
    """Answers are there, but their file is not named yet."""
    if remote.output_file_id or (remote.error_file_id and not remote.count_completed):
        return False
    if remote.status != "completed" and not remote.count_completed:
        return False
    return time.time() - (remote.ended_at or remote.created_at) < GRACE_SECONDS


def _complain(total: Fetched) -> None:
    for error in total.failures.values():
        raise error
    left = total.given_back - total.cancelled
    if total.dead or left:
        raise IncompleteError(
            f"{total.done} texts stored, {total.dead} given up, {left} pending again",
            hint="`insights batch list` and customer_insights.dead_letters have the reasons; "
            "run `insights embed` or `insights tag` for what is pending",
        )
