"""30% of the requests fail, in all ways at once: everything is stored once, or dead with reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from python_jobs.errors import IncompleteError
from python_jobs.jobs.embed import embed
from python_jobs.jobs.pending import Selection
from python_jobs.providers.errors import Unavailable
from tests.fakes import faults
from tests.fakes.openai_answers import ANSWERS
from tests.fakes.openai_server import FakeOpenAI
from tests.faults.jobs import assert_each_stored_once, count, pending_texts
from tests.faults.strangers import aimock, llmock
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from python_jobs.settings import Settings

TEXTS, BATCH, WORKERS = 5_000, 10, 4
TIMEOUT = 2.0
SELECTION = Selection(batch_size=BATCH, workers=WORKERS)
MOST_RUNS = 10
"""A call fails for good where 6 requests in a row do: 1 in 1,400 at 30%. A user then runs again."""

pytestmark = pytest.mark.slow


@dataclass
class Runs:
    """What some runs of `insights embed`, each after the other, say they did."""

    runs: int = 0
    done: int = 0
    dead: int = 0
    requests: int = 0


def embed_until_done(settings: Settings) -> Runs:
    """Run, and run again where the server was down for too long."""
    while True:
        try:
            embed(settings, SELECTION)
        except IncompleteError:
            break
        except Unavailable:
            assert count(settings, "customer_insights.job_runs") < MOST_RUNS
            continue
        break
    rows = query(
        settings,
        "select (counts ->> 'done')::int, (counts ->> 'dead')::int, "
        "(counts ->> 'requests')::int from customer_insights.job_runs",
    )
    done, dead, requests = (sum(column) for column in zip(*rows, strict=True))
    return Runs(len(rows), done, dead, requests)


def with_server(settings: Settings, url: str, timeout: float = TIMEOUT) -> Settings:
    return settings.model_copy(
        update={
            "openai_api_key": SecretStr("sk-test"),
            "openai_base_url": url,
            "request_timeout": timeout,
        }
    )


def recorded_requests(settings: Settings) -> int:
    """HTTP requests that `api_usage` knows of."""
    rows = query(settings, "select coalesce(sum(retries + 1), 0) from customer_insights.api_usage")
    return int(rows[0][0])


def test_our_own_server(pending: Callable[[int], Settings], slept: list[float]) -> None:
    """429, 500, 503, timeouts, hang-ups and malformed bodies; and three texts it never accepts."""
    poison = {f"parcel number w{n} came late, the box was wet and soft" for n in (7, 2500, 4999)}

    def picky(body: dict[str, Any]) -> dict[str, Any]:
        if poison & set(body["input"]):
            return {"error": {"message": "no", "code": None}}
        return ANSWERS["/embeddings"](body)

    pool = [
        faults.rate_limited(retry_after="7"),
        faults.status(500),
        faults.status(503),
        faults.slow(2 * TIMEOUT),
        faults.disconnected,
        faults.cut_short,
        faults.malformed,
        faults.not_json,
        faults.too_few_vectors,
        faults.not_a_number,
        faults.zero_vector,
    ]
    settings = pending(TEXTS)
    with FakeOpenAI(fault_rate=0.3, fault_pool=pool, seed=9) as server:
        server.overrides["/embeddings"] = picky
        runs = embed_until_done(with_server(settings, server.url))
        asked = server.count("/embeddings")
    reasons = query(
        settings, "select reason, count(*) from customer_insights.dead_letters group by 1"
    )
    dead = count(settings, "customer_insights.dead_letters")
    print(f"\nown server: {runs}, {asked} requests, {len(slept)} waits, dead: {reasons}")  # noqa: T201
    assert dead >= len(poison)
    assert (runs.done, runs.dead) == (TEXTS - dead, dead)
    assert all(reason.startswith(("bad_request: ", "invalid_answer: ")) for reason, _ in reasons)
    assert_each_stored_once(settings, TEXTS, dead=dead)
    assert asked > TEXTS / BATCH * 1.3
    assert recorded_requests(settings) == runs.requests == asked


def test_llmock(pending: Callable[[int], Settings], slept: list[float]) -> None:
    rates = {429: 0.1, 500: 0.08, 503: 0.06, 504: 0.06}
    options = [
        part for status, rate in rates.items() for part in ("--error-rate", f"{status}={rate}")
    ]
    settings = pending(TEXTS).model_copy(update={"embedding_dimensions": None})
    with llmock(*options) as server:
        delays = [{"type": "delay", "seconds": 3 * TIMEOUT, "times": 12}]
        server.ask("/_llmock/scenario", {"behaviors": delays})
        runs = embed_until_done(with_server(settings, server.url))
        journal = server.ask("/_llmock/requests")["requests"]
    assert_all_stored(settings, runs, len(slept), len(journal))
    failed = sum(entry["status"] != 200 for entry in journal)
    print(f"\nllmock: {runs}, {failed} of {len(journal)} requests failed, 12 timed out")  # noqa: T201


def test_aimock(pending: Callable[[int], Settings], slept: list[float], tmp_path: Path) -> None:
    kinds = ("drop", "malformed", "disconnect", "ratelimit")
    options = [part for kind in kinds for part in (f"--chaos-{kind}", "0.085")]
    settings = pending(TEXTS)
    with aimock(tmp_path, *options) as server:
        runs = embed_until_done(with_server(settings, server.url, timeout=30.0))
        journal = server.ask("/__aimock/journal")
    assert_all_stored(settings, runs, len(slept), len(journal))
    faulty = sum("chaosAction" in entry["response"] for entry in journal)
    assert recorded_requests(settings) == runs.requests == len(journal)
    print(f"\naimock: {runs}, {faulty} of {len(journal)} requests failed")  # noqa: T201


def assert_all_stored(settings: Settings, runs: Runs, waits: int, asked: int) -> None:
    """The vectors are the stranger's own; that each is one and its text's only one is ours."""
    assert pending_texts(settings) == set()
    assert (runs.done, runs.dead) == (TEXTS, 0)
    assert query(
        settings,
        "select count(*), count(distinct content_hash), count(distinct embedding::text) "
        "from vector_store.embeddings",
    ) == [(TEXTS, TEXTS, TEXTS)]
    assert count(settings, "customer_insights.embedded_items") == TEXTS
    assert count(settings, "customer_insights.leases") == 0
    assert waits > 0
    assert asked > TEXTS / BATCH * 1.3


def test_a_stranger_finds_no_fault_with_how_we_retry(pending: Callable[[int], Settings]) -> None:
    """llmock's verdict on waits that are really slept: `retry-after` heeded, no storm, no haste."""
    settings = pending(30)
    with llmock() as server:
        script = [
            {"type": "fail", "status": 429, "retry_after": 3},
            {"type": "fail", "status": 500},
        ]
        server.ask("/_llmock/scenario", {"behaviors": script})
        stranger = with_server(settings, server.url, timeout=30.0)
        stranger = stranger.model_copy(update={"embedding_dimensions": None})
        tally = embed(stranger, Selection(batch_size=30, workers=1))
        verdict = server.ask("/_llmock/verdict")
    assert (tally.done, tally.requests) == (30, 3)
    assert verdict["findings"] == []
