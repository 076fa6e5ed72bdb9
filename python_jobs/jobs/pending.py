"""Work through a pending set page by page, and count what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_jobs.errors import IncompleteError
from python_jobs.jobs import usage
from python_jobs.jobs.batches import Answer, Outcome, in_batches
from python_jobs.logs import logger, progress
from python_jobs.providers.base import Usage
from python_jobs.storage import results
from python_jobs.storage.job_inputs import PendingText, Period, count_pending, read_pending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import sqlalchemy as sa

    from python_jobs.storage.job_runs import JobRun
    from python_jobs.storage.warehouse import Warehouse

PAGE = 5_000


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
        requests: calls to a model over the network; the local provider makes none.
    """

    pending: int = 0
    done: int = 0
    found: int = 0
    dead: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def counts(self) -> dict[str, int | float | str]:
        """For `job_runs`."""
        return dict(vars(self))


@dataclass(frozen=True)
class Work:
    """What `work_through` needs to know of a job."""

    job: str
    title: str
    provider: str
    model: str
    pending: sa.TableClause
    max_batch: int


def pages(
    warehouse: Warehouse, work: Work, selection: Selection, tally: Tally
) -> Iterator[list[PendingText]]:
    """Pages of pending texts until none is left or the limit is reached.

    Each page is read after the one before was dealt with: whatever was done or given up is
    pending no more, so the set itself is the bookmark, and a crash loses nothing.
    """
    left = selection.limit
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        with warehouse.transaction() as connection:
            page = read_pending(connection, work.pending, work.model, selection.period, size)
        if not page:
            return
        before = tally.done + tally.found + tally.dead
        yield page
        if tally.done + tally.found + tally.dead - before < len(page):
            return
        if left is not None:
            left -= len(page)


def work_through(
    warehouse: Warehouse,
    work: Work,
    selection: Selection,
    run: JobRun,
    *,
    call: Callable[[Sequence[PendingText]], Answer],
    store: Callable[[sa.Connection, Sequence[PendingText], Answer], None],
    usage_of: Callable[[Answer], Usage],
    recover: Callable[[list[PendingText]], list[PendingText]] = lambda page: page,
) -> Tally:
    """Call the model for every pending text and store what it says, each batch by itself.

    Args:
        warehouse: holds the pending set and takes the results.
        work: the job.
        selection: which part of the pending set.
        run: takes the counts.
        call: the model call for one batch; makes no transaction.
        store: writes an answer in the transaction given, with the record that it is done.
        usage_of: what an answer cost.
        recover: takes care of texts that need no call any more, and returns the others.

    Raises:
        CallFailed: one that no smaller batch can help; what was stored before stays.
    """
    tally = Tally()
    with warehouse.transaction() as connection:
        tally.pending = count_pending(connection, work.pending, work.model, selection.period)
    todo = tally.pending if selection.limit is None else min(tally.pending, selection.limit)
    if not todo:
        logger.info("%s: nothing is pending, no model call made", work.title)
        run.counts.update(tally.counts())
        return tally
    size = min(selection.batch_size, work.max_batch)
    try:
        with progress(work.title, todo, "texts") as tick:
            for page in pages(warehouse, work, selection, tally):
                rest = recover(page)
                tally.found += len(page) - len(rest)
                tick(len(page) - len(rest))
                for outcome in in_batches(rest, size, call, selection.workers):
                    _settle(warehouse, work, run, tally, outcome, store, usage_of)
                    tick(len(outcome.items))
    finally:
        run.counts.update(tally.counts())
    return tally


def complain_of_dead_letters(title: str, tally: Tally) -> None:
    """Raise where texts were given up.

    Raises:
        IncompleteError: with exact counts.
    """
    if tally.dead:
        raise IncompleteError(
            f"{title}: {tally.dead} of {tally.done + tally.found + tally.dead} texts were given "
            "up; all others are stored",
            hint="customer_insights.dead_letters has the reasons",
        )


def _settle(
    warehouse: Warehouse,
    work: Work,
    run: JobRun,
    tally: Tally,
    outcome: Outcome[PendingText, Answer],
    store: Callable[[sa.Connection, Sequence[PendingText], Answer], None],
    usage_of: Callable[[Answer], Usage],
) -> None:
    spent = outcome.error.usage if outcome.error else Usage()
    with warehouse.transaction() as connection:
        if outcome.answer is not None:
            spent = usage_of(outcome.answer)
            store(connection, outcome.items, outcome.answer)
            tally.done += len(outcome.items)
        elif outcome.error is not None:
            reason = f"{outcome.error.status}: {outcome.error.message}"
            results.record_dead_letters(
                connection,
                outcome.items,
                job=work.job,
                model=work.model,
                reason=reason,
                job_run_id=run.job_run_id,
            )
            tally.dead += len(outcome.items)
        if spent.requests:
            request = usage.request(work.job, work, len(outcome.items), spent)
            results.record_request(connection, request, run.job_run_id)
    tally.requests += spent.requests
    tally.input_tokens += spent.input_tokens
    tally.output_tokens += spent.output_tokens
