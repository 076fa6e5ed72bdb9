"""kill -9 with the vectors in a database of their own: the two come to agree, and nobody pays."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.fakes.openai_server import FakeOpenAI
from tests.faults.jobs import (
    QuickJob,
    count,
    pending_texts,
    started,
    texts_of,
    times_sent,
    wait_for_silence,
    wait_until,
)
from tests.faults.test_kill import BATCH, WORKERS, gate, wait_for_requests, waiting_at_the_gate
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_jobs.settings import Settings
    from tests.fakes.openai_server import Request

    Pending = Callable[[int], tuple[Settings, Settings]]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def stored_texts(settings: Settings, store: Settings) -> set[str]:
    """Texts that have a vector, on record or not."""
    hashes = {row[0] for row in query(store, "select content_hash from vector_store.embeddings")}
    rows = query(
        settings,
        "select content_hash, feedback_text from intermediate.int_feedback__deduplicated",
    )
    return {text for content_hash, text in rows if content_hash in hashes}


def unstored(requests: list[Request], stored: set[str]) -> int:
    """Requests that will be paid for again; each is stored as a whole or not at all."""
    found = [[text in stored for text in texts_of(request)] for request in requests]
    assert all(all(each) or not any(each) for each in found), "a request was stored in part"
    return sum(not any(each) for each in found)


def assert_both_agree(settings: Settings, store: Settings, texts: int) -> None:
    keys = "select content_hash, model, dimensions from {} order by 1"
    records = query(settings, keys.format("customer_insights.embedded_items"))
    assert records == query(store, keys.format("vector_store.embeddings"))
    assert len(records) == texts
    assert pending_texts(settings) == set()
    assert count(settings, "customer_insights.leases") == 0


def test_killed_at_random_points(pending_apart: Pending) -> None:
    texts, kills, chance = 1_500, 10, random.Random(5)
    settings, store = pending_apart(texts)
    lost_by_kill: list[int] = []
    with FakeOpenAI(latency=0.03) as server:
        while len(lost_by_kill) < kills:
            before = server.count()
            with started(job := QuickJob(settings, server.url, workers=WORKERS, batch_size=BATCH)):
                wait_for_requests(server, before + 1, job)
                time.sleep(chance.uniform(0.0, 0.4))
                if not job.is_running:
                    break
                job.kill()
            time.sleep(2 * server.latency)
            wait_for_silence(settings)
            wait_for_silence(store)
            stored = stored_texts(settings, store)
            lost_by_kill.append(unstored(server.requests[before:], stored))
        assert len(lost_by_kill) == kills, f"done after {len(lost_by_kill)}: give it more texts"
        ended = QuickJob(settings, server.url, workers=WORKERS, batch_size=100).end()
    assert ended.code == 0, ended.stderr
    assert_both_agree(settings, store, texts)
    assert max(lost_by_kill) <= WORKERS
    assert sum(sent - 1 for sent in times_sent(server).values()) == sum(lost_by_kill) * BATCH


def test_killed_between_the_two_commits(pending_apart: Pending) -> None:
    """Every worker has committed its vectors and is about to record them."""
    texts, kills = 300, 4
    settings, store = pending_apart(texts)
    with FakeOpenAI(latency=0.01) as server, gate(settings, "insert") as close:
        for _ in range(kills):
            before = server.count()
            job = QuickJob(settings, server.url, workers=WORKERS, batch_size=BATCH)
            with started(job):
                wait_for_requests(server, before + 1, job)
                with close():
                    wait_until(lambda: waiting_at_the_gate(settings) == WORKERS, "records held")
                    job.kill()
            wait_for_silence(settings)
            found = len(stored_texts(settings, store))
            assert found - count(settings, "customer_insights.embedded_items") == WORKERS * BATCH
        ended = QuickJob(settings, server.url, workers=WORKERS, batch_size=100).end()
    assert ended.code == 0, ended.stderr
    assert_both_agree(settings, store, texts)
    assert set(times_sent(server).values()) == {1}
