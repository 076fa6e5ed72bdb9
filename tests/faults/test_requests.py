"""What one call costs when the server fails, from the request to what the tables say of it.

That each kind of fault is retried or not is shown call by call in
`tests/unit/providers/test_openai_faults.py`; here a whole run meets some of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import ExitCode, IncompleteError
from python_jobs.jobs.embed import embed
from python_jobs.jobs.pending import Selection
from python_jobs.providers.errors import CallFailed
from tests.fakes import faults
from tests.fakes.openai_server import FakeOpenAI
from tests.faults.jobs import count, pending_texts
from tests.integration.jobs.conftest import query, with_openai

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_jobs.settings import Settings
    from tests.fakes.faults import Fault

TEXTS = 20

pytestmark = pytest.mark.slow  # for the database that they begin with


def usage(settings: Settings) -> list[tuple[str, int]]:
    rows = query(settings, "select status, retries from customer_insights.api_usage order by 1, 2")
    return [(str(status), int(retries)) for status, retries in rows]


def test_a_server_that_is_down_gets_six_requests(
    pending: Callable[[int], Settings], slept: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    settings = pending(TEXTS)
    with FakeOpenAI() as server:
        server.script(faults.status(500, message="parcel number w1"), repeat=7)
        with pytest.raises(CallFailed) as caught:
            embed(with_openai(settings, server), Selection(batch_size=TEXTS, workers=1))
        assert server.count() == 6
    assert caught.value.exit_code == ExitCode.PROVIDER
    assert slept == [1, 2, 4, 8, 16]
    warnings = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert warnings == [
        f"embedding request: 127.0.0.1 failed (status 500); retry {n} of 5 in {wait} s"
        for n, wait in enumerate([1, 2, 4, 8, 16], 1)
    ]
    assert "parcel" not in caplog.text + str(caught.value) + str(caught.value.hint)
    assert len(pending_texts(settings)) == TEXTS
    assert count(settings, "vector_store.embeddings") == 0
    assert count(settings, "customer_insights.dead_letters") == 0
    assert usage(settings) == [("unavailable", 5)]
    assert query(
        settings, "select status, counts ->> 'requests' from customer_insights.job_runs"
    ) == [("failed", "6")]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (faults.quota_exhausted(), "quota_exhausted"),
        (faults.wrong_key("sk-test"), "key_rejected"),
        (faults.status(400, code="unsupported_value"), "misconfigured"),
    ],
    ids=["quota", "401", "400 for an option"],
)
def test_what_no_retry_can_mend_is_asked_once(
    fault: Fault, status: str, pending: Callable[[int], Settings], slept: list[float]
) -> None:
    settings = pending(TEXTS)
    with FakeOpenAI() as server:
        server.script(fault)
        with pytest.raises(CallFailed) as caught:
            embed(with_openai(settings, server), Selection(batch_size=5, workers=1))
        assert server.count() == 1
    assert caught.value.exit_code == ExitCode.PROVIDER
    assert slept == []
    assert len(pending_texts(settings)) == TEXTS
    assert usage(settings) == [(status, 0)]


def test_a_text_that_is_refused_is_asked_about_once(
    pending: Callable[[int], Settings], slept: list[float]
) -> None:
    """A 400 for the text itself: one call, and the text is given up with the reason."""
    settings = pending(1)
    with FakeOpenAI() as server:
        server.script(faults.bad_request("parcel number w1"))
        with pytest.raises(IncompleteError) as caught:
            embed(with_openai(settings, server), Selection())
        assert server.count() == 1
    assert "parcel" not in str(caught.value)
    assert slept == []
    assert usage(settings) == [("bad_request", 0)]
    assert query(settings, "select reason from customer_insights.dead_letters") == [
        ("bad_request: 127.0.0.1 did not accept the texts (status 400)",)
    ]
    assert pending_texts(settings) == set()
