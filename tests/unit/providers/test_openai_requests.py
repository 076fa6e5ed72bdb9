"""How many requests the texts make, who waits for whom, and how a run is stopped."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.providers import errors, factory
from python_jobs.providers.base import ClusterEvidence, Usage
from python_jobs.providers.openai import embedder as module
from python_jobs.providers.openai.embedder import OpenAIEmbedder
from python_jobs.providers.openai.namer import OpenAINamer
from python_jobs.providers.tokens import count_tokens
from python_jobs.settings import Settings
from tests.fakes import faults
from tests.fakes.openai_answers import embed

if TYPE_CHECKING:
    from tests.fakes.openai_server import FakeOpenAI

MakeSettings = Callable[..., Settings]
MODEL = "text-embedding-3-small"
LONG = "The sole came off after a week of rain. Nobody answered my letters! " * 700
"""About 10,000 tokens: two parts."""


def test_a_long_text_is_averaged_over_its_parts_in_the_same_request(
    server: FakeOpenAI, settings: MakeSettings
) -> None:
    embedder = OpenAIEmbedder(settings(embedding_dimensions=64))
    answer = embedder.embed_batch(["late delivery", LONG, "great boots"])
    (request,) = server.requests
    sent = request.body["input"]
    assert answer.marks == (None, "averaged:2", None)
    assert len(sent) == 4
    assert (sent[0], sent[3]) == ("late delivery", "great boots")
    weights = count_tokens(sent[1:3], MODEL)
    assert max(weights) <= 8192
    mean = np.average([embed(part, 64) for part in sent[1:3]], axis=0, weights=weights)
    assert np.allclose(answer.vectors[1], mean / np.linalg.norm(mean), atol=1e-6)
    assert np.allclose(answer.vectors[2], embed("great boots", 64))
    assert answer.usage.requests == 1
    assert answer.usage.input_tokens == sum(count_tokens(sent, MODEL))
    embedder.close()


def test_a_long_text_is_truncated_where_that_is_asked_for(
    server: FakeOpenAI, settings: MakeSettings
) -> None:
    embedder = OpenAIEmbedder(settings(long_texts="truncate"))
    answer = embedder.embed_batch([LONG, "great boots"])
    first, second = server.requests[0].body["input"]
    assert answer.marks == embedder.marks([LONG, "great boots"]) == ("truncated", None)
    assert len(server.requests) == 1
    assert LONG.startswith(first)
    assert 8100 < count_tokens([first], MODEL)[0] <= 8192
    assert second == "great boots"
    embedder.close()


def test_texts_of_more_than_a_request_holds_make_several(
    server: FakeOpenAI, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REQUEST_TOKENS", 20)
    embedder = OpenAIEmbedder(settings(embedding_dimensions=16))
    texts = [f"text number {number}" for number in range(10)]
    answer = embedder.embed_batch(texts)
    assert np.allclose(answer.vectors, [embed(text, 16) for text in texts])
    assert [len(request.body["input"]) for request in server.requests] == [5, 5]
    assert (answer.usage.requests, answer.usage.retries) == (2, 0)
    assert answer.usage.input_tokens == sum(count_tokens(texts, MODEL))
    embedder.close()


def test_a_failure_in_the_second_request_counts_what_the_first_one_cost(
    server: FakeOpenAI,
    settings: MakeSettings,
    sleeps: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_REQUEST_TOKENS", 20)
    embedder = OpenAIEmbedder(settings(), sleep=sleeps.append)
    server.script(None, faults.bad_request("x"))
    with pytest.raises(errors.BadRequest) as caught:
        embedder.embed_batch([f"text number {number}" for number in range(10)])
    assert (caught.value.usage.requests, caught.value.usage.status) == (2, "bad_request")
    assert caught.value.usage.input_tokens == 20
    embedder.close()


@pytest.mark.parametrize("mode", ["average", "truncate"])
def test_batches_are_what_one_request_holds(
    mode: str, server: FakeOpenAI, settings: MakeSettings
) -> None:
    embedder = OpenAIEmbedder(settings(embedding_dimensions=8, long_texts=mode))
    half = "word " * 4000
    items = list(enumerate([half] * 170 + ["short"] * 30 + [LONG * 3] * 2 + ["end"]))
    batches = list(embedder.batches(items, lambda item: item[1], 100))
    assert [item for batch in batches for item in batch] == items
    assert max(len(batch) for batch in batches) <= 100
    for batch in batches:
        assert embedder.embed_batch([text for _, text in batch]).usage.requests == 1
    assert server.count("/embeddings") == len(batches) == 3
    embedder.close()


def test_a_text_above_the_limit_of_a_request_has_a_batch_of_its_own(
    server: FakeOpenAI, settings: MakeSettings
) -> None:
    embedder = OpenAIEmbedder(settings(embedding_dimensions=8))
    huge = "word " * 310_000
    batches = list(embedder.batches(["a", huge, "b"], lambda text: text, 100))
    assert [len(batch) for batch in batches] == [1, 1, 1]
    answer = embedder.embed_batch([huge])
    assert answer.vectors.shape == (1, 8)
    assert answer.marks == ("averaged:38",)
    assert answer.usage.requests == server.count() == 2
    embedder.close()


def test_batches_of_the_local_model_go_by_count(settings: MakeSettings) -> None:
    local = factory.embedder(settings(), "local")
    texts = ["short", "word " * 300, "boots"]
    assert list(local.batches(texts, str, 2)) == [("short", "word " * 300), ("boots",)]
    assert local.embed_batch(texts).marks == local.marks(texts) == (None, "truncated", None)


def test_all_threads_wait_when_one_is_told_to_slow_down(
    server: FakeOpenAI, settings: MakeSettings
) -> None:
    asleep, over = threading.Semaphore(0), threading.Event()
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        asleep.release()
        assert over.wait(30)

    server.script(faults.rate_limited(retry_after="30"))
    embedder = OpenAIEmbedder(settings(embedding_dimensions=8), sleep=sleep)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(embedder.embed_batch, ["met the limit"])]
        assert asleep.acquire(timeout=30)
        calls += [pool.submit(embedder.embed_batch, [f"text {n}"]) for n in range(7)]
        assert all(asleep.acquire(timeout=30) for _ in range(7))
        assert server.count() == 1  # nobody else knocked meanwhile
        over.set()
        answers = [call.result() for call in calls]
    assert [answer.usage.requests for answer in answers] == [2] + [1] * 7
    assert server.count() == 9
    assert slept[0] == 30
    assert len(slept) == 8
    embedder.close()


def test_a_good_answer_that_used_up_the_limit_holds_the_next_request(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    server.script(
        faults.welcome(x_ratelimit_remaining_requests="0", x_ratelimit_reset_requests="20s")
    )
    embedder = OpenAIEmbedder(settings(), sleep=sleeps.append)
    embedder.embed_batch(["a"])
    assert sleeps == []
    embedder.embed_batch(["b"])
    assert sleeps == [pytest.approx(20, abs=5)]
    embedder.close()


def test_a_stopped_job_makes_no_call(server: FakeOpenAI, settings: MakeSettings) -> None:
    stop = threading.Event()
    stop.set()
    made = [
        factory.embedder(settings(), stop=stop),
        factory.embedder(settings(), "local", stop=stop),
    ]
    for embedder in made:
        with pytest.raises(errors.Stopped) as caught:
            embedder.embed_batch(["x"])
        assert caught.value.usage == Usage(status="stopped")
    namer = OpenAINamer(settings(), stop=stop)
    with pytest.raises(errors.Stopped):
        namer.name_siblings([ClusterEvidence("root.0", 9)])
    assert server.count() == 0


def test_stopping_ends_the_wait_between_attempts(
    server: FakeOpenAI, settings: MakeSettings
) -> None:
    stop = threading.Event()

    def stopping(good: faults.Json) -> faults.Reply:
        stop.set()
        return faults.rate_limited(retry_after="500")(good)

    server.script(stopping)
    embedder = OpenAIEmbedder(settings(), stop=stop)
    with pytest.raises(errors.Stopped) as caught:
        embedder.embed_batch(["x"])
    assert (caught.value.usage.requests, caught.value.usage.status) == (1, "stopped")
    assert not caught.value.batch_at_fault
    assert server.count() == 1
    embedder.close()


def test_who_forgets_an_embedder_leaves_no_connection_open(
    server: FakeOpenAI, settings: MakeSettings
) -> None:
    embedder = OpenAIEmbedder(settings())
    embedder.embed_batch(["x"])
    sdk = embedder._client.sdk
    del embedder
    gc.collect()
    assert server.count() == 1
    assert sdk.is_closed()
