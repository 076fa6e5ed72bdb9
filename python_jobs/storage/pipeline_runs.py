"""Runs of the whole pipeline and their steps, as rows of `job_runs` that a heartbeat keeps alive.

A run is `running` while it runs. One that was killed stays so, and its `alive_until` passes:
`marts.pipeline_health` calls it crashed, and the next run closes its rows.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs.errors import DatabaseError
from python_jobs.storage import tables
from python_jobs.storage.dialects.elements import among, from_now, now
from python_jobs.storage.failures import ConnectionLostError
from python_jobs.storage.job_runs import PIPELINE_RUN_ID as PIPELINE_RUN_ID
from python_jobs.storage.lock import hold_pipeline_lock

if TYPE_CHECKING:
    from python_jobs.settings import Settings
    from python_jobs.storage.session import Session

JOB = "pipeline"
ALIVE_SECONDS = 120.0
"""A run that was killed shows as crashed after so long at most."""
_KEY = "pipeline_run_id"
_RUNS = tables.job_runs


@dataclass(frozen=True)
class JobFacts:
    """What one job of a step did.

    Attributes:
        job_run_id, job: its row of `job_runs`.
        counts: what it says of itself.
        requests, input_tokens, output_tokens: its calls to a model.
        cost_usd: US dollars; None where a price is unknown.
    """

    job_run_id: str
    job: str
    counts: dict[str, Any]
    requests: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


class PipelineRuns:
    """The session that holds the pipeline's lock, and what it writes down meanwhile.

    Args:
        session: its end frees the lock.
        settings: for the schemas.
    """

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._settings = settings

    def lock(self, *, shared: bool) -> None:
        """Take the pipeline's lock.

        Raises:
            BusyError: another run holds it.
        """
        hold_pipeline_lock(self._session.connection, self._settings, shared=shared)

    def begin(self, run_id: str, job: str, doing: str | None = None, **facts: object) -> None:
        """Write down that a run or a step begins.

        Args:
            run_id: its key.
            job: `pipeline`, or `pipeline.` and the step.
            doing: what is under way, told as the reason should it be killed.
            facts: more of it, for `counts`.
        """
        self._execute(
            sa.insert(_RUNS).values(
                job_run_id=run_id,
                job=job,
                status="running",
                started_at=datetime.now(UTC),
                alive_until=from_now(ALIVE_SECONDS),
                counts=json.dumps(facts),
                error=doing,
            )
        )

    def doing(self, run_id: str, what: str | None) -> None:
        """Say what a run is at, for those who find it killed."""
        self._execute(sa.update(_RUNS).where(_RUNS.c.job_run_id == run_id).values(error=what))

    def end(self, run_id: str, error: str | None, counts: dict[str, Any]) -> None:
        """Write down how a run or a step ended."""
        self._execute(
            sa.update(_RUNS)
            .where(_RUNS.c.job_run_id == run_id)
            .values(
                status="failed" if error else "succeeded",
                finished_at=datetime.now(UTC),
                error=error,
                counts=json.dumps(counts),
            )
        )

    def beat(self, *run_ids: str) -> None:
        """Keep runs alive, and the connection that holds the lock.

        Raises:
            DatabaseError: it was lost, and the lock with it.
        """
        self._execute(
            sa.update(_RUNS)
            .where(among(_RUNS.c.job_run_id, run_ids))
            .values(alive_until=from_now(ALIVE_SECONDS))
        )

    def close_crashed(self, *, alone: bool) -> list[str]:
        """Close the rows of runs that were killed; what they were at.

        Args:
            alone: this process holds the lock alone, so whoever `runs` does not any more.
        """
        gone = [] if alone else [_RUNS.c.alive_until < now()]
        query = sa.select(_RUNS.c.job_run_id, _RUNS.c.job, _RUNS.c.error).where(
            _RUNS.c.status == "running",
            sa.or_(_RUNS.c.job == JOB, _RUNS.c.job.like(f"{JOB}.%")),
            *gone,
        )
        killed = []
        for run_id, job, doing in self._execute(query).all():
            error = f"killed: {job if doing is None else doing}"
            closed = self._execute(
                sa.update(_RUNS)
                .where(_RUNS.c.job_run_id == run_id, _RUNS.c.status == "running")
                .values(status="failed", error=error)
            )
            if closed.rowcount and job == JOB:
                killed.append(error)
        return killed

    def jobs_of(self, run_id: str, since: datetime) -> list[JobFacts]:
        """What the jobs did that belong to a run of the pipeline and began since a moment."""
        query = (
            sa.select(_RUNS.c.job_run_id, _RUNS.c.job, _RUNS.c.counts)
            .where(_RUNS.c.started_at >= since, _RUNS.c.job.not_like(f"{JOB}%"))
            .order_by(_RUNS.c.started_at, _RUNS.c.job_run_id)
        )
        found = self._execute(query).all()
        rows = [(str(key), str(job), _as_dict(counts)) for key, job, counts in found]
        mine = [row for row in rows if row[2].pop(_KEY, None) == run_id]
        return [JobFacts(key, job, counts, *self._spent(key)) for key, job, counts in mine]

    def _spent(self, job_run_id: str) -> tuple[int, int, int, float | None]:
        usage = tables.api_usage.c
        unknown = sa.func.sum(sa.case((usage.cost_usd.is_(None), 1), else_=0))
        sums = map(sa.func.sum, (usage.input_tokens, usage.output_tokens, usage.cost_usd))
        row = self._execute(
            sa.select(sa.func.count(), *sums, unknown).where(usage.job_run_id == job_run_id)
        ).one()
        read, written, cost = (value or 0 for value in row[1:4])
        return int(row[0]), int(read), int(written), None if row[4] else float(cost)

    def _execute(self, statement: sa.Executable) -> sa.CursorResult[*tuple[Any, ...]]:
        try:
            return self._session.execute(statement)
        except ConnectionLostError:
            raise DatabaseError(
                "the connection that holds the pipeline lock was lost; the run was stopped",
                hint="run the same command with --resume: it goes on where it stopped",
            ) from None


def _as_dict(counts: object) -> dict[str, Any]:
    """JSON as the driver gives it: parsed, text, or nothing."""
    with suppress(ValueError):
        counts = json.loads(counts) if isinstance(counts, str) else counts
    return dict(counts) if isinstance(counts, dict) else {}
