"""Which models need a unit test."""

from __future__ import annotations

import pytest

from tests.portability.logic import logic, untested
from tests.portability.rules import Code


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("with source as (select * from t) select a, cast(b as float) as b from source", set()),
        ("select a from t where status = 'published'", set()),
        ("select cast(case when a = 1 then 1 else 0 end as bit) as is_a from t", set()),
        ("select case when a = 1 then 'x' end as a from t", {"Case"}),
        ("select row_number() over (order by a) as place from t", {"Window"}),
        ("select count(*) as count_rows from t", {"Count"}),
        ("select t.a from t inner join u on t.a = u.a", {"Join"}),
        ("select a from t union all select a from u", {"Union"}),
    ],
)
def test_logic_is_what_a_model_decides(text: str, found: set[str]) -> None:
    assert logic(Code(text)) == found


def test_a_model_with_logic_wants_a_unit_test() -> None:
    models = {
        "plain": Code("select a from t"),
        "tested": Code("select count(*) as a from t"),
        "bare": Code("select count(*) as a from t"),
    }
    manifest = {"unit_tests": {"unit_test.x": {"model": "tested"}}}
    assert list(untested(models, manifest)) == ["bare has Count and no unit test"]
