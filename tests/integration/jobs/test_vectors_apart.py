"""Vectors in a database of their own: they come first, their record second, and both go."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
from pydantic import SecretStr

from python_jobs.errors import DatabaseError
from python_jobs.jobs import forget as forget_job
from python_jobs.jobs.batch import fetch, submit_embeddings
from python_jobs.jobs.doctor import vector_store as doctor
from python_jobs.jobs.embed import embed
from python_jobs.jobs.forget import Choice, forget
from python_jobs.jobs.pending import Selection
from python_jobs.providers.openai import embedder as openai_embedder
from python_jobs.storage import results, vectors
from python_jobs.storage.failures import ConnectionLostError
from python_jobs.storage.vector_store import VectorStore
from python_jobs.storage.warehouse import Warehouse, native
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.jobs.conftest import TEXTS, query, with_openai
from tests.integration.jobs.forgotten import ids
from tests.integration.vectors_apart import vectors_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.settings import Settings
    from python_jobs.storage.embedded import ServerInfo

ONE_BY_ONE = Selection(batch_size=4, workers=1)
DISTINCT = len({text.lower() for _, _, text in TEXTS})
KEYS = "select content_hash, model, dimensions from {} order by 1"


class Killed(BaseException):
    """In place of kill -9: nothing in the code catches it."""


class Apart(NamedTuple):
    """Settings of the jobs; settings to ask the vectors' database with; the model's server."""

    settings: Settings
    store: Settings
    api: FakeOpenAI

    def vectors(self) -> list[tuple[object, ...]]:
        return query(self.store, KEYS.format("vector_store.embeddings"))

    def records(self) -> list[tuple[object, ...]]:
        return query(self.settings, KEYS.format("customer_insights.embedded_items"))


@pytest.fixture
def apart(server: ServerInfo, staged_template: str, settings: Settings) -> Iterator[Apart]:
    with (
        vectors_apart(server, settings, staged_template) as (both, store),
        FakeOpenAI() as api,
    ):
        yield Apart(with_openai(both, api), store, api)


@contextmanager
def killed_at(patch: pytest.MonkeyPatch, place: object, name: str, call: int = 1) -> Iterator[None]:
    """The function is not entered at its `call`-th call, and the process is gone."""
    calls, real = 0, getattr(place, name)

    def die(*arguments: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        if calls == call:
            raise Killed
        return real(*arguments, **named)

    with patch.context() as own:
        own.setattr(place, name, die)
        with pytest.raises(Killed):
            yield


def test_killed_between_vectors_and_record_nothing_is_paid_again(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    with killed_at(monkeypatch, results, "record_embedded", call=3):
        embed(apart.settings, ONE_BY_ONE)
    assert (len(apart.vectors()), len(apart.records())) == (12, 8)
    tally = embed(apart.settings, ONE_BY_ONE)
    assert (tally.found, tally.done) == (4, DISTINCT - 12)
    assert apart.vectors() == apart.records()
    sent = [text for request in apart.api.requests for text in request.body["input"]]
    assert len(sent) == len(set(sent)) == DISTINCT


def test_a_text_found_again_has_the_mark_that_it_would_have_had(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = "select content_hash, long_text from customer_insights.embedded_items order by 1"
    monkeypatch.setattr(openai_embedder, "MAX_INPUT_TOKENS", 4)
    embed(apart.settings, ONE_BY_ONE)
    as_embedded = query(apart.settings, marks)
    assert len({mark for _, mark in as_embedded}) > 2
    query(apart.settings, "delete from customer_insights.embedded_items")
    assert embed(apart.settings, ONE_BY_ONE).found == DISTINCT
    assert query(apart.settings, marks) == as_embedded


def test_what_is_to_be_embedded_anew_is_asked_for_again(apart: Apart) -> None:
    embed(apart.settings, ONE_BY_ONE)
    before = apart.api.count()
    tally = embed(apart.settings, ONE_BY_ONE, skip_embedded=False)
    assert (tally.found, tally.done, apart.api.count()) == (0, DISTINCT, 2 * before)
    assert apart.vectors() == apart.records()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("postgresql://jo:hunter2@127.0.0.1:1/vectors", "'vectors' at 127.0.0.1:1 cannot be"),
        (None, "has no tables for vectors"),
    ],
    ids=["down", "never made ready"],
)
def test_without_the_vectors_database_nothing_is_asked_of_the_model(
    apart: Apart, address: str | None, message: str
) -> None:
    if address is None:
        query(apart.store, "drop schema vector_store cascade")
        address = apart.settings.vector_database_url.get_secret_value()  # type: ignore[union-attr]
    settings = apart.settings.model_copy(update={"vector_database_url": SecretStr(address)})
    with pytest.raises(DatabaseError, match=message) as raised:
        embed(settings, ONE_BY_ONE)
    assert "hunter2" not in f"{raised.value.message} {raised.value.hint}"
    assert apart.api.count() == 0


def test_who_lost_the_warehouse_meanwhile_stores_no_vector(apart: Apart) -> None:
    def store_too_late(warehouse: Warehouse, store: VectorStore) -> None:
        with warehouse.transaction() as connection, store.beside(connection) as beside:
            beside.execute(
                "insert into vector_store.embeddings (content_hash, model, dimensions, embedding) "
                "values ('hash', 'model', 1, '[1]')"
            )
            pid = native(connection).info.backend_pid
            query(apart.settings, f"select pg_terminate_backend({pid})")

    with (
        Warehouse(apart.settings) as warehouse,
        VectorStore(apart.settings) as store,
        pytest.raises(ConnectionLostError),
    ):
        store_too_late(warehouse, store)
    assert apart.vectors() == []


def test_two_names_of_one_database_are_one(staged: Settings) -> None:
    url = staged.database_url.get_secret_value()  # type: ignore[union-attr]
    other = url.replace("127.0.0.1", "localhost")
    assert other != url
    settings = staged.model_copy(update={"vector_database_url": SecretStr(other)})
    with (
        Warehouse(settings) as warehouse,
        VectorStore(settings) as store,
        warehouse.transaction() as connection,
        store.beside(connection) as beside,
    ):
        assert beside is native(connection)


def test_an_erasure_takes_vectors_and_mean_vectors_there(apart: Apart) -> None:
    embed(apart.settings, ONE_BY_ONE)
    query(
        apart.store,
        "insert into vector_store.cluster_centroids values ('never stored', 'root.0', '[1,2]')",
    )
    before = apart.vectors()
    rehearsed = forget(apart.settings, ids("sole-5-0", "same-1"), dry_run=True)
    assert apart.vectors() == before
    result = forget(apart.settings, ids("sole-5-0", "same-1"))
    assert rehearsed.removed == result.removed
    assert (result.texts_gone, result.texts_shared) == (1, 1)
    assert result.removed["vector_store.embeddings"] == 1
    assert result.removed["vector_store.cluster_centroids"] == 1
    assert result.not_vacuumed == ()
    assert apart.vectors() == apart.records()
    assert len(apart.vectors()) == DISTINCT - 1


def test_an_erasure_that_was_cut_off_ends_when_it_is_done_again(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed(apart.settings, ONE_BY_ONE)
    with killed_at(monkeypatch, forget_job, "ForgetResult"):
        forget(apart.settings, ids("sole-5-0"))
    # the vector is gone, and no feedback without it
    assert (len(apart.vectors()), len(apart.records())) == (DISTINCT - 1, DISTINCT)
    assert query(apart.settings, "select count(*) from customer_insights.erased_feedback") == [(0,)]
    result = forget(apart.settings, ids("sole-5-0"))
    assert (result.feedback, result.texts_gone) == (1, 1)
    assert apart.vectors() == apart.records()


def test_an_erasure_fails_while_the_vectors_cannot_be_reached(apart: Apart) -> None:
    settings = apart.settings.model_copy(
        update={"vector_database_url": SecretStr("postgresql://jo:pw@127.0.0.1:1/vectors")}
    )
    before = query(apart.settings, "select count(*) from raw.customer_feedback")
    with pytest.raises(DatabaseError, match="cannot be reached"):
        forget(settings, ids("sole-5-0"))
    assert query(apart.settings, "select count(*) from raw.customer_feedback") == before


def test_vectors_of_texts_that_nobody_says_any_more_are_orphans(apart: Apart) -> None:
    embed(apart.settings, ONE_BY_ONE)
    query(
        apart.settings,
        "with gone as (select content_hash from intermediate.int_feedback__deduplicated "
        "where feedback_id = 'sole-5-0') "
        "delete from customer_insights.embedded_items "
        "where content_hash in (select content_hash from gone)",
    )
    query(apart.settings, "delete from raw.customer_feedback where feedback_id = 'sole-5-0'")
    result = forget(apart.settings, Choice(orphans=True))
    assert result.removed == {"vector_store.embeddings": 1}
    assert apart.vectors() == apart.records()


def test_the_doctor_finds_and_mends_a_record_without_its_vector(apart: Apart) -> None:
    def checks(*, repair: bool = False) -> dict[str, tuple[str, str]]:
        found = doctor.checks(apart.settings, repair=repair)
        return {check.name: (check.status, check.found) for check in found}

    embed(apart.settings, ONE_BY_ONE)
    fine = checks()
    assert {status for status, _ in fine.values()} == {"ok"}
    assert {"vectors: address", "vectors: login", "vectors: left behind", "pgvector"} <= set(fine)
    query(
        apart.store,
        "delete from vector_store.embeddings where content_hash in "
        "(select content_hash from vector_store.embeddings limit 3)",
    )
    lost = "3 texts are recorded as embedded and have no vector"
    assert checks()["vectors: none lost"] == ("fail", lost)
    assert len(apart.records()) == DISTINCT, "nothing is changed unasked"
    assert checks(repair=True)["vectors: none lost"][0] == "ok"
    assert checks()["vectors: none lost"][0] == "ok"
    sent = apart.api.count()
    assert embed(apart.settings, ONE_BY_ONE).done == 3
    assert apart.api.count() == sent + 1
    assert apart.vectors() == apart.records()


def test_the_doctor_names_vectors_that_were_left_behind(apart: Apart) -> None:
    query(apart.settings, "create schema vector_store; create table vector_store.embeddings ()")
    found = {check.name: check for check in doctor.checks(apart.settings)}
    assert found["vectors: left behind"].status == "warn"
    assert "drop schema vector_store cascade" in found["vectors: left behind"].fix


def test_a_batch_that_was_fetched_in_part_is_stored_once(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart.api.batch_api.steps = ("completed",)
    submit_embeddings(apart.settings, ONE_BY_ONE)
    with killed_at(monkeypatch, results, "record_embedded", call=3):
        fetch(apart.settings)
    assert (len(apart.vectors()), len(apart.records())) == (12, 8)
    assert fetch(apart.settings).done == DISTINCT - 8
    assert apart.vectors() == apart.records()
    assert len(apart.api.batch_api.batches) == 1


def test_a_batch_leaves_out_what_has_its_vector(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    with killed_at(monkeypatch, results, "record_embedded", call=3):
        embed(apart.settings, ONE_BY_ONE)
    made = submit_embeddings(apart.settings, ONE_BY_ONE)
    assert (made.found, made.items) == (4, DISTINCT - 12)
    assert vectors.SCHEMA not in {
        row[0] for row in query(apart.settings, "select nspname::text from pg_namespace")
    }
