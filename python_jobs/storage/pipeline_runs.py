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

import psycopg
from psycopg import sql

from python_jobs.errors import DatabaseError
from python_jobs.storage import tables
from python_jobs.storage.failures import refused_statement
from python_jobs.storage.job_runs import ALIVE_UNTIL
from python_jobs.storage.job_runs import PIPELINE_RUN_ID as PIPELINE_RUN_ID
from python_jobs.storage.lock import hold_pipeline_lock

if TYPE_CHECKING:
    from python_jobs.settings import Settings

JOB = "pipeline"
ALIVE_SECONDS = 120.0
"""A run that was killed shows as crashed after so long at most."""
_KEY = "pipeline_run_id"


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
    """The connection that holds the pipeline's lock, and what it writes down meanwhile.

    Args:
        connection: in autocommit mode; its end frees the lock.
        settings: for the schemas.
    """

    def __init__(self, connection: psycopg.Connection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings
        self._table = sql.Identifier(settings.schema_name(tables.JOBS), "job_runs")
        self._usage = sql.Identifier(settings.schema_name(tables.JOBS), "api_usage")

    def lock(self, *, shared: bool) -> None:
        """Take the pipeline's lock.

        Raises:
            BusyError: another run holds it.
        """
        hold_pipeline_lock(self._connection, self._settings, shared=shared)

    def begin(self, run_id: str, job: str, doing: str | None = None, **facts: object) -> None:
        """Write down that a run or a step begins.

        Args:
            run_id: its key.
            job: `pipeline`, or `pipeline.` and the step.
            doing: what is under way, told as the reason should it be killed.
            facts: more of it, for `counts`.
        """
        self._execute(
            "insert into {} (job_run_id, job, status, started_at, alive_until, counts, error)"
            " values (%s, %s, 'running', %s, {until}, %s, %s)",
            (run_id, job, datetime.now(UTC), ALIVE_SECONDS, json.dumps(facts), doing),
        )

    def doing(self, run_id: str, what: str | None) -> None:
        """Say what a run is at, for those who find it killed."""
        self._execute("update {} set error = %s where job_run_id = %s", (what, run_id))

    def end(self, run_id: str, error: str | None, counts: dict[str, Any]) -> None:
        """Write down how a run or a step ended."""
        status = "failed" if error else "succeeded"
        self._execute(
            "update {} set status = %s, finished_at = %s, error = %s, counts = %s"
            " where job_run_id = %s",
            (status, datetime.now(UTC), error, json.dumps(counts), run_id),
        )

    def beat(self, *run_ids: str) -> None:
        """Keep runs alive, and the connection that holds the lock.

        Raises:
            DatabaseError: it was lost, and the lock with it.
        """
        self._execute(
            "update {} set alive_until = {until} where job_run_id = any(%s)",
            (ALIVE_SECONDS, list(run_ids)),
        )

    def close_crashed(self, *, alone: bool) -> list[str]:
        """Close the rows of runs that were killed; what they were at.

        Args:
            alone: this process holds the lock alone, so whoever `runs` does not any more.
        """
        cursor = self._execute(
            "update {} set status = 'failed', error = 'killed: ' || coalesce(error, job)"
            " where status = 'running' and (job = %s or job like %s)"
            " and (%s or alive_until < now()) returning job, error",
            (JOB, f"{JOB}.%", alone),
        )
        return [error for job, error in cursor.fetchall() if job == JOB]

    def jobs_of(self, run_id: str, since: datetime) -> list[JobFacts]:
        """What the jobs did that belong to a run of the pipeline and began since a moment."""
        cursor = self._execute(
            "select job_run_id, job, counts from {} where started_at >= %s and job not like %s"
            " order by started_at, job_run_id",
            (since, f"{JOB}%"),
        )
        rows = [(key, job, _as_dict(counts)) for key, job, counts in cursor.fetchall()]
        mine = [row for row in rows if row[2].pop(_KEY, None) == run_id]
        return [JobFacts(key, job, counts, *self._spent(key)) for key, job, counts in mine]

    def _spent(self, job_run_id: str) -> tuple[int, int, int, float | None]:
        row = self._execute(
            "select count(*), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),"
            " coalesce(sum(cost_usd), 0), count(*) filter (where cost_usd is null)"
            " from {} where job_run_id = %s",
            (job_run_id,),
            self._usage,
        ).fetchone()
        requests, read, written, cost, unknown = row or (0, 0, 0, 0, 0)
        return int(requests), int(read), int(written), None if unknown else float(cost)

    def _execute(
        self, statement: str, values: tuple[object, ...], table: sql.Identifier | None = None
    ) -> psycopg.Cursor[Any]:
        query = sql.SQL(statement).format(table or self._table, until=ALIVE_UNTIL)
        try:
            return self._connection.execute(query, values)
        except psycopg.OperationalError:
            raise DatabaseError(
                "the connection that holds the pipeline lock was lost; the run was stopped",
                hint="run the same command with --resume: it goes on where it stopped",
            ) from None
        except psycopg.Error as error:
            raise refused_statement(error) from None


def _as_dict(counts: object) -> dict[str, Any]:
    """JSON as the driver gives it: parsed, text, or nothing."""
    with suppress(ValueError):
        counts = json.loads(counts) if isinstance(counts, str) else counts
    return dict(counts) if isinstance(counts, dict) else {}
