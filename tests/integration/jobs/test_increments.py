"""Days of new, late, edited and deleted feedback leave the rows that a full refresh makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.forget import Choice, forget
from tests.integration.dbt_builds import build
from tests.integration.jobs.conftest import query
from tests.integration.jobs.forgotten import traces

if TYPE_CHECKING:
    from python_jobs.settings import Settings

pytestmark = pytest.mark.slow

_NAMES = ("texts", "text_words", "similar_texts")

_TABLES = {
    "texts": "select content_hash from intermediate.int_feedback__texts where status = 'said'",
    "words": "select content_hash, word, count_words from intermediate.int_feedback__text_words",
    "similar": "select content_hash, similar_hash, count_shared_words, word_overlap "
    "from intermediate.int_feedback__similar_texts",
    "pairs": "select t::text from marts.near_duplicates as t",
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

_DAYS = [_NEW_AND_LATE, _NEW_BESIDE_OLD + ";" + _EDITED, _DELETED_AND_EDITED_BACK]

_GROWING = [
    "int_feedback__deduplicated",
    *(f"int_feedback__{name}" for name in _NAMES),
    "near_duplicates",
]


def rows(settings: Settings) -> dict[str, set[str]]:
    return {name: {str(row) for row in query(settings, sql)} for name, sql in _TABLES.items()}


def test_increments_leave_the_rows_of_a_full_refresh(staged: Settings) -> None:
    grown = rows(staged)
    for day in _DAYS:
        query(staged, day)
        build(staged, "--select", *_GROWING)
        before, grown = grown, rows(staged)
        assert {name for name in grown if before[name] != grown[name]} == {*_TABLES}, day
    first, third = "'new-1'", "'new-3'"
    assert not any(first in row for row in grown["pairs"])
    assert any("(again," in row or ",again," in row for row in grown["pairs"])
    assert third.strip("'") in str(grown["pairs"])
    numbered = [
        f"select t::text from intermediate.int_feedback__{name} as t order by 1" for name in _NAMES
    ]
    before_nothing = [query(staged, sql) for sql in numbered]
    build(staged, "--select", *_GROWING)
    assert [query(staged, sql) for sql in numbered] == before_nothing
    build(staged, "--select", *_GROWING, "--full-refresh")
    assert rows(staged) == grown


def test_what_is_erased_leaves_tables_that_grow(staged: Settings) -> None:
    query(staged, _NEW_AND_LATE)
    build(staged, "--select", *_GROWING)
    pairs = "select content_hash, similar_hash from intermediate.int_feedback__similar_texts"
    erased = query(
        staged,
        "select content_hash from intermediate.int_feedback__deduplicated "
        "where feedback_id = 'new-1'",
    )[0][0]
    assert any(erased in pair for pair in query(staged, pairs))
    forget(staged, Choice(values=("late", "new-1")))
    assert not any(erased in pair for pair in query(staged, pairs))
    build(staged, "--select", *_GROWING)
    assert traces(staged, ["new-1"], ["socks are warm"]) == []
    words = query(staged, "select distinct word from intermediate.int_feedback__text_words")
    assert ("socks",) not in words
    assert ("zip",) in words
