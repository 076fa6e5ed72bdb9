"""Every fault of the server through the real client: how often it is called, what is raised."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.providers import errors
from python_jobs.providers.base import ClusterEvidence, Taxonomy
from python_jobs.providers.openai.embedder import OpenAIEmbedder
from python_jobs.providers.openai.namer import OpenAINamer
from python_jobs.providers.openai.tagger import OpenAITagger
from python_jobs.settings import Settings
from tests.fakes import faults
from tests.fakes.openai_server import FakeOpenAI
from tests.unit.providers.conftest import KEY

if TYPE_CHECKING:
    from tests.fakes.faults import Fault

MakeSettings = Callable[..., Settings]
TEXT = "zebra-striped laces, says Ms Quillfeather"
TEXTS = [TEXT, "second text", "third text"]


@dataclass(frozen=True)
class Case:
    name: str
    fault: Fault
    error: type[errors.CallFailed]
    calls: int


NEVER_AGAIN = [
    Case("quota", faults.quota_exhausted(), errors.QuotaExhausted, 1),
    Case("payment required", faults.status(402), errors.QuotaExhausted, 1),
    Case("wrong key", faults.wrong_key(KEY[-4:]), errors.KeyRejected, 1),
    Case("forbidden", faults.status(403, message=TEXT), errors.KeyRejected, 1),
    Case("bad request", faults.bad_request(TEXT), errors.BadRequest, 1),
    Case("too long", faults.bad_request(TEXT, "context_length_exceeded"), errors.BadRequest, 1),
    Case("too large", faults.status(413), errors.BadRequest, 1),
    Case("unprocessable", faults.status(422, message=TEXT), errors.BadRequest, 1),
    Case("no model", faults.status(404, code="model_not_found"), errors.Misconfigured, 1),
    Case("bad option", faults.status(400, code="unsupported_value"), errors.Misconfigured, 1),
    Case("wrong method", faults.status(405), errors.Misconfigured, 1),
    Case("content filter", faults.content_filtered(), errors.ContentRefused, 1),
]
FIVE_RETRIES = [
    Case("rate limit", faults.rate_limited(), errors.RateLimited, 6),
    Case("request timeout", faults.status(408), errors.Unavailable, 6),
    Case("conflict", faults.status(409), errors.Unavailable, 6),
    Case("server error", faults.status(500, message=TEXT), errors.Unavailable, 6),
    Case("overloaded", faults.status(503), errors.Unavailable, 6),
    Case("malformed", faults.malformed, errors.MalformedAnswer, 6),
    Case("not JSON", faults.not_json, errors.MalformedAnswer, 6),
    Case("a list", faults.json_list, errors.MalformedAnswer, 6),
    Case("empty body", faults.empty, errors.MalformedAnswer, 6),
    Case("hangs up", faults.disconnected, errors.AnswerLost, 6),
    Case("cut short", faults.cut_short, errors.AnswerLost, 6),
]
BAD_VECTORS = [
    Case(name, fault, errors.InvalidAnswer, 2)
    for name, fault in {
        "too few": faults.too_few_vectors,
        "too many": faults.too_many_vectors,
        "no data": faults.no_data,
        "same index": faults.same_index,
        "no index": faults.no_index,
        "wrong width": faults.wrong_width,
        "nan": faults.not_a_number,
        "infinite": faults.infinite,
        "zero": faults.zero_vector,
        "words": faults.words_for_numbers,
        "not base64": faults.not_base64,
        "no vector": faults.no_vector,
    }.items()
]
BAD_TAGS = [
    Case("refusal", faults.refused, errors.ContentRefused, 1),
    Case("filtered answer", faults.filtered_answer, errors.ContentRefused, 1),
] + [
    Case(name, fault, errors.InvalidAnswer, 2)
    for name, fault in {
        "cut off": faults.cut_off,
        "no choice": faults.no_choice,
        "chatty": faults.chatty,
        "truncated": faults.truncated_content,
        "unknown category": faults.unknown_category,
        "missing id": faults.missing_id,
        "repeated id": faults.repeated_id,
        "unknown id": faults.unknown_id,
        "impossible confidence": faults.impossible_confidence,
        "unknown sentiment": faults.unknown_sentiment,
    }.items()
]
BAD_NAMES = [
    Case("nameless", faults.nameless, errors.InvalidAnswer, 2),
    Case("unknown path", faults.unknown_path, errors.InvalidAnswer, 2),
]


def named(cases: list[Case]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def check(
    case: Case, call: Callable[[], object], server: FakeOpenAI, sleeps: list[float]
) -> errors.CallFailed:
    with pytest.raises(case.error) as caught:
        call()
    assert type(caught.value) is case.error
    assert server.count() == case.calls
    assert sleeps == [1, 2, 4, 8, 16][: case.calls - 1]
    usage = caught.value.usage
    assert (usage.requests, usage.retries) == (case.calls, case.calls - 1)
    assert usage.status == case.error.status != "ok"
    return caught.value


def assert_silent(caught: errors.CallFailed, messages: pytest.LogCaptureFixture) -> None:
    """Neither key nor text in anything a user or a log could get to see."""
    said = [str(caught), str(caught.hint), repr(caught.usage), messages.text]
    for secret in (KEY, KEY[-4:], TEXT, "Quillfeather"):
        assert not any(secret in text for text in said)
    assert caught.__cause__ is None
    assert caught.__suppress_context__ or caught.__context__ is None


@named(NEVER_AGAIN + FIVE_RETRIES + BAD_VECTORS)
def test_embedding_faults(
    case: Case,
    server: FakeOpenAI,
    settings: MakeSettings,
    sleeps: list[float],
    messages: pytest.LogCaptureFixture,
) -> None:
    embedder = OpenAIEmbedder(settings(), sleep=sleeps.append)
    server.script(case.fault, repeat=10)
    caught = check(case, lambda: embedder.embed_batch(TEXTS), server, sleeps)
    assert_silent(caught, messages)
    warnings = [r for r in messages.records if r.levelno == logging.WARNING]
    assert len(warnings) == case.calls - 1
    embedder.close()


@named(NEVER_AGAIN + FIVE_RETRIES + BAD_TAGS)
def test_tagging_faults(
    case: Case,
    server: FakeOpenAI,
    settings: MakeSettings,
    sleeps: list[float],
    messages: pytest.LogCaptureFixture,
    taxonomy: Taxonomy,
) -> None:
    tagger = OpenAITagger(settings(), sleep=sleeps.append)
    server.script(case.fault, repeat=10)
    items = [("one", f"delivery of {TEXT}"), ("two", "sizing")]
    caught = check(case, lambda: tagger.tag_batch(items, taxonomy), server, sleeps)
    assert_silent(caught, messages)
    tagger.close()


@named(BAD_NAMES)
def test_naming_faults(
    case: Case, server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    namer = OpenAINamer(settings(), sleep=sleeps.append)
    server.script(case.fault, repeat=10)
    check(case, lambda: namer.name_siblings([ClusterEvidence("root.0", 9)]), server, sleeps)
    namer.close()


@named([case for case in FIVE_RETRIES + BAD_VECTORS])  # noqa: C416
def test_one_fault_then_a_good_answer(
    case: Case, server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    embedder = OpenAIEmbedder(settings(), sleep=sleeps.append)
    good = embedder.embed_batch(TEXTS).vectors
    server.script(case.fault)
    again = embedder.embed_batch(TEXTS)
    assert np.array_equal(again.vectors, good)
    assert (again.usage.requests, again.usage.retries, again.usage.status) == (2, 1, "ok")
    assert sleeps == [1]
    embedder.close()


def test_no_answer_in_time(server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]) -> None:
    embedder = OpenAIEmbedder(settings(request_timeout=0.2), sleep=sleeps.append)
    server.script(faults.slow(0.6))
    assert embedder.embed_batch(TEXTS).usage.retries == 1
    embedder.close()


def test_no_server_at_all(settings: MakeSettings, sleeps: list[float]) -> None:
    with FakeOpenAI() as gone:
        url = gone.url
    embedder = OpenAIEmbedder(settings(openai_base_url=url), sleep=sleeps.append)
    with pytest.raises(errors.Unavailable, match=r"no connection to 127\.0\.0\.1"):
        embedder.embed_batch(TEXTS)
    assert sleeps == [1, 2, 4, 8, 16]
    embedder.close()


@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        ({"retry_after": "3"}, [3]),
        ({"retry_after": "0.1"}, [1]),
        ({"retry_after_ms": "2500"}, [2.5]),
    ],
)
def test_the_server_says_how_long_to_wait(
    headers: dict[str, str],
    slept: list[float],
    server: FakeOpenAI,
    settings: MakeSettings,
    sleeps: list[float],
) -> None:
    embedder = OpenAIEmbedder(settings(), sleep=sleeps.append)
    server.script(faults.rate_limited(**headers))
    embedder.embed_batch(TEXTS)
    assert sleeps == slept
    embedder.close()


def test_a_wrong_key_is_told_apart_by_the_server(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    embedder = OpenAIEmbedder(settings(openai_api_key="sk-wrong-abcd"), sleep=sleeps.append)
    with pytest.raises(errors.KeyRejected) as caught:
        embedder.embed_batch(TEXTS)
    assert "abcd" not in str(caught.value)
    assert server.count() == 1
    embedder.close()


def test_paid_tokens_of_bad_answers_are_counted(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    embedder = OpenAIEmbedder(settings(), sleep=sleeps.append)
    once = embedder.embed_batch(TEXTS).usage.input_tokens
    server.script(faults.zero_vector, repeat=2)
    with pytest.raises(errors.InvalidAnswer) as caught:
        embedder.embed_batch(TEXTS)
    assert caught.value.usage.input_tokens == 2 * once > 0
    embedder.close()


def test_a_model_of_another_width_does_not_blame_the_batch(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    made = settings(embedding_model="nomic-embed-text", embedding_dimensions=768)
    embedder = OpenAIEmbedder(made, sleep=sleeps.append)
    with pytest.raises(errors.WrongDimensions, match="1536 dimensions instead of 768") as caught:
        embedder.embed_batch(TEXTS)
    assert not caught.value.batch_at_fault
    embedder.close()
