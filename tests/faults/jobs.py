"""Jobs as processes that can be killed, and what has to hold afterwards."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.fakes.openai_answers import embed as true_vector
from tests.faults import forked
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from python_jobs.settings import Settings
    from tests.fakes.openai_server import FakeOpenAI, Request

ROOT = Path(__file__).resolve().parents[2]
_OURS = re.compile(r"^(INSIGHTS_|OPENAI_|AZURE_OPENAI_|PG|DBT_|MAX_WORKERS$|BATCH_SIZE$)")
WAIT_SECONDS = 300.0
"""Before a test gives up; no test asserts a time."""


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    stderr: str


class Job:
    """`python -m python_jobs …` as a process of its own, with its messages in a file."""

    def __init__(
        self,
        settings: Settings,
        base_url: str,
        *arguments: str,
        workers: int = 4,
        batch_size: int = 10,
        **variables: str,
    ) -> None:
        assert settings.database_url
        folder = settings.home.parent / "jobs"
        folder.mkdir(exist_ok=True)
        self._messages = folder / f"{len(list(folder.iterdir())):03}.log"
        self._messages.touch()
        environment = {name: value for name, value in os.environ.items() if not _OURS.match(name)}
        environment |= {
            "INSIGHTS_DATABASE_URL": settings.database_url.get_secret_value(),
            "INSIGHTS_HOME": str(settings.home),
            "INSIGHTS_EMBEDDING_DIMENSIONS": str(settings.embedding_dimensions or ""),
            "OPENAI_API_KEY": "sk-test",
            "OPENAI_BASE_URL": base_url,
            "MAX_WORKERS": str(workers),
            "BATCH_SIZE": str(batch_size),
            "NO_PROXY": "127.0.0.1",
            "PYTHONPATH": str(ROOT),
        }
        if settings.vector_database_url:
            vectors = settings.vector_database_url.get_secret_value()
            environment["INSIGHTS_VECTOR_DATABASE_URL"] = vectors
        environment = {name: value for name, value in (environment | variables).items() if value}
        self._start(arguments or ("embed",), environment, folder)

    def _start(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        with self._messages.open("w") as messages:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "python_jobs", *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=subprocess.STDOUT,
            )

    @property
    def code(self) -> int | None:
        """How the process ended; None while it runs."""
        return self._process.poll()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self.code is None

    @property
    def messages(self) -> str:
        return self._messages.read_text()

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9."""
        self.send(signal.SIGKILL)
        self._wait(WAIT_SECONDS)

    def end(self, seconds: float = WAIT_SECONDS) -> Ended:
        """Wait for the end; the process is killed where it does not come in time."""
        self._wait(seconds)
        in_time = self.code
        if in_time is None:
            self.kill()
        assert in_time is not None, f"no end after {seconds} s: {self.messages}"
        return Ended(in_time, self.messages)

    def _wait(self, seconds: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)


class QuickJob(Job):
    """The same without the seconds that a process takes to start: see `forked`."""

    def _start(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> None:
        self._fork = forked.start(arguments, environment, str(folder), str(self._messages))

    @property
    def code(self) -> int | None:
        return self._fork.exitcode

    @property
    def pid(self) -> int:
        assert self._fork.pid
        return self._fork.pid

    def _wait(self, seconds: float) -> None:
        self._fork.join(seconds)


@contextmanager
def started(*jobs: Job) -> Iterator[None]:
    """Whatever happens, no process outlives the test."""
    try:
        yield
    finally:
        for job in jobs:
            if job.is_running:
                job.kill()


def wait_until(condition: Callable[[], object], what: str, seconds: float = WAIT_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no {what} after {seconds} s"
        time.sleep(0.01)


def wait_for_silence(settings: Settings) -> None:
    """Until the server has noticed that its clients are gone and has ended what they began."""
    wait_until(lambda: sessions(settings) == [], "end of the sessions")


def sessions(settings: Settings) -> list[tuple[str, str]]:
    """Every other session in the database: what it waits for, and on what."""
    rows = query(
        settings,
        "select coalesce(wait_event_type, ''), coalesce(wait_event, '') from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid() "
        "and backend_type = 'client backend'",
    )
    return [(str(kind), str(event)) for kind, event in rows]


# --- what the server was asked --------------------------------------------------------------


def texts_of(request: Request) -> list[str]:
    return list(request.body["input"])


def times_sent(server: FakeOpenAI) -> Counter[str]:
    """How often each text was sent."""
    return Counter(text for request in list(server.requests) for text in texts_of(request))


def lost_requests(settings: Settings, requests: list[Request]) -> int:
    """Requests that will be paid for again: their texts are still pending.

    The texts of one request are stored together or not at all.
    """
    waiting = pending_texts(settings)
    lost = 0
    for request in requests:
        missing = [text in waiting for text in texts_of(request)]
        assert all(missing) or not any(missing), "a request was stored in part"
        lost += all(missing)
    return lost


# --- what is stored -------------------------------------------------------------------------


def pending_texts(settings: Settings) -> set[str]:
    return {
        text for (text,) in query(settings, "select feedback_text from marts.pending_embeddings")
    }


def count(settings: Settings, table: str) -> int:
    return int(query(settings, f"select count(*) from {table}")[0][0])


def assert_each_stored_once(settings: Settings, texts: int, *, dead: int = 0) -> None:
    """Nothing pending, nothing twice, every vector under the hash of its own text."""
    assert pending_texts(settings) == set()
    assert count(settings, "customer_insights.leases") == 0
    assert count(settings, "customer_insights.dead_letters") == dead
    stored = query(
        settings,
        "select feedback.feedback_text, vectors.embedding::text, items.content_hash "
        "from vector_store.embeddings as vectors "
        "left join intermediate.int_feedback__deduplicated as feedback using (content_hash) "
        "left join customer_insights.embedded_items as items "
        "using (content_hash, model, dimensions)",
    )
    assert len(stored) == count(settings, "customer_insights.embedded_items") == texts - dead
    assert len({content_hash for _, _, content_hash in stored}) == texts - dead
    found = np.array([[float(x) for x in vector[1:-1].split(",")] for _, vector, _ in stored])
    expected = np.array([true_vector(text, found.shape[1]) for text, _, _ in stored])
    assert np.allclose(found, expected, atol=1e-5)
