"""Work through a pending set: claim, call, store, until nothing is left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Generic

from python_jobs.errors import IncompleteError, ProviderError
from python_jobs.jobs import usage
from python_jobs.jobs.batches import Answer, Outcome, in_threads, isolating
from python_jobs.logs import logger, progress
from python_jobs.providers.base import Usage, added
from python_jobs.providers.errors import CallFailed, Stopped
from python_jobs.providers.spending import ZERO, BudgetReached, dollars
from python_jobs.storage import results
from python_jobs.storage.job_inputs import PendingText, Period, count_pending
from python_jobs.storage.leases import Leases, heartbeat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    import sqlalchemy as sa

    from python_jobs.settings import Settings
    from python_jobs.storage.job_runs import JobRun
    from python_jobs.storage.warehouse import Warehouse

CLAIMED_BATCHES = 4
"""Batches a worker that are claimed at a time: enough to keep all busy, few enough to share."""
HOPELESS = 20
"""Unusable answers to single texts in a row, with no good one before, that end a job."""

Texts = tuple[PendingText, ...]
Recover = Callable[["sa.Connection", Sequence[PendingText]], set[str]]


@dataclass(frozen=True)
class Selection:
    """Which part of a pending set to do, and how."""

    period: Period = field(default_factory=Period)
    limit: int | None = None
    batch_size: int = 100
    workers: int = 5


@dataclass
class Tally:
    """What became of the pending texts.

    Attributes:
        pending: distinct texts that waited, before any limit.
        done: embedded or tagged by a model call.
        found: had their result already, from a run that was cut off; no call was made.
        dead: given up, with their reason in `dead_letters`.
        lost: taken over by another run, before or after the call; not stored by this one.
        requests: calls to a model over the network; the local provider makes none.
        input_tokens, output_tokens: what these calls read and wrote.
        cost_usd: what they cost in US dollars; None where the price is unknown.
    """

    pending: int = 0
    done: int = 0
    found: int = 0
    dead: int = 0
    lost: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = ZERO

    def counts(self) -> dict[str, int | float | str | None]:
        """For `job_runs` and `--json`."""
        cost = None if self.cost_usd is None else float(self.cost_usd)
        return vars(self) | {"cost_usd": cost}

    def cost(self) -> str:
        """For people: what was spent; nothing where the model runs on this machine."""
        return dollars(self.cost_usd) if self.requests else ""

    def left(self) -> int:
        """Texts that still wait."""
        return self.pending - self.done - self.found - self.dead - self.lost

    def add(self, spent: Usage) -> None:
        """Count a call."""
        self.requests += spent.requests
        self.input_tokens += spent.input_tokens
        self.output_tokens += spent.output_tokens
        self.cost_usd = added(self.cost_usd, spent.cost_usd)


@dataclass(frozen=True)
class Work(Generic[Answer]):
    """A job's own part.

    Attributes:
        job, title, provider, model: who does what.
        pending: the set.
        batches: groups texts into calls.
        call: asks the model about one batch; makes no transaction.
        store: writes the answer for the texts at `kept`, with the record that they are done.
        usage_of: what an answer cost.
        recover: takes care of texts that need no call any more, and returns their hashes.
    """

    job: str
    title: str
    provider: str
    model: str
    pending: sa.TableClause
    batches: Callable[[Iterable[PendingText]], Iterator[Texts]]
    call: Callable[[Sequence[PendingText]], Answer]
    store: Callable[[sa.Connection, Sequence[PendingText], Answer, Sequence[int]], None]
    usage_of: Callable[[Answer], Usage]
    recover: Recover | None = None


def work_through(
    settings: Settings,
    warehouse: Warehouse,
    work: Work[Answer],
    selection: Selection,
    run: JobRun,
    stop: threading.Event,
) -> Tally:
    """Call the model for every pending text that no other run has, and store what it says.

    Each answer is stored by the thread that asked for it, before it asks again: a run that is
    killed has at most as many answers unstored as it has workers.

    Raises:
        CallFailed: one that no smaller batch can help, or `Stopped`; what was stored stays.
        BudgetReached: the next request could have passed the ceiling.
        DatabaseError: the database was lost for longer than the retries last.
    """
    tally = Tally()
    with warehouse.transaction() as connection:
        tally.pending = count_pending(connection, work.pending, work.model, selection.period)
    todo = tally.pending if selection.limit is None else min(tally.pending, selection.limit)
    if not todo:
        logger.info("%s: nothing is pending, no model call made", work.title)
        run.counts.update(tally.counts())
        return tally
    leases = Leases(warehouse, work.job, work.model, run.job_run_id)
    loop = _Loop(warehouse, work, run, tally, leases)
    with heartbeat(settings, run.job_run_id):
        try:
            with progress(work.title, todo, "texts", tally.cost) as tick:
                batches = work.batches(loop.claimed(selection, stop, tick))
                for count in in_threads(batches, loop.do, selection.workers, stop):
                    tick(count)
        except Stopped:
            if not stop.is_set():
                raise
        except BudgetReached as error:
            raise error.leaving(tally.left()) from None
        finally:
            run.counts.update(tally.counts())
            leases.release_all()
    if stop.is_set():
        raise Stopped("asked to stop; what was answered is stored")
    return tally


def recovered(
    warehouse: Warehouse, leases: Leases, recover: Recover | None, page: list[PendingText]
) -> list[PendingText]:
    """The claimed texts that need a call; the others are taken care of and given back."""
    if recover is None:
        return page

    def work() -> set[str]:
        with warehouse.transaction() as connection:
            held = leases.still_held(connection, [item.content_hash for item in page])
            found = recover(connection, [item for item in page if item.content_hash in held])
            leases.release(connection, found)
        return found

    found = warehouse.patiently(work)
    return [item for item in page if item.content_hash not in found]


def complain_of_dead_letters(title: str, tally: Tally) -> None:
    """Raise where texts were given up.

    Raises:
        IncompleteError: with exact counts.
    """
    if tally.dead:
        raise IncompleteError(
            f"{title}: {tally.dead} of {tally.done + tally.found + tally.dead} texts were given "
            "up; all others are stored",
            hint="`insights dead-letters list` shows the reasons, `retry` tries again",
        )


class _Loop(Generic[Answer]):
    """What the threads of one run share."""

    def __init__(
        self,
        warehouse: Warehouse,
        work: Work[Answer],
        run: JobRun,
        tally: Tally,
        leases: Leases,
    ) -> None:
        self._warehouse, self._work, self._run = warehouse, work, run
        self._tally, self._leases = tally, leases
        self._guard = threading.Lock()
        self._unusable = 0

    def claimed(
        self, selection: Selection, stop: threading.Event, tick: Callable[[int], None]
    ) -> Iterator[PendingText]:
        """Pending texts as they are claimed, page by page, until none is left or the limit."""
        left = selection.limit
        page_size = selection.batch_size * selection.workers * CLAIMED_BATCHES
        while not stop.is_set() and (left is None or left > 0):
            size = page_size if left is None else min(page_size, left)
            page = self._warehouse.patiently(
                partial(self._leases.claim, self._work.pending, selection.period, size)
            )
            if not page:
                return
            rest = recovered(self._warehouse, self._leases, self._work.recover, page)
            found = len(page) - len(rest)
            if found:
                self._tally.found += found
                tick(found)
            if left is not None:
                left -= len(page)
            yield from rest

    def do(self, batch: Texts) -> int:
        """Ask about one batch and store the answer; the number of its texts."""
        mine = self._warehouse.patiently(partial(self._still_mine, batch))
        if mine:
            for outcome in isolating(self._ask, mine):
                self._warehouse.patiently(partial(self._settle, outcome))
        return len(batch)

    def _still_mine(self, batch: Texts) -> Texts:
        """Without what another run took over since it was claimed: that is not to be paid for."""
        with self._warehouse.transaction() as connection:
            held = self._leases.still_held(connection, [item.content_hash for item in batch])
        with self._guard:
            self._tally.lost += len(batch) - len(held)
        return tuple(item for item in batch if item.content_hash in held)

    def _ask(self, items: Sequence[PendingText]) -> Answer:
        try:
            return self._work.call(items)
        except (CallFailed, BudgetReached) as error:
            final = isinstance(error, CallFailed) and error.batch_at_fault and len(items) == 1
            if not final:  # else recorded with its dead letter
                self._warehouse.patiently(partial(self._record_failure, len(items), error.usage))
            raise

    def _record_failure(self, count: int, spent: Usage) -> None:
        if spent.requests:
            with self._warehouse.transaction() as connection:
                request = usage.request(self._work.job, self._work, count, spent)
                results.record_request(connection, request, self._run.job_run_id)
            with self._guard:
                self._tally.add(spent)

    def _settle(self, outcome: Outcome[PendingText, Answer]) -> None:
        spent = outcome.error.usage if outcome.error else Usage()
        with self._warehouse.transaction() as connection:
            hashes = [item.content_hash for item in outcome.items]
            held = self._leases.still_held(connection, hashes)
            kept = [row for row, each in enumerate(hashes) if each in held]
            if outcome.answer is not None:
                spent = self._work.usage_of(outcome.answer)
                if kept:
                    self._work.store(connection, outcome.items, outcome.answer, kept)
            elif outcome.error is not None and kept:
                results.record_dead_letters(
                    connection,
                    [outcome.items[row] for row in kept],
                    job=self._work.job,
                    model=self._work.model,
                    reason=f"{outcome.error.status}: {outcome.error.message}",
                    job_run_id=self._run.job_run_id,
                )
            if spent.requests:
                request = usage.request(self._work.job, self._work, len(hashes), spent)
                results.record_request(connection, request, self._run.job_run_id)
            self._leases.release(connection, held)
        self._count(outcome, len(kept), spent)

    def _count(self, outcome: Outcome[PendingText, Answer], kept: int, spent: Usage) -> None:
        tally = self._tally
        with self._guard:
            tally.add(spent)
            tally.lost += len(outcome.items) - kept
            if outcome.error is None:
                tally.done += kept
                self._unusable = 0
                return
            tally.dead += kept
            if outcome.error.status == "invalid_answer":
                self._unusable += 1
            if self._unusable >= HOPELESS and not tally.done:
                raise ProviderError(
                    f"{self._work.model} gave no usable answer to {self._unusable} texts in a row",
                    hint="does this model support what is asked of it? see `insights dead-letters`",
                )
