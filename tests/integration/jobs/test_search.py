from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import ConfigurationError, DatabaseError, UsageError
from python_jobs.jobs.embed import embed
from python_jobs.jobs.index import build_index, drop_index
from python_jobs.jobs.pending import Selection
from python_jobs.jobs.search import search
from python_jobs.providers.errors import QuotaExhausted
from tests.fakes import faults
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.jobs.conftest import query, with_openai

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.settings import Settings


@pytest.fixture
def openai() -> Iterator[FakeOpenAI]:
    with FakeOpenAI() as running:
        yield running


@pytest.fixture
def embedded(staged: Settings, openai: FakeOpenAI) -> Settings:
    """Everything embedded; the fake's vectors are near where texts share words."""
    settings = with_openai(staged, openai)
    embed(settings, Selection(batch_size=100, workers=1))
    return settings


def paid(settings: Settings) -> list[tuple]:
    return query(
        settings,
        "select count(*), min(count_items), min(status) from customer_insights.api_usage "
        "where job = 'search'",
    )


def test_the_nearest_texts_come_first_each_once(embedded: Settings) -> None:
    hits = search(embedded, "nothing to add", limit=3)
    assert len(hits) == 3
    best = hits[0]
    assert best.similarity > 0.9
    assert (best.text.feedback_id, best.text.feedback_text) == ("same-1", "Nothing to add")
    assert best.text.count_feedback == 3
    assert (str(best.text.first_at), str(best.text.last_at)) == (
        "2026-05-01 00:00:00",
        "2026-06-02 00:00:00",
    )
    assert (best.text.cluster_path, best.text.categories, best.text.mean_rating) == (None,) * 3
    assert [hit.similarity for hit in hits] == sorted((h.similarity for h in hits), reverse=True)
    assert len({hit.text.content_hash for hit in hits}) == 3


def test_texts_near_in_words_are_found(embedded: Settings) -> None:
    hits = search(embedded, "parcel late delivery", limit=2)
    assert {hit.text.feedback_id for hit in hits} == {"delivery-5-0", "delivery-6-0"}


def test_segment_and_tags_come_along(embedded: Settings) -> None:
    fill_the_mart(embedded)
    text = search(embedded, "nothing to add", limit=1)[0].text
    assert text.segments == ("Delivery", "Late")
    assert (text.cluster_path, text.categories, text.sentiment) == (
        "root.0.1",
        "Delivery, Price",
        "negative",
    )
    assert text.mean_rating == pytest.approx(7 / 3)


def fill_the_mart(settings: Settings) -> None:
    """Put into the mart what clustering and tagging would: of three who said it, one came after
    the run's period and has no segment."""
    query(
        settings,
        "update marts.feedback set cluster_run_id = 'r', cluster_path = 'root.0.1', "
        "cluster_name = 'Late', level_1_name = 'Delivery', level_2_name = 'Late' "
        "where feedback_id in ('same-2', 'same-3')",
    )
    query(
        settings,
        "update marts.feedback set categories = 'Delivery, Price', sentiment = 'negative', "
        "rating = case feedback_id when 'same-1' then 1 when 'same-2' then 2 else 4 end "
        "where feedback_id like 'same-%'",
    )


def test_what_is_less_similar_can_be_left_out(embedded: Settings) -> None:
    every = search(embedded, "nothing to add", limit=1_000)
    bound = every[4].similarity
    near = search(embedded, "nothing to add", limit=1_000, min_similarity=bound)
    assert near == every[: len(near)]
    assert len(near) >= 5
    assert near[-1].similarity >= bound
    assert search(embedded, "quantum chromodynamics", min_similarity=0.9) == []


def test_the_index_finds_the_same(embedded: Settings) -> None:
    before = search(embedded, "the sole came off", limit=5)
    assert build_index(embedded)
    assert build_index(embedded) is None
    assert search(embedded, "the sole came off", limit=5) == before
    assert search(embedded, "the sole came off", limit=5, exact=True) == before
    assert drop_index(embedded)
    assert not drop_index(embedded)


def test_vectors_of_feedback_that_is_gone_are_passed_over(embedded: Settings) -> None:
    every = search(embedded, "nothing to add", limit=1_000)
    kept = every[-1].text.content_hash
    query(embedded, f"delete from marts.feedback where content_hash <> '{kept}'")
    assert [hit.text.content_hash for hit in search(embedded, "nothing to add", limit=1)] == [kept]


def test_each_call_is_paid_for_in_api_usage(embedded: Settings) -> None:
    for _ in range(2):
        search(embedded, "late")
    assert paid(embedded) == [(2, 1, "ok")]
    jobs = "select status, model from customer_insights.job_runs where job = 'search'"
    assert query(embedded, jobs) == [("succeeded", "text-embedding-3-small")] * 2


def test_a_call_that_failed_is_recorded_too(embedded: Settings, openai: FakeOpenAI) -> None:
    openai.script(faults.status(429, code="insufficient_quota"))
    with pytest.raises(QuotaExhausted):
        search(embedded, "late")
    assert paid(embedded) == [(1, 1, "quota_exhausted")]


def test_the_active_model_embeds_the_words(embedded: Settings, openai: FakeOpenAI) -> None:
    short = embedded.model_copy(update={"embedding_dimensions": 256})
    embed(short, Selection())
    other = embedded.model_copy(
        update={"embedding_model": "text-embedding-3-large", "provider": "local"}
    )
    search(other, "late")
    body = openai.requests[-1].body
    assert (body["model"], body["dimensions"]) == ("text-embedding-3-small", 256)


def test_personal_data_do_not_leave(embedded: Settings, openai: FakeOpenAI) -> None:
    search(embedded, "mail of anna.example@example.org about a parcel")
    (sent,) = openai.requests[-1].body["input"]
    assert "anna" not in sent
    assert "parcel" in sent


@pytest.mark.parametrize("words", ["", " ", "\n\t"])
def test_no_words_are_refused(embedded: Settings, openai: FakeOpenAI, words: str) -> None:
    before = openai.count("/embeddings")
    with pytest.raises(UsageError, match="no words"):
        search(embedded, words)
    assert openai.count("/embeddings") == before


def test_without_a_key_nothing_can_be_asked(embedded: Settings) -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        search(embedded.model_copy(update={"openai_api_key": None}), "late")


def test_another_provider_has_embedded_nothing(embedded: Settings, openai: FakeOpenAI) -> None:
    local = embedded.model_copy(update={"openai_api_key": None})
    with pytest.raises(UsageError, match="nothing is embedded by all-MiniLM"):
        search(local, "late", provider="local")


def test_before_the_first_embedding_it_says_what_to_run(
    staged: Settings, openai: FakeOpenAI
) -> None:
    for job in (lambda: search(staged, "late"), lambda: build_index(staged)):
        with pytest.raises(UsageError, match="nothing is embedded") as caught:
            job()
        assert "insights embed" in (caught.value.hint or "")
    assert openai.requests == []


def test_vectors_that_were_erased_are_not_paid_for(embedded: Settings, openai: FakeOpenAI) -> None:
    query(embedded, "truncate vector_store.embeddings")
    before = openai.count("/embeddings")
    with pytest.raises(UsageError, match="nothing is embedded by text-embedding-3-small"):
        search(embedded, "late")
    assert openai.count("/embeddings") == before


def test_a_database_without_marts_says_to_run_dbt(settings: Settings) -> None:
    with pytest.raises(DatabaseError) as caught:
        search(settings, "late")
    assert "dbt build" in (caught.value.hint or "")
