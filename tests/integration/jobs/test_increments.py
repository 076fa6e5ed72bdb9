"""Days of new, late, edited and erased feedback: increments leave the rows of a full refresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.dbt import run_dbt
from python_jobs.jobs.forget import Choice, forget
from tests.integration.jobs.conftest import query
from tests.integration.jobs.forgotten import pretend_jobs, traces

if TYPE_CHECKING:
    from python_jobs.settings import Settings

pytestmark = pytest.mark.slow

_WITHOUT_TESTS = [f"--exclude-resource-type={kind}" for kind in ("test", "unit_test")]

_ORDER_OF_WORDS = {"int_feedback__common_words", "int_feedback__words"}
"""Keep the order of the last full refresh, on purpose; what is found by it must be the same."""

_ADD = """
insert into raw.customer_feedback (feedback_id, created_at, source, product, rating, feedback_text,
    attributes, row_hash, origin, loaded_at, updated_at)
select id, created_at::timestamptz, 'shop', product, rating, said, '{"customer_id": "c1"}', id,
    'days', now(), now()
from (values
"""

_NEW_AND_LATE = f"""{_ADD}
    ('new-1', '2026-07-03', 'boot', 4, 'the zip of my boot broke on the very first day'),
    ('new-2', '2026-07-03', 'boot', 2, 'the zip of my boot broke on the very second day'),
    ('earlier-than-its-copies', '2026-04-01', 'boot', 1, 'NOTHING to add'),
    ('late', '2026-02-01', 'sock', 5, 'socks are warm and soft and dry quickly'),
    ('between', '2026-05-20', 'sock', 3, 'great BOOTS praise 5')
) as added (id, created_at, product, rating, said)
"""

_EDITED = """
-- a first occurrence says something else, another says what others say, a third is rated anew
update raw.customer_feedback set updated_at = now() + interval '1 second',
    feedback_text = case feedback_id when 'earlier-than-its-copies' then 'Nothing at all'
        when 'new-2' then 'nothing to add' else feedback_text end,
    rating = case feedback_id when 'late' then 1 else rating end,
    created_at = case feedback_id when 'between' then '2025-12-31' else created_at end
where feedback_id in ('earlier-than-its-copies', 'new-2', 'late', 'between')
"""

_DELETED_IN_THE_SOURCE = """
delete from raw.customer_feedback where feedback_id in ('same-1', 'sole-5-0', 'late')
"""

_ANOTHER_RUN = """
update customer_insights.cluster_runs set status = 'superseded';
insert into customer_insights.cluster_runs (run_id, status, method, parameters, library_versions,
    embedding_model, embedding_dimensions, input_hash, count_feedback, count_texts, noise_share,
    created_at, published_at, job_run_id)
select 'run-2', 'published', method, parameters, library_versions, embedding_model,
    embedding_dimensions, 'j', 1, 1, 0, now(), now(), 'job' from customer_insights.cluster_runs;
insert into customer_insights.clusters (run_id, cluster_path, cluster_key, parent_path, depth,
    is_noise, is_leaf, count_texts, count_feedback, cluster_name)
values ('run-2', 'root', 'root', null, 0, false, false, 1, 1, 'All'),
    ('run-2', 'root.0', 'k', 'root', 1, false, true, 1, 1, 'One');
insert into customer_insights.cluster_assignments
    (run_id, content_hash, cluster_path, membership_probability, noise_score, x, y)
select 'run-2', content_hash, 'root.0', 1, 0, 1, 1 from customer_insights.cluster_assignments
"""

_ANOTHER_MODEL = """
update customer_insights.active_models set model = 'other' where kind = 'tagging'
"""


def build(settings: Settings, *arguments: str) -> dict[str, str]:
    """Build all models; the rows of each table and view of the models, as one text."""
    assert run_dbt(settings, ["build", *_WITHOUT_TESTS, *arguments], quiet=True) == 0
    names = query(
        settings,
        "select table_schema || '.' || table_name from information_schema.tables "
        "where table_schema in ('intermediate', 'marts')",
    )
    return {
        name: "\n".join(
            row for (row,) in query(settings, f"select t::text from {name} as t order by 1")
        )
        for (name,) in names
        if name.split(".")[1] not in _ORDER_OF_WORDS
    }


def different(settings: Settings, before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    return {
        name: f"{before[name][:500]}\n--- and ---\n{after[name][:500]}"
        for name in before
        if before[name] != after[name]
    }


def test_increments_leave_the_rows_of_a_full_refresh(staged: Settings) -> None:
    pretend_jobs(staged)
    days = {
        "new and late": _NEW_AND_LATE,
        "edited": _EDITED,
        "deleted in the source": _DELETED_IN_THE_SOURCE,
        "another run": _ANOTHER_RUN,
        "another model": _ANOTHER_MODEL,
    }
    grown = build(staged)
    for name, statement in days.items():
        query(staged, statement)
        before, grown = grown, build(staged)
        assert before != grown, name
        if name == "edited":
            forget(staged, Choice(values=("same-2", "new-1")))
            query(staged, "delete from customer_insights.erased_feedback")
            grown = build(staged)
    pairs = query(staged, "select * from marts.near_duplicates")
    assert pairs  # or nothing was shown of them
    again = build(staged)
    assert different(staged, grown, again) == {}
    refreshed = build(staged, "--full-refresh")
    assert different(staged, again, refreshed) == {}


def test_what_is_erased_leaves_tables_that_grow(staged: Settings) -> None:
    query(staged, _NEW_AND_LATE)
    build(staged)
    forget(staged, Choice(values=("late", "new-1")))
    build(staged)
    assert traces(staged, ["new-1"], ["socks are warm"]) == []
    words = query(staged, "select word from intermediate.int_feedback__words")
    assert ("socks",) not in words
    assert ("zip",) in words
