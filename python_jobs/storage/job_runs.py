"""Which job ran when, with which counts: written at its start and at its end."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import sqlalchemy as sa

from python_jobs import telemetry
from python_jobs.errors import InsightsError
from python_jobs.storage import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.storage.warehouse import Warehouse

PIPELINE_RUN_ID = "INSIGHTS_PIPELINE_RUN_ID"
"""The variable that says which run of the pipeline a job belongs to; kept among its counts."""


@dataclass
class JobRun:
    """A run under way; the job adds to `counts`."""

    job_run_id: str
    counts: dict[str, int | float | str | None] = field(default_factory=dict)


@contextmanager
def job_run(
    warehouse: Warehouse, job: str, *, provider: str | None = None, model: str | None = None
) -> Iterator[JobRun]:
    """Record a run from start to end; one that was killed stays `running`."""
    run = JobRun(f"{job}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}")
    with warehouse.transaction() as connection:
        connection.execute(
            sa.insert(tables.job_runs).values(
                job_run_id=run.job_run_id,
                job=job,
                status="running",
                started_at=datetime.now(UTC),
                provider=provider,
                model=model,
                counts=json.dumps(_belonging()) if _belonging() else None,
            )
        )
    try:
        with telemetry.job(job, run.job_run_id, run.counts, provider=provider, model=model):
            yield run
    except BaseException as error:
        _finish(warehouse, run, "failed", _reason(error))
        raise
    _finish(warehouse, run, "succeeded", None)


def _finish(warehouse: Warehouse, run: JobRun, status: str, error: str | None) -> None:
    table = tables.job_runs
    with warehouse.transaction() as connection:
        connection.execute(
            sa.update(table)
            .where(table.c.job_run_id == run.job_run_id)
            .values(
                status=status,
                finished_at=datetime.now(UTC),
                counts=json.dumps(run.counts | _belonging()),
                error=error,
            )
        )


def _belonging() -> dict[str, str]:
    pipeline_run_id = os.environ.get(PIPELINE_RUN_ID)
    return {"pipeline_run_id": pipeline_run_id} if pipeline_run_id else {}


def _reason(error: BaseException) -> str:
    # Only our own messages are known to hold no feedback text and no secret.
    return error.message if isinstance(error, InsightsError) else type(error).__name__
