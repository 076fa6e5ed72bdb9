"""Killed anywhere, nothing is lost and nothing is paid twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.errors import DatabaseError
from python_jobs.jobs import batch_fetch, batch_upkeep
from python_jobs.jobs.batch import (
    fetch,
    list_batches,
    submit_embeddings,
)
from python_jobs.providers.errors import BadRequest, Unavailable
from python_jobs.providers.openai.batches import BatchClient
from tests.fakes import faults
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from python_jobs.settings import Settings
    from tests.fakes.openai_server import FakeOpenAI

from tests.integration.jobs.batch.conftest import (
    DISTINCT,
    LINES,
    SMALL,
    Killed,
    counted,
    dies,
    fetched,
    items,
    killed,
    pending,
    stored,
)


def test_a_batch_whose_id_was_not_stored_is_taken_over(live: Settings, api: FakeOpenAI) -> None:
    with dies(batch_upkeep, "record_started", killed):
        submit_embeddings(live, SMALL)
    (row,) = list_batches(live)
    assert (row.batch.status, row.batch.provider_batch_id) == ("preparing", None)
    assert pending(live) == 0
    assert submit_embeddings(live, SMALL).items == 0
    assert fetch(live).done == DISTINCT
    assert len(api.batch_api.batches) == 1


@pytest.mark.parametrize("step", ["upload", "create"])
def test_texts_of_a_batch_that_was_never_started_are_pending_again(
    step: str, live: Settings, api: FakeOpenAI
) -> None:
    with dies(BatchClient, step, killed):
        submit_embeddings(live, SMALL)
    fetched(live)
    assert pending(live) == 0, "its process may still be at work"
    query(live, "update customer_insights.api_batches set held_until = now() - interval '1 s'")
    fetched(live)
    assert (pending(live), items(live)) == (DISTINCT, {"released": DISTINCT})
    assert api.batch_api.files == {}, "the uploaded file is found by its name and deleted"
    assert submit_embeddings(live, SMALL).items == DISTINCT
    assert fetch(live).done == DISTINCT


def test_who_lost_the_batch_while_uploading_does_not_start_it(
    live: Settings, api: FakeOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = BatchClient.upload

    def slow(client: BatchClient, *args: Any) -> str:
        found = upload(client, *args)
        query(live, "update customer_insights.api_batches set held_until = now() - interval '1 s'")
        fetched(live)
        return found

    monkeypatch.setattr(BatchClient, "upload", slow)
    with pytest.raises(DatabaseError, match="gave it up"):
        submit_embeddings(live, SMALL)
    assert api.batch_api.batches == {}
    assert pending(live) == DISTINCT


@pytest.mark.slow
@pytest.mark.parametrize("after", [0, 1, LINES - 1])
def test_killed_while_storing_the_next_fetch_goes_on(
    after: int, live: Settings, api: FakeOpenAI
) -> None:
    submit_embeddings(live, SMALL)
    store, calls = batch_fetch._Fetching._store_line, 0

    def dying(self: Any, *args: Any) -> None:
        nonlocal calls
        if calls == after:
            raise Killed
        calls += 1
        store(self, *args)

    with dies(batch_fetch._Fetching, "_store_line", dying):
        fetch(live)
    assert stored(live) == min(4 * after, DISTINCT)
    assert fetch(live).done == DISTINCT - 4 * after
    assert stored(live) == DISTINCT
    assert counted(live, "customer_insights.api_usage") == LINES
    assert len(api.batch_api.batches) == 1


def test_killed_before_the_files_are_deleted_the_next_fetch_deletes_them(
    live: Settings, api: FakeOpenAI
) -> None:
    submit_embeddings(live, SMALL)
    with dies(batch_upkeep, "delete_files", killed):
        fetch(live)
    assert api.batch_api.files
    assert fetch(live).done == 0
    assert api.batch_api.files == {}


def test_a_refused_file_gives_its_texts_back_at_once(live: Settings, api: FakeOpenAI) -> None:
    api.batch_api.block("POST /batches", faults.bad_request("the poisonous one"))
    with pytest.raises(BadRequest):
        submit_embeddings(live, SMALL)
    assert pending(live) == DISTINCT
    assert api.batch_api.files == {}
    ((reason,),) = query(live, "select reason from customer_insights.api_batches")
    assert "did not accept" in reason
    assert "poisonous" not in reason


def test_a_creation_that_stays_unclear_is_cleared_up_later(live: Settings, api: FakeOpenAI) -> None:
    api.batch_api.script("POST /batches", faults.disconnected)
    api.batch_api.block("GET /batches", *[faults.status(500)] * 5)
    with pytest.raises(Unavailable):
        submit_embeddings(live, SMALL, sleep=lambda seconds: None)
    assert pending(live) == 0
    assert fetch(live).done == DISTINCT
    assert len(api.batch_api.batches) == 1
