"""Erasure: what goes, what stays, and that nothing comes back (invariant 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.errors import BusyError, DatabaseError
from python_jobs.jobs.embed import embed
from python_jobs.jobs.forget import forget
from python_jobs.jobs.load import load
from python_jobs.jobs.pending import Selection
from python_jobs.storage.erasure_tables import holdings
from python_jobs.storage.lock import hold_pipeline_lock
from python_jobs.storage.session import Session
from python_jobs.storage.warehouse import Warehouse
from tests.fakes.openai_answers import ANSWERS
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.dbt_builds import build_and_test
from tests.integration.jobs.conftest import TEXTS, query, with_openai
from tests.integration.jobs.forgotten import TEXT_OF, count, everything, ids, traces, write

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings


@pytest.mark.slow
def test_nothing_is_left_after_the_next_build(worked: Settings, tmp_path: Path) -> None:
    # one text of their own, the first of three who say the same, and the one that nobody could tag
    gone = ["sole-5-0", "same-1", "poison"]
    quoted = query(
        worked,
        "select feedback_id from marts.feedback where feedback_text in "
        "(select split_part(split_part(summary, '“', 2), '”', 1) "
        "from customer_insights.clusters) and feedback_id not like 'same%'",
    )
    gone += [row[0] for row in quoted if row[0] not in gone]
    before = count(worked, "raw.customer_feedback")
    result = forget(worked, ids(*gone))

    assert (result.feedback, result.unknown, result.already_erased) == (len(gone), 0, 0)
    assert (result.texts_gone, result.texts_shared) == (len(gone) - 1, 1)
    for table in ("embedded_items", "tagged_items", "feedback_tags", "dead_letters"):
        assert result.removed[f"customer_insights.{table}"] == len(gone) - 1
    assert result.removed["raw.customer_feedback"] == len(gone)
    assert result.removed["vector_store.embeddings"] == len(gone) - 1
    assert result.not_vacuumed == result.not_cleared == ()
    assert count(worked, "raw.customer_feedback") == before - len(gone)

    build_and_test(worked)
    texts = [TEXT_OF[each] for each in gone if each != "same-1"]
    assert traces(worked, gone, texts) == []
    # to the letter: the others wrote it in other letters
    assert not [n for n, rows in everything(worked).items() if TEXT_OF["same-1"] in rows]
    assert query(
        worked,
        "select feedback_id, canonical_feedback_id, main_category from marts.feedback "
        "where feedback_id like 'same%' order by 1",
    ) == [("same-2", "same-2", "delivery"), ("same-3", "same-2", "delivery")]
    assert query(
        worked,
        "select items.feedback_id from customer_insights.embedded_items as items "
        "join marts.feedback using (content_hash) where feedback.feedback_id = 'same-3'",
    ) == [("same-2",)]
    assert query(worked, "select count(*) from marts.pending_embeddings") == [(0,)]

    file = write(tmp_path / "again.csv", ("feedback_id", "created_at", "feedback_text"), *TEXTS)
    again = load(worked, file)
    assert (again.loaded, again.unchanged, again.rejected) == (0, before - len(gone), len(gone))
    assert again.reasons == {"erased": len(gone)}
    assert load(worked, file, strict=True).rejected == len(gone)
    assert traces(worked, gone, texts) == []
    second = forget(worked, ids(*gone))
    assert (second.feedback, second.already_erased, second.removed) == (0, len(gone), {})


def test_no_pending_set_offers_it_before_the_next_build(staged: Settings) -> None:
    pending = "select count(*) from marts.pending_embeddings where feedback_text "
    assert query(staged, pending + "= 'the poisonous one' or feedback_text = 'Nothing to add'") == [
        (4,)
    ]
    result = forget(staged, ids("poison", "same-1"))
    assert result.model_rows > 0
    assert query(staged, pending + "= 'the poisonous one' or feedback_text = 'Nothing to add'") == [
        (0,)
    ]
    assert query(staged, pending + "ilike 'nothing to add'") == [(2,)]


def test_the_vector_of_a_text_before_its_edit_goes_too(worked: Settings, tmp_path: Path) -> None:
    head = ("feedback_id", "created_at", "feedback_text")
    load(worked, write(tmp_path / "e.csv", head, ("poison", "2026-07-01T00:00:00Z", "harmless")))
    result = forget(worked, ids("poison"))
    assert result.removed["vector_store.embeddings"] == 1
    assert result.texts_gone == 2  # the text as it was, and as it is


def test_a_pipeline_run_is_not_disturbed(staged: Settings) -> None:
    with Session(staged) as session:
        hold_pipeline_lock(session.connection, staged)
        with pytest.raises(BusyError):
            forget(staged, ids("poison"))
    assert forget(staged, ids("poison")).feedback == 1


def test_an_answer_that_comes_too_late_is_not_stored(staged: Settings) -> None:
    results = []

    def erase_meanwhile(body: dict[str, Any]) -> dict[str, Any]:
        if not results:
            results.append(forget(staged, ids("poison", "same-1")))
        return ANSWERS["/embeddings"](body)

    with FakeOpenAI() as server:
        server.overrides["/embeddings"] = erase_meanwhile
        tally = embed(with_openai(staged, server), Selection(batch_size=100, workers=1))
    assert results[0].removed["customer_insights.leases"] == 1
    assert tally.done == len({text.lower() for _, _, text in TEXTS}) - 1
    assert count(staged, "vector_store.embeddings") == tally.done
    assert count(staged, "customer_insights.embedded_items") == tally.done
    assert traces(staged, ["poison"], ["the poisonous one"]) == []


def test_lines_of_batches_go_and_files_at_the_provider_are_named(worked: Settings) -> None:
    query(
        worked,
        """
        insert into customer_insights.api_batches (batch_id, job, provider, host, model,
            parameters, status, count_requests, count_items, count_completed, count_failed,
            created_at, input_file_id, job_run_id)
        values ('b1', 'embed', 'openai', 'h', 'm', '{}', 'completed', 1, 1, 1, 0, now(), 'f', 'j');
        insert into customer_insights.api_batch_items
            (batch_id, custom_id, line_position, count_inputs, count_in_line, content_hash,
            feedback_id, status)
        select 'b1', feedback_id, 0, 1, 1, content_hash, feedback_id, 'waiting'
        from customer_insights.embedded_items
        """,
    )
    result = forget(worked, ids("poison", "same-1"))
    assert result.removed["customer_insights.api_batch_items"] == 1
    assert (result.batches, result.not_deleted) == (("b1",), 1)  # there is no key to ask with
    left = "select feedback_id from customer_insights.api_batch_items where feedback_id "
    assert query(worked, left + "in ('poison', 'same-1', 'same-2')") == [("same-2",)]
    assert forget(worked, ids("same-2"), dry_run=True).batches == ()


def test_models_of_another_owner_are_named(worked: Settings) -> None:
    query(worked, "create table snapshots.feedback as select feedback_id from marts.feedback")
    assert forget(worked, ids("poison")).not_cleared == ()
    assert count(worked, "snapshots.feedback") == len(TEXTS) - 1
    query(worked, "revoke delete on snapshots.feedback from current_user")
    assert forget(worked, ids("same-1")).not_cleared == ("snapshots.feedback",)


_VERSIONS = """
insert into snapshots.cluster_name_history
    (cluster_key, cluster_name, summary, name_hash, dbt_scd_id, dbt_valid_from, dbt_valid_to)
select cluster_key, cluster_name, summary, 'h', cluster_key || ' now', timestamp '2026-06-01',
    cast(null as timestamp)
from customer_insights.clusters where depth > 0
union all
select cluster_key, 'Earlier name', 'Earlier summary', 'h', cluster_key || ' then',
    timestamp '2026-05-01',
    timestamp '2026-06-01'
from customer_insights.clusters where depth > 0;
create schema marts_as_of_2026_05_31;
create table marts_as_of_2026_05_31.feedback as select * from marts.feedback;
create schema intermediate_as_of_2026_05_31_taxonomy_now;
create schema marts_as_of_mine;
"""


def test_history_follows(worked: Settings) -> None:
    ((feedback_id, key),) = query(
        worked,
        "select feedback_id, clusters.cluster_key "
        "from marts.feedback join customer_insights.clusters "
        "on summary = 'Typical feedback: “' || feedback_text || '”' order by 1 limit 1",
    )
    query(worked, _VERSIONS)
    quote = "update snapshots.cluster_name_history set cluster_name = '{}' where dbt_scd_id = '{}'"
    ((other,),) = query(
        worked,
        f"select cluster_key from customer_insights.clusters where depth > 0 "
        f"and cluster_key <> '{key}' order by 1 limit 1",
    )
    query(worked, quote.format(TEXT_OF[feedback_id].upper(), f"{other} then"))
    assert forget(worked, ids(feedback_id)).not_cleared == ()
    assert "snapshots.cluster_name_history" not in traces(worked, [], [TEXT_OF[feedback_id]])
    versions = "select cluster_name, summary, name_hash from snapshots.cluster_name_history "
    for version in ("now", "then"):
        (found,) = query(worked, f"{versions} where dbt_scd_id = '{key} {version}'")
        assert found[1:] == (None, None)
    assert query(worked, f"{versions} where dbt_scd_id = '{other} then'") == [(None, None, None)]
    (untouched,) = query(worked, f"{versions} where dbt_scd_id = '{other} now'")
    assert all(untouched)
    schemas = "select nspname from pg_namespace where nspname like '%\\_as\\_of\\_%'"
    assert query(worked, schemas) == [("marts_as_of_mine",)]


def test_everything_about_feedback_is_found(staged: Settings) -> None:
    with Warehouse(staged) as warehouse, warehouse.transaction() as connection:
        found = {f"{table.schema}.{table.name}" for table in holdings(connection, staged)}
    about = query(
        staged,
        "select distinct table_schema || '.' || table_name from information_schema.columns "
        "where table_schema in ('customer_insights', 'vector_store') and "
        "(column_name like '%content\\_hash%' or column_name like '%feedback\\_id%' "
        "or column_name like '%text%' and column_name not like 'count%')",
    )
    assert {row[0] for row in about} <= found


def test_missing_tables_are_said(staged: Settings) -> None:
    query(staged, "drop table customer_insights.erasure_salt cascade")
    with pytest.raises(DatabaseError, match="erasure_salt"):
        forget(staged, ids("poison"))
