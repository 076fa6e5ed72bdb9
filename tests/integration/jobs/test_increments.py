"""Days of new, late, edited and erased feedback: increments leave the rows of a full refresh."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.jobs.forget import Choice, forget
from tests.integration.dbt_builds import build
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from python_jobs.settings import Settings

pytestmark = pytest.mark.slow

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


GROWS = "int_feedback__deduplicated"


def built(settings: Settings, *arguments: str) -> list[tuple[Any, ...]]:
    """The rows of the one table that grows, after a build of it."""
    build(settings, "--select", GROWS, *arguments)
    return query(settings, f"select * from intermediate.{GROWS} order by feedback_id")


def test_nothing_else_grows(staged: Settings) -> None:
    manifest = json.loads(
        (Path(os.environ["DBT_TARGET_PATH"]) / "manifest.json").read_text(encoding="utf-8")
    )
    grow = [
        node["name"]
        for node in manifest["nodes"].values()
        if node["config"]["materialized"] == "incremental"
    ]
    assert grow == [GROWS]


def test_increments_leave_the_rows_of_a_full_refresh(staged: Settings) -> None:
    grown = built(staged)
    for change in (_NEW_AND_LATE, _EDITED, _DELETED_IN_THE_SOURCE):
        query(staged, change)
        before, grown = grown, built(staged)
        assert before != grown
        assert grown == built(staged, "--full-refresh")


def test_what_was_erased_moves_the_links_of_the_others(staged: Settings) -> None:
    query(staged, _NEW_AND_LATE)
    built(staged)
    forget(staged, Choice(values=("earlier-than-its-copies", "new-1")))
    grown = built(staged)
    links = {row[0]: row[1] for row in grown}
    assert links["same-2"] == links["same-3"] == "same-1"
    assert grown == built(staged, "--full-refresh")
