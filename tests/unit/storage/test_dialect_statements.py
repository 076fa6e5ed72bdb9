"""What each dialect makes of the elements that they share."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, postgresql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from python_jobs.storage import tables
from python_jobs.storage.dialects.elements import (
    among,
    from_now,
    json_field,
    locked,
    now,
    rows_of,
    shared,
    to_the_letter,
)
from tests.unit.storage.stand_ins import said

runs = tables.job_runs


@pytest.mark.parametrize(
    ("element", "of_postgres", "of_sqlserver"),
    [
        (now(), "now()", "sysdatetimeoffset()"),
        (
            from_now(120),
            "(now() + %(param_1)s * interval '1 second')",
            "dateadd(millisecond, cast(:param_1 * 1000 as int), sysdatetimeoffset())",
        ),
        (
            among(runs.c.job_run_id, ["a"]),
            "customer_insights.job_runs.job_run_id = any(%(among_1)s::TEXT[])",
            "customer_insights.job_runs.job_run_id in (select cast([value] as nvarchar(4000))"
            " collate Latin1_General_100_BIN2 from openjson(:among_1))",
        ),
        (
            sa.select(rows_of(["a"]).table().c.value),
            "SELECT given.value FROM unnest(%(keys_1)s::TEXT[]) AS given(value)",
            "SELECT given.value FROM (select cast([value] as nvarchar(4000))"
            " collate Latin1_General_100_BIN2 from openjson(:keys_1)) AS given(value)",
        ),
        (
            to_the_letter(sa.column("words")) == "Größe",
            "words = %(param_1)s::VARCHAR",
            "(words collate Latin1_General_100_BIN2) = :param_1",
        ),
        (
            json_field(sa.column("attributes"), "customer"),
            "(attributes ->> %(field_1)s::VARCHAR)",
            "json_value(attributes, :field_1)",
        ),
    ],
)
def test_an_element_in_both(element: Any, of_postgres: str, of_sqlserver: str) -> None:
    assert said(element, PGDialect_psycopg) == of_postgres
    assert said(element, mssql.dialect) == of_sqlserver


def test_rows_are_locked_in_both() -> None:
    query = sa.select(runs.c.job).where(runs.c.job_run_id == "a")
    table = "customer_insights.job_runs"
    assert said(locked(query, runs), postgresql.dialect).endswith("FOR UPDATE")
    assert said(shared(query, runs), postgresql.dialect).endswith("FOR KEY SHARE")
    assert f"{table} with (xlock, rowlock)" in said(locked(query, runs), mssql.dialect)
    assert f"{table} with (repeatableread, rowlock)" in said(shared(query, runs), mssql.dialect)


def test_any_number_of_keys_is_one_parameter() -> None:
    keys = [f"{number}𠜎" for number in range(5_000)]
    condition = among(runs.c.job_run_id, keys)
    compiled = condition.compile(dialect=mssql.dialect())
    ((name, value),) = compiled.params.items()
    processed = compiled._bind_processors[name](value)
    assert processed.isascii()  # no driver has to guess
    assert json.loads(processed) == keys


def test_a_field_of_json_may_have_any_name() -> None:
    value = sa.select(json_field(sa.column("attributes"), 'a "b" ü'))
    for dialect, wanted in ((mssql.dialect(), '$."a \\"b\\" ü"'), (PGDialect_psycopg(), 'a "b" ü')):
        compiled = value.compile(dialect=dialect)
        (name,) = compiled.params
        bound = compiled._bind_processors[name]
        assert bound(compiled.params[name]) == wanted  # type: ignore[operator]
