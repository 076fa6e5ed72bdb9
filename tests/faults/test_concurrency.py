"""Several runs at once: no text is paid for twice, and nobody stores what is no longer theirs."""

from __future__ import annotations

import json
import re
import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from python_jobs.jobs import pending as pending_jobs
from python_jobs.jobs.embed import embed
from python_jobs.jobs.pending import Selection
from python_jobs.storage import leases, results
from tests.fakes.openai_answers import ANSWERS
from tests.fakes.openai_server import FakeOpenAI
from tests.faults.jobs import (
    Job,
    QuickJob,
    assert_each_stored_once,
    pending_texts,
    sessions,
    started,
    texts_of,
    times_sent,
    wait_until,
)
from tests.faults.texts import restage
from tests.integration.jobs.conftest import query, with_openai

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_jobs.settings import Settings
    from python_jobs.storage.embedded import ServerInfo

PROCESSES = 8
MANY = 20_000

pytestmark = pytest.mark.slow


def test_eight_processes_share_the_work(
    pending: Callable[[int], Settings], server: ServerInfo
) -> None:
    settings = pending(MANY)
    deadlocks = "select deadlocks from pg_stat_database where datname = current_database()"
    before = query(settings, deadlocks)
    with FakeOpenAI(latency=0.05) as api:
        jobs = [QuickJob(settings, api.url, workers=2, batch_size=100) for _ in range(PROCESSES)]
        with started(*jobs):
            with psycopg.connect(url(settings)) as connection:  # until all of them are there
                connection.execute("lock table customer_insights.leases in access exclusive mode")
                wait_until(
                    lambda: sum(kind == "Lock" for kind, _ in sessions(settings)) == PROCESSES,
                    "claim of each process",
                )
            ended = [job.end(900) for job in jobs]
    assert [each.code for each in ended] == [0] * PROCESSES, [each.stderr for each in ended]
    assert_each_stored_once(settings, MANY)
    sent = times_sent(api)
    assert len(sent) == MANY
    assert set(sent.values()) == {1}
    shares = query(
        settings,
        "select (counts ->> 'done')::int, (counts ->> 'lost')::int, status "
        "from customer_insights.job_runs order by 1",
    )
    assert len(shares) == PROCESSES
    assert sum(done for done, _, _ in shares) == MANY
    assert min(done for done, _, _ in shares) > 0
    assert {(lost, status) for _, lost, status in shares} == {(0, "succeeded")}
    assert query(settings, deadlocks) == before
    assert "deadlock detected" not in server.log_file.read_text(errors="replace")
    print(f"\n{MANY} texts by {PROCESSES} processes: {[done for done, _, _ in shares]}")  # noqa: T201


def test_workers_of_the_pipeline_share_both_sets(pending: Callable[[int], Settings]) -> None:
    """Three `run_pipeline.sh --worker` at once: each text is embedded once and tagged once."""
    texts, tasks = 90, 3
    settings = pending(texts)
    with FakeOpenAI(latency=0.5) as api:
        jobs = [
            Job(settings, api.url, "pipeline", "--worker", workers=1, batch_size=2)
            for _ in range(tasks)
        ]
        with started(*jobs):
            ended = [job.end(900) for job in jobs]
        asked = list(api.requests)
    assert [each.code for each in ended] == [0] * tasks, [each.stderr for each in ended]
    assert_each_stored_once(settings, texts)
    for path, job in (("/embeddings", "embed"), ("/chat/completions", "tag")):
        bodies = [json.dumps(each.body) for each in asked if each.path.endswith(path)]
        sent = Counter(
            number for body in bodies for number in re.findall(r"parcel number (w\d+)", body)
        )
        assert (len(sent), set(sent.values())) == (texts, {1}), job
        shares = query(
            settings,
            "select (counts ->> 'done')::int from customer_insights.job_runs "
            f"where job = '{job}' order by 1",
        )
        assert (len(shares), sum(done for (done,) in shares)) == (tasks, texts)
        assert shares[1][0] > 0, "one did it all"
    workers = (
        "select status, count(*) from customer_insights.job_runs where job = 'pipeline.worker'"
    )
    assert query(settings, f"{workers} group by status") == [("succeeded", tasks)]


class Held:
    """A server that holds its answers to the first run back until it is told to go on."""

    def __init__(self, api: FakeOpenAI) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        self._api, self._count, self._guard = api, 0, threading.Lock()
        api.overrides["/embeddings"] = self.answer

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        with self._guard:
            self._count += 1
            first = self._count <= 2
        if first:
            if self._count == 2:
                self.reached.set()
            assert self.go.wait(300)
        return ANSWERS["/embeddings"](body)


def test_a_stopped_process_cannot_store_what_another_took_over(
    pending: Callable[[int], Settings],
) -> None:
    """SIGSTOP until its time is up; its answers come late and are refused."""
    texts = 60
    settings = pending(texts)
    with FakeOpenAI() as api:
        held = Held(api)
        sleeper = QuickJob(settings, api.url, workers=2, batch_size=10)
        with started(sleeper):
            assert held.reached.wait(300)
            sleeper.send(signal.SIGSTOP)
            let_two_minutes_pass(settings)
            other = QuickJob(settings, api.url, workers=2, batch_size=10)
            ended = other.end()
            assert ended.code == 0, ended.stderr
            assert_each_stored_once(settings, texts)
            held.go.set()
            sleeper.send(signal.SIGCONT)
            late = sleeper.end()
    assert late.code == 0, late.stderr
    assert_each_stored_once(settings, texts)
    assert query(
        settings,
        "select (counts ->> 'done')::int, (counts ->> 'lost')::int "
        "from customer_insights.job_runs order by started_at",
    ) == [(0, texts), (texts, 0)]
    # Only what was under way is paid for twice, not what the sleeper had still before it.
    assert sum(sent - 1 for sent in times_sent(api).values()) == 2 * 10
    writers = query(
        settings,
        "select count(distinct job_run_id), min(job_run_id) = (select job_run_id "
        "from customer_insights.job_runs order by started_at desc limit 1) "
        "from customer_insights.embedded_items",
    )
    assert writers == [(1, True)]


@pytest.fixture
def first_heart_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run beats once; its connection stays. Other runs live on."""
    beat, hearts = leases._Heart.beat, []

    def first_only(heart: leases._Heart) -> None:
        if not hearts:
            hearts.append(heart)
        elif heart is hearts[0]:
            return
        beat(heart)

    monkeypatch.setattr(leases._Heart, "beat", first_only)


def let_two_minutes_pass(settings: Settings) -> None:
    """As far as the leases of the runs so far are concerned."""
    query(settings, "update customer_insights.job_runs set alive_until = now() - interval '1 s'")


def written_by_the_first_run(settings: Settings) -> int:
    rows = query(
        settings,
        "select count(*) from customer_insights.embedded_items join customer_insights.job_runs "
        "using (job_run_id) where started_at = (select min(started_at) "
        "from customer_insights.job_runs)",
    )
    return int(rows[0][0])


@pytest.mark.usefixtures("first_heart_stands_still")
def test_late_answers_of_a_run_whose_heart_stood_still_are_refused(
    pending: Callable[[int], Settings],
) -> None:
    """Its connection lives on, its time does not: the second run may take its texts."""
    texts = 40
    settings = pending(texts)
    with FakeOpenAI() as api, ThreadPoolExecutor(1) as thread:
        held = Held(api)
        mine = with_openai(settings, api)
        late = thread.submit(embed, mine, Selection(batch_size=10, workers=2))
        assert held.reached.wait(300)
        let_two_minutes_pass(settings)
        taken = embed(mine, Selection(batch_size=10, workers=2))
        held.go.set()
        tally = late.result(300)
    assert (taken.done, taken.lost) == (texts, 0)
    assert (tally.done, tally.lost) == (0, texts)
    assert_each_stored_once(settings, texts)
    assert written_by_the_first_run(settings) == 0


@pytest.mark.usefixtures("first_heart_stands_still")
@pytest.mark.parametrize(
    ("owner", "name", "lost"),
    [(results, "record_embedded", 40), (leases, "read_pending", 0)],
    ids=["while it stores", "while it claims"],
)
def test_a_run_that_hangs_in_a_transaction_blocks_nobody(
    owner: Any,
    name: str,
    lost: int,
    pending: Callable[[int], Settings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server ends its transaction; what it had written in it is gone."""
    texts = 40
    settings = pending(texts)
    reached, go, step = threading.Event(), threading.Event(), getattr(owner, name)

    def hang(*arguments: Any, **named: Any) -> Any:
        done = step(*arguments, **named)
        if not reached.is_set():
            reached.set()
            assert go.wait(300)
        return done

    monkeypatch.setattr(owner, name, hang)
    monkeypatch.setattr(leases, "ALIVE_SECONDS", 5.0)
    with FakeOpenAI() as api, ThreadPoolExecutor(1) as thread:
        mine = with_openai(settings, api)
        late = thread.submit(embed, mine, Selection(batch_size=texts, workers=1))
        assert reached.wait(300)
        let_two_minutes_pass(settings)
        try:
            taken = embed(mine, Selection(batch_size=texts, workers=1))
        finally:
            go.set()
        tally = late.result(300)
    assert (taken.done, tally.done, tally.lost) == (texts, 0, lost)
    assert_each_stored_once(settings, texts)
    assert written_by_the_first_run(settings) == 0


def test_a_busy_run_keeps_its_leases(
    pending: Callable[[int], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads that store without a gap between them keep neither heartbeat nor claims out."""
    texts = 200
    settings = pending(texts)
    query(
        settings,
        "create function customer_insights.slowly() returns trigger language plpgsql as "
        "'begin perform pg_sleep(0.8); return null; end'",
    )
    query(
        settings,
        "create trigger slowly after insert on customer_insights.embedded_items "
        "for each statement execute function customer_insights.slowly()",
    )
    monkeypatch.setattr(pending_jobs, "heartbeat", partial(leases.heartbeat, seconds=6.0))
    with FakeOpenAI() as api, ThreadPoolExecutor(2) as threads:
        mine = with_openai(settings, api)
        selection = Selection(batch_size=1, workers=8)
        runs = [threads.submit(embed, mine, selection) for _ in range(2)]
        tallies = [run.result(300) for run in runs]
    assert [tally.lost for tally in tallies] == [0, 0]
    assert sum(tally.done for tally in tallies) == texts
    assert min(tally.done for tally in tallies) > 0
    assert set(times_sent(api).values()) == {1}
    assert_each_stored_once(settings, texts)


def test_a_row_edited_during_the_call(pending: Callable[[int], Settings]) -> None:
    """The vector of the old text goes under the old text's hash, and the new one is pending."""
    texts = 20
    settings = pending(texts)
    edited = "now it says something else"
    before = query(
        settings,
        "select content_hash from intermediate.int_feedback__deduplicated "
        "where feedback_id = 'f00003'",
    )
    with FakeOpenAI() as api, ThreadPoolExecutor(1) as thread:
        held = Held(api)
        mine = with_openai(settings, api)
        run = thread.submit(embed, mine, Selection(batch_size=10, workers=2))
        assert held.reached.wait(300)
        with psycopg.connect(url(settings)) as connection:
            connection.execute("delete from raw.customer_feedback where feedback_id > 'f00020'")
            connection.execute(
                "update raw.customer_feedback set feedback_text = %s where feedback_id = 'f00003'",
                (edited,),
            )
            restage(connection)
        held.go.set()
        assert run.result(300).done == texts
        assert pending_texts(settings) == {edited}
        after = query(
            settings,
            "select content_hash from intermediate.int_feedback__deduplicated "
            "where feedback_id = 'f00003'",
        )
        assert after != before
        stored = "select count(*) from vector_store.embeddings where content_hash = '{}'"
        assert query(settings, stored.format(before[0][0])) == [(1,)]
        assert query(settings, stored.format(after[0][0])) == [(0,)]
        assert embed(mine, Selection(batch_size=10)).done == 1
    assert texts_of(api.requests[-1]) == [edited]
    # The old text's vector stays for whoever says it again, the new text has its own.
    for table in ("vector_store.embeddings", "customer_insights.embedded_items"):
        query(settings, f"delete from {table} where content_hash = '{before[0][0]}'")
    assert_each_stored_once(settings, texts)


def url(settings: Settings) -> str:
    assert settings.database_url
    return settings.database_url.get_secret_value()
