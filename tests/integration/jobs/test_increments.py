"""Days of new, late, edited and deleted feedback leave the rows that a full refresh makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.jobs.forget import Choice, forget
from tests.integration.dbt_builds import build
from tests.integration.jobs.conftest import query
from tests.integration.jobs.forgotten import pretend_jobs, traces

if TYPE_CHECKING:
    from python_jobs.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

_NAMES = ("texts", "text_words", "similar_texts")

_TABLES = {
    "texts": "select content_hash from intermediate.int_feedback__texts where status = 'said'",
    "words": "select content_hash, word, count_words from intermediate.int_feedback__text_words",
    "similar": "select content_hash, similar_hash, count_shared_words, word_overlap "
    "from intermediate.int_feedback__similar_texts",
    "pairs": "select t::text from marts.near_duplicates as t",
    "deduplicated": "select t::text from intermediate.int_feedback__deduplicated as t",
    "tags": "select t::text from intermediate.int_tags__by_text as t",
    "feedback": "select t::text from marts.feedback as t",
}
"""What grows, without the number of the build."""

_ADD = """
insert into raw.customer_feedback (feedback_id, created_at, source, product, rating, feedback_text,
    attributes, row_hash, origin, loaded_at, updated_at)
select id, created_at::timestamptz, 'shop', 'boot', 4, said, '{}', id, 'days', now(), now()
from (values
"""

_NEW_AND_LATE = f"""{_ADD}
    ('new-1', '2026-07-03', 'the zip of my boot broke on the very first day'),
    ('new-2', '2026-07-03', 'the zip of my boot broke on the very second day'),
    ('late', '2026-02-01', 'socks are warm and soft and dry so quickly'),
    ('short', '2026-02-01', 'good boots')
) as added (id, created_at, said)
"""

_NEW_BESIDE_OLD = f"""{_ADD}
    ('new-3', '2026-07-04', 'the zip of my boot broke on the very third day'),
    ('late-2', '2026-01-01', 'Socks are warm and soft and dry so very quickly'),
    ('again', '2026-07-04', 'THE ZIP of my boot broke on the very first day')
) as added (id, created_at, said)
"""

_EDITED = """
update raw.customer_feedback set updated_at = now(), feedback_text = case feedback_id
    when 'new-2' then 'nothing like it was said before or ever will be'
    else 'good boots but the zip of my boot broke on the very first day' end
where feedback_id in ('new-2', 'short')
"""

_DELETED_AND_EDITED_BACK = """
delete from raw.customer_feedback where feedback_id in ('late', 'new-1');
update raw.customer_feedback set updated_at = now(),
    feedback_text = 'the zip of my boot broke on the very second day'
where feedback_id = 'new-2'
"""

_READ_AND_PLACED = """
create temporary table fresh as
select distinct content_hash from staging.stg_raw__customer_feedback
where content_hash not in (select content_hash from customer_insights.tagged_items);
insert into customer_insights.tagged_items
    (content_hash, model, provider, feedback_id, taxonomy_hash, prompt_hash, tagged_at, job_run_id)
select content_hash, 'fake', 'fake', 'any', 't', 'p', now(), 'job' from fresh;
insert into customer_insights.feedback_tags (content_hash, model, category, confidence)
select content_hash, 'fake', 'delivery', 0.5 from fresh;
insert into customer_insights.cluster_assignments
    (run_id, content_hash, cluster_path, membership_probability, noise_score, x, y, assigned_at)
select 'run-1', content_hash, 'root.1', 1, 0, 0, 0, now() from fresh;
insert into customer_insights.cluster_assign_runs (job_run_id, run_id, assigned_at, count_texts,
    count_feedback, count_noise_texts, count_noise_feedback, distance_bound, noise_share,
    expected_noise_share, far_share, expected_far_share, added_share)
select 'job', 'run-1', now(), 1, 1, 0, 0, 0.5, 0, 0, 0, 0, 0
where not exists (select from customer_insights.cluster_assign_runs)
"""

_TAXONOMY_CHANGED = """
create temporary table again as
select content_hash from customer_insights.tagged_items order by content_hash limit 5;
update customer_insights.tagged_items set tagged_at = now(), taxonomy_hash = 'u', prompt_hash = 'q'
where content_hash in (select content_hash from again);
delete from customer_insights.feedback_tags where content_hash in (select content_hash from again);
insert into customer_insights.feedback_tags (content_hash, model, category, confidence)
select content_hash, 'fake', 'size', 0.5 from again
"""

_ANOTHER_RUN = """
update customer_insights.cluster_runs set status = 'superseded';
insert into customer_insights.cluster_runs
    (run_id, status, method, parameters, library_versions, embedding_model, embedding_dimensions,
    input_hash, count_feedback, count_texts, noise_share, created_at, published_at, job_run_id)
values ('run-2', 'published', 'm', '{}', '{}', 'fake', 3, 'i', 1, 1, 0, now(), now(), 'job');
create temporary table tree as select * from customer_insights.clusters;
update tree set run_id = 'run-2', cluster_name = cluster_name || ' as of run 2';
insert into customer_insights.clusters select * from tree;
insert into customer_insights.cluster_assignments
    (run_id, content_hash, cluster_path, membership_probability, noise_score, x, y)
select 'run-2', content_hash, 'root.2', 0.5, 0.5, 1, 1 from customer_insights.tagged_items
where content_hash > '7'
"""

_ANOTHER_MODEL = """
update customer_insights.active_models set model = 'other' where kind = 'tagging';
insert into customer_insights.tagged_items
    (content_hash, model, provider, feedback_id, taxonomy_hash, prompt_hash, tagged_at, job_run_id)
select content_hash, 'other', 'fake', 'any', 't', 'p', now(), 'job'
from customer_insights.tagged_items where content_hash > '3'
"""

_TEXTS = {"texts", "words", "similar", "pairs", "deduplicated", "feedback"}
_DAYS = [
    (_NEW_AND_LATE, {*_TABLES}),
    (f"{_NEW_BESIDE_OLD};{_EDITED};{_READ_AND_PLACED};{_TAXONOMY_CHANGED}", {*_TABLES}),
    (f"{_DELETED_AND_EDITED_BACK};{_ANOTHER_RUN}", _TEXTS),
    (_ANOTHER_MODEL, {"tags", "feedback"}),
]
"""What happens on a day, and what grows or changes by it."""

_GROWING = [
    *(f"+feedback,config.materialized:{kind}" for kind in ("table", "incremental")),
    *(f"int_feedback__{name}" for name in _NAMES),
    "near_duplicates",
]


def rows(settings: Settings) -> dict[str, set[str]]:
    return {name: {str(row) for row in query(settings, sql)} for name, sql in _TABLES.items()}


def places(settings: Settings) -> list[list[tuple[Any, ...]]]:
    """Where the rows of all that grows lie: elsewhere if they were written again."""
    named = [f"int_feedback__{name}" for name in (*_NAMES, "deduplicated")] + ["int_tags__by_text"]
    return [
        query(settings, f"select ctid::text, t::text from {table} as t order by 2")
        for table in [*(f"intermediate.{name}" for name in named), "marts.feedback"]
    ]


def test_increments_leave_the_rows_of_a_full_refresh(staged: Settings) -> None:
    grown = rows(staged)
    pretend_jobs(staged)
    for day, changed in _DAYS:
        query(staged, day)
        build(staged, "--select", *_GROWING)
        before, grown = grown, rows(staged)
        assert {name for name in grown if before[name] != grown[name]} == changed, day
    first, third = "'new-1'", "'new-3'"
    assert not any(first in row for row in grown["pairs"])
    assert any("(again," in row or ",again," in row for row in grown["pairs"])
    assert third.strip("'") in str(grown["pairs"])
    before_nothing = places(staged)
    build(staged, "--select", *_GROWING)
    assert places(staged) == before_nothing
    build(staged, "--select", *_GROWING, "--full-refresh")
    assert rows(staged) == grown


def test_what_is_erased_leaves_tables_that_grow(staged: Settings) -> None:
    pretend_jobs(staged)
    query(staged, _NEW_AND_LATE)
    build(staged, "--select", *_GROWING)
    pairs = "select content_hash, similar_hash from intermediate.int_feedback__similar_texts"
    erased = query(
        staged,
        "select content_hash from intermediate.int_feedback__deduplicated "
        "where feedback_id = 'new-1'",
    )[0][0]
    assert any(erased in pair for pair in query(staged, pairs))
    forget(staged, Choice(values=("late", "new-1", "same-1")))
    assert not any(erased in pair for pair in query(staged, pairs))
    build(staged, "--select", *_GROWING)
    assert traces(staged, ["new-1"], ["socks are warm"]) == []
    words = query(staged, "select distinct word from intermediate.int_feedback__text_words")
    assert ("socks",) not in words
    assert ("zip",) in words
    said = "select canonical_feedback_id, count_occurrences from marts.feedback "
    assert query(staged, said + "where feedback_id = 'same-3'") == [("same-2", 2)]
    grown = rows(staged)
    build(staged, "--select", *_GROWING, "--full-refresh")
    assert rows(staged) == grown
