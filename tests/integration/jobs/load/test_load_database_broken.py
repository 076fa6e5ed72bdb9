"""Loads that break off: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from python_jobs.jobs import load_database as job
from python_jobs.storage import raw
from python_jobs.storage.failures import PassingError
from python_jobs.storage.source.position import parse_overlap
from tests.integration.conftest import PATIENCE
from tests.integration.jobs.load.shop import broken

if TYPE_CHECKING:
    from tests.integration.jobs.load.shop import Shop


@pytest.mark.parametrize("updated_at", ["changed_at", None])
def test_an_interrupted_load_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, updated_at: str | None
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with broken(monkeypatch, 3, interrupt), pytest.raises(KeyboardInterrupt):
        shop.load(updated_at=updated_at, batch_rows=30)
    assert shop.count() == (60, 60)
    # the watermark's overlap is read again, keys are not
    again = 61 if updated_at else 0
    assert shop.load(updated_at=updated_at, batch_rows=30) == (
        40 + min(again, 60),
        40,
        min(again, 60),
        0,
        0,
    )
    assert shop.count() == (100, 100)
    assert shop.query(
        "select count_rows > 99, finished_at is not null, feedback_id "
        "from customer_insights.source_positions"
    ) == [(True, True, None)]


def cut(url: str) -> None:
    """End every other connection to a database."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where pid <> pg_backend_pid() and datname = current_database()"
        )


@pytest.mark.parametrize("end", ["source", "own"])
def test_a_lost_connection_is_made_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    shop.run(  # more than the drivers have read ahead
        "insert into shop.reviews (review_id, body, changed_at) select n, 'Text ' || n, "
        "timestamptz '2026-03-03Z' + n * interval '1 s' from generate_series(1001, 12000) as n"
    )
    own = shop.settings.database_url
    assert own
    url = shop.url if end == "source" else own.get_secret_value()
    with broken(monkeypatch, 2, lambda: cut(url)) as calls:
        result = shop.load(updated_at="changed_at", batch_rows=3_000, overlap=parse_overlap("1m"))
    assert calls[0] >= 4
    assert result[0] > 11_100, "the overlap is read again, so nothing broke"
    assert (result[1], result[3], result[4]) == (11_100, 0, 0)
    assert shop.count() == (11_100, 11_100)


def test_a_server_that_stays_away_ends_the_load(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def merge(*_: Any) -> raw.MergeCounts:
        attempts.append(1)
        raise psycopg.errors.DeadlockDetected

    with monkeypatch.context() as patch:
        patch.setattr(raw, "merge", merge)
        with pytest.raises(PassingError, match="DeadlockDetected"):
            shop.load(updated_at="changed_at")
    assert len(attempts) == 1 + job.MOST_RETRIES
    assert shop.count() == (0, 0)
    assert shop.load(updated_at="changed_at")[:2] == (100, 100)


@pytest.mark.slow
def test_kill_9_in_the_middle(shop: Shop) -> None:
    shop.run(
        "insert into shop.reviews (review_id, body, changed_at) select n, 'Text ' || n, "
        "timestamptz '2026-03-03Z' + n * interval '1 s' from generate_series(1001, 30000) as n"
    )
    assert shop.settings.source_url
    assert shop.settings.database_url
    environment = {
        **os.environ,
        "INSIGHTS_SOURCE_URL": shop.settings.source_url.get_secret_value(),
        "INSIGHTS_DATABASE_URL": shop.settings.database_url.get_secret_value(),
        "INSIGHTS_HOME": str(shop.settings.home),
    }
    command = [
        *(sys.executable, "-m", "python_jobs", "load", "--from", "postgres"),
        *("--table", "shop.reviews", "--map", "review_id=feedback_id", "--map"),
        *("body=feedback_text", "--updated-at", "changed_at", "--batch-rows", "500"),
        *("--overlap", "10s"),
    ]
    kills, seen = 0, 0
    while kills < 3:
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while shop.count()[0] <= seen and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        if process.poll() is not None:
            break
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        seen, kills = shop.count()[0], kills + 1
        assert seen == shop.count()[1]
    assert kills
    assert 0 < seen < 29_100
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert shop.url not in ended.stderr
    assert shop.count() == (29_100, 29_100)
