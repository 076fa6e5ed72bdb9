"""Whatever a provider answers, each text ends stored, given up or pending again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.errors import IncompleteError
from python_jobs.jobs.batch import (
    fetch,
    list_batches,
    submit_embeddings,
    submit_tags,
)
from python_jobs.providers.errors import CallFailed
from tests.fakes import faults
from tests.fakes.openai_answers import ANSWERS
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from python_jobs.settings import Settings
    from tests.fakes.openai_server import FakeOpenAI

from tests.integration.jobs.batch.conftest import (
    DISTINCT,
    LINES,
    SMALL,
    counted,
    fetched,
    pending,
    stored,
)

Edit = Callable[[list[bytes]], list[bytes]]


def test_nothing_is_stored_before_the_batch_has_ended(live: Settings, api: FakeOpenAI) -> None:
    api.batch_api.steps = ("validating", "in_progress", "finalizing", "completed")
    submit_embeddings(live, SMALL)
    for status in ("validating", "in_progress", "finalizing"):
        found = fetch(live)
        assert (found.still_open, found.done) == (1, 0)
        assert list_batches(live)[0].batch.status == status
    assert fetch(live).done == DISTINCT


def test_waiting_asks_until_the_batch_has_ended(live: Settings, api: FakeOpenAI) -> None:
    api.batch_api.steps = ("validating", "in_progress", "finalizing", "completed")
    submit_embeddings(live, SMALL)
    sleeps: list[float] = []
    assert fetch(live, wait=True, poll_seconds=7, sleep=sleeps.append).done == DISTINCT
    assert sleeps == [7, 7, 7]


@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_what_an_unfinished_batch_has_answered_is_stored(
    status: str, live: Settings, api: FakeOpenAI
) -> None:
    api.batch_api.steps, api.batch_api.share_done = (status,), 0.5
    submit_embeddings(live, SMALL)
    found = fetched(live)
    assert 0 < found.done < DISTINCT
    assert (stored(live), pending(live)) == (found.done, DISTINCT - found.done)
    (row,) = list_batches(live)
    assert row.batch.status == status
    assert status in (row.batch.reason or "")
    paid = counted(live, "customer_insights.api_usage")
    assert paid == round(LINES * 0.5)
    api.batch_api.steps = ("completed",)
    submit_embeddings(live, SMALL)
    assert fetch(live).done == DISTINCT - found.done
    assert stored(live) == DISTINCT


def test_a_file_that_the_provider_refuses_gives_its_texts_back_with_the_reason(
    live: Settings, api: FakeOpenAI
) -> None:
    api.batch_api.steps = ("validating", "failed")
    submit_embeddings(live, SMALL)
    fetch(live)
    with pytest.raises(IncompleteError, match=f"{DISTINCT} pending again"):
        fetch(live)
    assert (stored(live), pending(live)) == (0, DISTINCT)
    assert "invalid_request" in (list_batches(live)[0].batch.reason or "")


def test_a_missing_output_file_gives_its_texts_back(live: Settings, api: FakeOpenAI) -> None:
    def hide(batch: dict[str, Any]) -> None:
        batch.update(output_file_id=None, completed_at=1_000_000)

    api.batch_api.edit_batch = hide
    submit_embeddings(live, SMALL)
    assert fetched(live).given_back == DISTINCT
    assert "missing output file" in (list_batches(live)[0].batch.reason or "")
    assert pending(live) == DISTINCT


def test_an_output_file_that_is_late_is_waited_for(live: Settings, api: FakeOpenAI) -> None:
    api.batch_api.edit_batch = lambda batch: batch.update(
        late=batch["output_file_id"], output_file_id=None
    )
    submit_embeddings(live, SMALL)
    assert fetch(live).still_open == 1
    (made,) = api.batch_api.batches.values()
    made["output_file_id"] = made["late"]
    assert fetch(live).done == DISTINCT


def test_an_output_file_that_was_deleted_gives_its_texts_back(
    live: Settings, api: FakeOpenAI
) -> None:
    api.batch_api.edit_batch = lambda batch: api.batch_api.files.pop(batch["output_file_id"])
    submit_embeddings(live, SMALL)
    assert fetched(live).given_back == DISTINCT
    assert "missing file" in (list_batches(live)[0].batch.reason or "")


def test_lines_that_are_missing_give_their_texts_back(live: Settings, api: FakeOpenAI) -> None:
    api.batch_api.edit_output = lambda lines: lines[2:]
    submit_embeddings(live, SMALL)
    found = fetched(live)
    assert (found.done, found.given_back) == (DISTINCT - 8, 8)
    assert pending(live) == 8


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edit", "unreadable"),
    [
        pytest.param(lambda lines: lines + lines, 0, id="twice"),
        pytest.param(lambda lines: lines[::-1], 0, id="reversed"),
        pytest.param(lambda lines: [b"", b"  ", *lines], 0, id="blank"),
        pytest.param(lambda lines: [b"{", *lines, b"\xff"], 2, id="malformed"),
        pytest.param(
            lambda lines: [*lines, lines[0].replace(b"embed", b"other")], 1, id="of-another-batch"
        ),
    ],
)
def test_odd_lines_harm_no_other(
    edit: Edit, unreadable: int, live: Settings, api: FakeOpenAI
) -> None:
    api.batch_api.edit_output = edit
    submit_embeddings(live, SMALL)
    found = fetch(live)
    assert (found.done, found.unreadable) == (DISTINCT, unreadable)
    assert stored(live) == DISTINCT
    assert counted(live, "customer_insights.api_usage") == LINES


def test_a_line_that_was_cut_off_gives_its_texts_back(live: Settings, api: FakeOpenAI) -> None:
    api.batch_api.edit_output = lambda lines: [*lines[:-1], lines[-1][: len(lines[-1]) // 2]]
    submit_embeddings(live, SMALL)
    found = fetched(live)
    assert found.unreadable == 1
    assert found.done + found.given_back == DISTINCT
    assert 0 < found.given_back <= 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "rate_limit_exceeded"),
        (500, "server_error"),
        (401, "invalid_api_key"),
        (429, "insufficient_quota"),
    ],
)
def test_lines_that_failed_through_no_fault_of_theirs_are_pending_again(
    status: int, code: str, live: Settings, api: FakeOpenAI
) -> None:
    api.batch_api.answer_line = lambda line: (status, {"error": {"code": code}})
    submit_embeddings(live, SMALL)
    found = fetched(live)
    assert (found.done, found.dead, found.given_back) == (0, 0, DISTINCT)
    assert pending(live) == DISTINCT
    assert counted(live, "customer_insights.dead_letters") == 0


def test_a_text_that_the_server_rejects_takes_no_other_along(
    live: Settings, api: FakeOpenAI
) -> None:
    guilty = "the poisonous one"

    def reject(line: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if guilty in line["body"]["input"]:
            return 400, {"error": {"message": f"bad: {guilty}", "code": None}}
        return api.batch_api.answered(line)

    api.batch_api.answer_line = reject
    submit_embeddings(live, SMALL)
    first = fetched(live)
    assert first.dead == 0
    assert 0 < first.given_back <= 4
    again = submit_embeddings(live, SMALL)
    assert again.requests == again.items == first.given_back, "each goes alone now"
    with pytest.raises(IncompleteError, match="1 given up"):
        fetch(live)
    assert (stored(live), pending(live)) == (DISTINCT - 1, 0)
    ((job, reason),) = query(live, "select job, reason from customer_insights.dead_letters")
    assert (job, "poisonous" in reason) == ("embed", False)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        faults.not_a_number,
        faults.zero_vector,
        faults.wrong_width,
        faults.too_few_vectors,
        faults.same_index,
    ],
    ids=["nan", "zero", "width", "few", "index"],
)
def test_a_vector_that_fails_its_checks_is_never_stored(
    fault: faults.Fault, live: Settings, api: FakeOpenAI
) -> None:
    def broken(line: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        good = ANSWERS["/embeddings"](line["body"])
        if "the poisonous one" not in line["body"]["input"]:
            return 200, good
        return 200, json.loads(fault(good).content())

    api.batch_api.answer_line = broken
    submit_embeddings(live, SMALL)
    for _ in range(2):  # alone, and asked for once more
        fetched(live)
        submit_embeddings(live, SMALL)
    fetched(live)
    dead = counted(live, "customer_insights.dead_letters")
    still = pending(live)
    assert stored(live) + dead + still == DISTINCT
    assert stored(live) >= DISTINCT - 1
    hashes = query(live, "select content_hash from customer_insights.dead_letters")
    assert len(hashes) == dead <= 1


def test_an_invented_category_is_never_stored(live: Settings, api: FakeOpenAI) -> None:
    def invented(line: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        good = ANSWERS["/chat/completions"](line["body"])
        return 200, json.loads(faults.unknown_category(good).content())

    api.batch_api.answer_line = invented
    submit_tags(live, SMALL)
    assert fetched(live).done == 0
    assert counted(live, "customer_insights.feedback_tags") == 0
    api.batch_api.answer_line = api.batch_api.answered
    submit_tags(live, SMALL)
    assert fetch(live).done == DISTINCT


def test_waiting_outlives_an_outage_but_not_a_wrong_key(live: Settings, api: FakeOpenAI) -> None:
    submit_embeddings(live, SMALL)
    api.batch_api.block("GET /batches/{id}", *[faults.status(503)] * 6)
    sleeps: list[float] = []
    assert fetch(live, wait=True, poll_seconds=70, sleep=sleeps.append).done == DISTINCT
    assert sleeps.count(70) == 1
    api.batch_api.steps = ("in_progress",)
    submit_embeddings(live, SMALL, skip_embedded=False)
    api.batch_api.block("GET /batches/{id}", faults.status(401))
    with pytest.raises(CallFailed, match="key"):
        fetch(live, wait=True, sleep=sleeps.append)
    assert sleeps.count(70) == 1


def test_waiting_ends_when_the_provider_is_silent_for_an_hour(
    live: Settings, api: FakeOpenAI
) -> None:
    submit_embeddings(live, SMALL)
    api.batch_api.block("GET /batches/{id}", *[faults.status(503)] * 60)
    sleeps: list[float] = []
    with pytest.raises(CallFailed):
        fetch(live, wait=True, poll_seconds=1800, sleep=sleeps.append)
    assert sleeps.count(1800) == 1
    assert (stored(live), pending(live)) == (0, 0)
