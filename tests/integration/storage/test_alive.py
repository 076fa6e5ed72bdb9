"""A run is alive by the server's clock, whatever this machine's says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import pytest

from python_jobs.storage import leases, pipeline_runs
from python_jobs.storage.connection import psycopg_connect
from python_jobs.storage.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from python_jobs.settings import Settings

TABLE = """
create schema customer_insights;
create table customer_insights.job_runs (
    job_run_id text, job text, status text, started_at timestamptz, alive_until timestamptz,
    counts text, error text
)
"""
AHEAD = "select extract(epoch from alive_until - now()) from customer_insights.job_runs"


class Early(datetime):
    """A clock that is an hour early."""

    @classmethod
    def now(cls, tz: tzinfo | None = UTC) -> Early:
        return cls.fromtimestamp((datetime.now(tz) - timedelta(hours=1)).timestamp(), tz)


@pytest.fixture
def runs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    for module in (leases, pipeline_runs):
        monkeypatch.setattr(module, "datetime", Early, raising=False)
    with psycopg_connect(settings, autocommit=True) as connection:
        connection.execute(TABLE)
        yield connection
        connection.execute("drop schema customer_insights cascade")


def ahead(connection: psycopg.Connection) -> float:
    row = connection.execute(AHEAD).fetchone()
    assert row
    return float(row[0])


def test_a_job_s_lease(runs: psycopg.Connection, settings: Settings) -> None:
    runs.execute("insert into customer_insights.job_runs (job_run_id) values ('mine')")
    with leases.heartbeat(settings, "mine", seconds=900):
        assert 0 < ahead(runs) <= 900


def test_a_pipeline_s_run(runs: psycopg.Connection, settings: Settings) -> None:
    with Session(settings) as session:
        recorded = pipeline_runs.PipelineRuns(session, settings)
        recorded.begin("mine", pipeline_runs.JOB)
        assert 0 < ahead(runs) <= pipeline_runs.ALIVE_SECONDS
        runs.execute("update customer_insights.job_runs set alive_until = null")
        recorded.beat("mine")
        assert 0 < ahead(runs) <= pipeline_runs.ALIVE_SECONDS
