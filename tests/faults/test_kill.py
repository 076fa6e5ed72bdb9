"""kill -9, anywhere: nothing is lost, nothing stored twice, and little is paid for twice."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.fakes.openai_server import FakeOpenAI
from tests.faults.jobs import (
    QuickJob,
    assert_each_stored_once,
    lost_requests,
    started,
    times_sent,
    wait_for_silence,
    wait_until,
)
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_jobs.settings import Settings

WORKERS, BATCH = 4, 5
GATE = 4242
"""Key of the lock at which every insert, or every commit, of a result can be held."""

pytestmark = pytest.mark.slow


def test_fifty_kills_at_random_points(pending: Callable[[int], Settings]) -> None:
    texts, kills, chance = 6_000, 50, random.Random(3)
    settings = pending(texts)
    lost_by_kill: list[int] = []
    with FakeOpenAI(latency=0.03) as server:
        while len(lost_by_kill) < kills:
            before = server.count()
            with started(job := QuickJob(settings, server.url, workers=WORKERS, batch_size=BATCH)):
                if chance.random() < 0.2:  # while it starts up, or has hardly begun
                    time.sleep(chance.uniform(0.0, 0.3))
                else:  # after some requests, not some time: a fast machine must not get done
                    wait_for_requests(server, before + chance.randint(1, 16), job)
                    time.sleep(chance.uniform(0.0, server.latency))
                if not job.is_running:
                    break
                job.kill()
            server.settle()
            wait_for_silence(settings)
            lost_by_kill.append(lost_requests(settings, server.requests[before:]))
        assert len(lost_by_kill) == kills, f"done after {len(lost_by_kill)}: give it more texts"
        ended = QuickJob(settings, server.url, workers=WORKERS, batch_size=100).end()
    assert ended.code == 0, ended.stderr
    assert_each_stored_once(settings, texts)
    assert max(lost_by_kill) <= WORKERS
    assert sum(lost_by_kill) > 0, "no kill hit a request under way"
    paid_twice = sum(sent - 1 for sent in times_sent(server).values())
    assert paid_twice == sum(lost_by_kill) * BATCH
    print(  # noqa: T201
        f"\n{kills} kills: {sum(lost_by_kill)} requests paid twice, at most "
        f"{max(lost_by_kill)} a kill; {paid_twice} of {texts} texts sent twice"
    )


def wait_for_requests(server: FakeOpenAI, number: int, job: QuickJob) -> None:
    wait_until(lambda: server.count() >= number or not job.is_running, "requests")


@contextmanager
def gate(settings: Settings, when: str) -> Iterator[Callable[[], psycopg.Connection]]:
    """Results can be held back: `insert` after they were written, `commit` while they commit.

    Yields a function that closes the gate; closing the connection it returns opens it again.
    """
    trigger = (
        "create trigger gate after insert on customer_insights.embedded_items for each statement"
        if when == "insert"
        else "create constraint trigger gate after insert on customer_insights.embedded_items "
        "deferrable initially deferred for each row"
    )
    query(
        settings,
        "create or replace function customer_insights.gate() returns trigger language plpgsql as "
        f"'begin perform pg_advisory_xact_lock_shared({GATE}); return null; end'",
    )
    query(settings, f"{trigger} execute function customer_insights.gate()")
    assert settings.database_url
    url = settings.database_url.get_secret_value()

    def close() -> psycopg.Connection:
        connection = psycopg.connect(url, autocommit=True)
        connection.execute(f"select pg_advisory_lock({GATE})".encode())
        return connection

    try:
        yield close
    finally:
        query(settings, "drop trigger gate on customer_insights.embedded_items")


def waiting_at_the_gate(settings: Settings) -> int:
    rows = query(
        settings,
        f"select count(*) from pg_locks where locktype = 'advisory' and objid = {GATE} "
        "and not granted and database = (select oid from pg_database "
        "where datname = current_database())",
    )
    return int(rows[0][0])


def claims_waiting(settings: Settings) -> int:
    """Sessions that wait until the row of a job run is let go."""
    rows = query(
        settings,
        "select count(*) from pg_stat_activity where datname = current_database() "
        "and wait_event_type = 'Lock' "
        "and query ilike '%job_runs%for update%'",
    )
    return int(rows[0][0])


def test_killed_between_answer_and_commit(pending: Callable[[int], Settings]) -> None:
    """The answer is there, its rows are written, and the transaction is never committed."""
    texts, kills, chance = 1_200, 20, random.Random(4)
    settings = pending(texts)
    lost_by_kill: list[int] = []
    with FakeOpenAI(latency=0.01) as server, gate(settings, "insert") as close:
        for _ in range(kills):
            before = server.count()
            at_least, holding = chance.randint(1, 6), chance.randint(1, WORKERS)
            with started(job := QuickJob(settings, server.url, workers=WORKERS, batch_size=BATCH)):
                wait_for_requests(server, before + at_least, job)
                with close():
                    wait_until(
                        lambda: waiting_at_the_gate(settings) >= holding,  # noqa: B023
                        "answer that is about to be stored",
                    )
                    job.kill()
            server.settle()
            wait_for_silence(settings)
            lost_by_kill.append(lost_requests(settings, server.requests[before:]))
        ended = QuickJob(settings, server.url, workers=WORKERS, batch_size=100).end()
    assert ended.code == 0, ended.stderr
    assert_each_stored_once(settings, texts)
    assert min(lost_by_kill) >= 1
    assert max(lost_by_kill) <= WORKERS
    assert sum(n - 1 for n in times_sent(server).values()) == sum(lost_by_kill) * BATCH
    print(f"\n{kills} kills before the commit: {sum(lost_by_kill)} requests paid twice")  # noqa: T201


def test_killed_while_the_commit_is_under_way(pending: Callable[[int], Settings]) -> None:
    """The client is gone and the server commits all the same: the next run has to see that.

    The next run starts before the commit has ended, and must not ask for these texts again.
    """
    texts, kills = 600, 5
    settings = pending(texts)
    with FakeOpenAI(latency=0.01) as server, gate(settings, "commit") as close:
        for _ in range(kills):
            before = server.count()
            job = QuickJob(settings, server.url, workers=WORKERS, batch_size=BATCH)
            with started(job), ExitStack() as closed:
                wait_for_requests(server, before + 2, job)
                closed.enter_context(close())
                wait_until(lambda: waiting_at_the_gate(settings) == WORKERS, "commits under way")
                job.kill()
                sent = server.count()
                some = ("embed", "--limit", str(BATCH * WORKERS))
                following = QuickJob(settings, server.url, *some, workers=WORKERS, batch_size=BATCH)
                with started(following):
                    wait_until(lambda: claims_waiting(settings), "claim that has to wait")
                    assert server.count() == sent, "asked while the outcome is open"
                    closed.close()
                    ended = following.end()
            assert ended.code == 0, ended.stderr
        ended = QuickJob(settings, server.url, workers=WORKERS, batch_size=100).end()
    assert ended.code == 0, ended.stderr
    assert_each_stored_once(settings, texts)
    assert set(times_sent(server).values()) == {1}
