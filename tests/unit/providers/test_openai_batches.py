"""The batch API's lines, and its client against the fake server."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.providers import errors
from python_jobs.providers.openai import batches
from python_jobs.providers.openai.batches import (
    BatchClient,
    Missing,
    RemoteBatch,
    answer_line,
    remote_batch,
    request_line,
)
from python_jobs.settings import Settings
from tests.fakes import faults

if TYPE_CHECKING:
    from tests.fakes.openai_server import FakeOpenAI

MakeSettings = Callable[..., Settings]

SECRET = "the customer's own words"
BODY = {"model": "text-embedding-3-small", "input": ["great boots"], "encoding_format": "base64"}


@pytest.fixture
def client(settings: MakeSettings, sleeps: list[float]) -> Iterator[BatchClient]:
    with closing(BatchClient(settings(), sleep=sleeps.append)) as made:
        yield made


def started(client: BatchClient, name: str = "b1") -> RemoteBatch:
    file_id = client.upload(f"{name}.jsonl", io.BytesIO(line()))
    return client.create(name, file_id, batches.EMBEDDINGS, hold=lambda: None)


def line(custom_id: str = "b1.1") -> bytes:
    return request_line(custom_id, batches.EMBEDDINGS, BODY)


# --- lines ----------------------------------------------------------------------------------


def test_a_request_line_is_one_line_whatever_the_text() -> None:
    text = "line one\nline two\u2028three \U0001f97e \r\n\x85"
    raw = request_line("b1.7", batches.EMBEDDINGS, {**BODY, "input": [text]})
    assert raw.count(b"\n") == 1
    assert raw.endswith(b"\n")
    assert json.loads(raw) == {
        "custom_id": "b1.7",
        "method": "POST",
        "url": "/v1/embeddings",
        "body": {**BODY, "input": [text]},
    }


def test_an_answer_comes_with_its_name() -> None:
    body = {"data": [], "usage": {"prompt_tokens": 3}}
    found = answer_line(answered(200, body), "host")
    assert found is not None
    assert (found.custom_id, found.payload, found.error) == ("b1.1", body, None)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"custom_id": 7, "response": {"status_code": 200, "body": {}}}',
        b'{"response": {"status_code": 200, "body": {}}}',
    ],
    ids=["empty", "cut", "list", "null", "string", "bytes", "deep", "number", "nameless"],
)
def test_what_is_no_line_is_none(raw: bytes) -> None:
    assert answer_line(raw, "host") is None


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": "context_length_exceeded"}, errors.BadRequest),
        (400, {"code": "content_filter"}, errors.ContentRefused),
        (400, {"code": None, "param": "dimensions"}, errors.Misconfigured),
        (401, {"code": "invalid_api_key"}, errors.KeyRejected),
        (404, {"code": "model_not_found"}, errors.Misconfigured),
        (429, {"code": "rate_limit_exceeded"}, errors.RateLimited),
        (429, {"code": "insufficient_quota"}, errors.QuotaExhausted),
        (500, {"code": "server_error"}, errors.Unavailable),
        (503, None, errors.Unavailable),
        (0, {}, errors.MalformedAnswer),
        ("400", {}, errors.MalformedAnswer),
        (None, None, errors.MalformedAnswer),
    ],
)
def test_a_failed_line_fails_like_a_single_request(
    status: object, error: Any, kind: type[errors.CallFailed]
) -> None:
    body = {"error": {"message": SECRET, "param": None, **error}} if error is not None else None
    found = answer_line(answered(status, body), "host")
    assert found is not None
    assert found.payload is None
    assert type(found.error) is kind
    assert SECRET not in str(found.error)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"code": "batch_expired", "message": SECRET}, "batch_expired"),
        ({"code": "batch_cancelled", "message": SECRET}, "batch_cancelled"),
        ({"code": SECRET}, "no reason given"),
        ({"code": 7}, "no reason given"),
        (SECRET, "no reason given"),
        (None, "no reason given"),
    ],
)
def test_a_line_without_response_may_be_asked_again(error: object, reason: str) -> None:
    found = answer_line(
        json.dumps({"custom_id": "b1.1", "response": None, "error": error}).encode(), "host"
    )
    assert found is not None
    assert isinstance(found.error, errors.Unavailable)
    assert not found.error.batch_at_fault
    assert reason in found.error.message
    assert SECRET not in found.error.message


def test_a_good_status_without_an_answer_is_malformed() -> None:
    found = answer_line(answered(200, "text"), "host")
    assert found is not None
    assert isinstance(found.error, errors.MalformedAnswer)


def answered(status: object, body: object) -> bytes:
    response = {"status_code": status, "request_id": "r", "body": body}
    return json.dumps({"custom_id": "b1.1", "response": response, "error": None}).encode()


# --- batches --------------------------------------------------------------------------------


def test_from_upload_to_download(server: FakeOpenAI, client: BatchClient) -> None:
    made = started(client)
    assert (made.status, made.name) == ("validating", "b1")
    seen = [client.retrieve(made.provider_batch_id).status for _ in range(4)]
    assert seen == ["validating", "in_progress", "finalizing", "completed"]
    ended = client.retrieve(made.provider_batch_id)
    assert (ended.count_completed, ended.count_failed, ended.error_file_id) == (1, 0, None)
    assert ended.ended_at is not None
    with io.BytesIO() as into:
        assert ended.output_file_id is not None
        client.download(ended.output_file_id, into)
        found = answer_line(into.getvalue().strip(), "host")
    assert found is not None
    assert found.payload is not None
    assert len(found.payload["data"]) == 1
    for file_id in (ended.output_file_id, ended.input_file_id):
        client.delete(str(file_id))
        client.delete(str(file_id))  # gone already is fine
    assert server.batch_api.files == {}


def test_the_limits_are_the_documented_ones() -> None:
    limits = (batches.MAX_REQUESTS, batches.MAX_INPUTS, batches.MAX_BYTES)
    assert limits == (50_000, 50_000, 200_000_000)


def test_an_upload_is_repeated_whole(
    server: FakeOpenAI, client: BatchClient, sleeps: list[float]
) -> None:
    server.batch_api.block("POST /files", faults.status(500), faults.disconnected)
    file_id = client.upload("b1.jsonl", io.BytesIO(line()))
    assert sleeps == [1, 2]
    assert server.batch_api.files[file_id].content == line()


@pytest.mark.parametrize("fault", [faults.disconnected, faults.status(500), faults.malformed])
def test_a_batch_whose_creation_was_not_heard_of_is_not_created_again(
    fault: faults.Fault, server: FakeOpenAI, client: BatchClient
) -> None:
    server.batch_api.script("POST /batches", fault)
    made = started(client)
    assert list(server.batch_api.batches) == [made.provider_batch_id]


def test_whoever_lost_the_batch_does_not_start_it(server: FakeOpenAI, client: BatchClient) -> None:
    def lost() -> None:
        raise errors.CallFailed("another run has it")

    file_id = client.upload("b1.jsonl", io.BytesIO(line()))
    with pytest.raises(errors.CallFailed, match="another run"):
        client.create("b1", file_id, batches.EMBEDDINGS, hold=lost)
    assert server.batch_api.calls["POST /batches"] == 0


def test_a_batch_is_found_by_our_name_on_any_page(
    server: FakeOpenAI, client: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_PAGE", 2)
    since = datetime.now(UTC)
    made = [started(client, f"b{number}") for number in range(5)]
    found = client.find("b1", since)
    assert found is not None
    assert found.provider_batch_id == made[1].provider_batch_id
    assert client.find("b9", since) is None
    assert client.uploads("b3.jsonl") == [made[3].input_file_id]
    assert client.uploads("b9.jsonl") == []


def test_the_search_ends_with_batches_that_are_older(
    server: FakeOpenAI, client: BatchClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_PAGE", 2)
    for number in range(6):
        made = started(client, f"b{number}")
        server.batch_api.batches[made.provider_batch_id]["created_at"] = 1_000_000
    before = server.batch_api.calls["GET /batches"]
    assert client.find("b9", datetime.now(UTC)) is None
    assert server.batch_api.calls["GET /batches"] == before + 1


def test_a_cancelled_batch_ends_and_an_ended_one_stays(
    server: FakeOpenAI, client: BatchClient
) -> None:
    made = started(client).provider_batch_id
    assert client.cancel(made).status == "cancelling"
    assert [client.retrieve(made).status for _ in range(2)] == ["cancelling", "cancelled"]
    assert client.cancel(made).status == "cancelled"
    assert server.batch_api.calls["POST /batches/{id}/cancel"] == 1


@pytest.mark.parametrize("call", ["retrieve", "cancel", "download"])
def test_what_the_provider_does_not_know_is_missing(call: str, client: BatchClient) -> None:
    arguments = ("nothing", io.BytesIO()) if call == "download" else ("nothing",)
    with pytest.raises(Missing, match="knows no such batch"):
        getattr(client, call)(*arguments)


@pytest.mark.parametrize(
    "fault",
    [faults.cut_short, faults.disconnected, faults.status(503)],
    ids=["cut short", "hangs up", "503"],
)
def test_a_download_that_broke_off_begins_anew(
    fault: faults.Fault, server: FakeOpenAI, client: BatchClient, sleeps: list[float]
) -> None:
    file_id = client.upload("b1.jsonl", io.BytesIO(line()))
    server.batch_api.script("GET /files/{id}/content", fault)
    with io.BytesIO(b"something longer that was there before" * 100) as into:
        client.download(file_id, into)
        assert into.read() == line()
    assert sleeps == [1]


def test_problems_of_a_file_are_told_by_code_only(server: FakeOpenAI, client: BatchClient) -> None:
    made = started(client).provider_batch_id
    server.batch_api.batches[made]["_steps"] = ["failed"]
    server.batch_api.batches[made]["_problems"] = ["token_limit_exceeded", SECRET]
    assert client.retrieve(made).problems == ("no reason given", "token_limit_exceeded")


@pytest.mark.parametrize(
    "change",
    [{"status": "paused"}, {"status": None}, {"id": None}, {"id": ""}, {"id": "x" * 201}],
    ids=str,
)
def test_a_batch_that_cannot_be_read_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(errors.MalformedAnswer):
        remote_batch({"id": "batch_1", "status": "completed", **change})


def test_what_a_batch_leaves_out_is_nothing() -> None:
    found = remote_batch({"id": "batch_1", "status": "in_progress", "request_counts": None})
    assert (found.count_completed, found.ended_at, found.problems, found.name) == (
        0,
        None,
        (),
        None,
    )
    odd = {"metadata": {"insights_batch": 7}, "errors": {"data": "x"}, "output_file_id": 9}
    assert remote_batch({"id": "b", "status": "failed", **odd}).name is None


def test_a_wrong_key_is_said_at_once(settings: MakeSettings, sleeps: list[float]) -> None:
    other = settings(openai_api_key="sk-other")
    with (
        closing(BatchClient(other, sleep=sleeps.append)) as client,
        pytest.raises(errors.KeyRejected),
    ):
        client.retrieve("batch_1")
    assert sleeps == []


def test_a_server_without_a_batch_api_is_said_to_have_none(
    server: FakeOpenAI, client: BatchClient
) -> None:
    server.batch_api.block("POST /files", faults.status(404))
    with pytest.raises(Missing, match="no batch API") as raised:
        client.upload("b1.jsonl", io.BytesIO(line()))
    assert "--mode online" in (raised.value.hint or "")
