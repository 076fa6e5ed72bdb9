"""The scripts for both databases speak of the same schemas and roles, and can be parsed."""

from __future__ import annotations

import re

import pytest
import sqlglot

from python_jobs.jobs.doctor.database import ALL, DBT_SCHEMAS
from python_jobs.settings import project_root

FOLDER = project_root() / "scripts/rights"
POSTGRES = (FOLDER / "postgres.sql").read_text(encoding="utf-8")
SQLSERVER = (FOLDER / "sqlserver.sql").read_text(encoding="utf-8")
ROLES = ("insights_dbt", "insights_jobs", "bi_reader")


@pytest.mark.parametrize("schema", [*DBT_SCHEMAS, "test_failures"])
def test_each_schema_of_dbt_is_in_both(schema: str) -> None:
    assert f'"{schema}": "' in POSTGRES
    assert f"exec('create schema {schema} authorization insights_dbt')" in SQLSERVER
    # not where it is dbt's already: all that was granted in the schema would be lost
    owned = rf"schema_id\('{schema}'\) and principal_id <> @dbt\)\s+alter authorization on"
    assert re.search(rf"{owned} schema::{schema} to insights_dbt;", SQLSERVER)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_in_both(role: str) -> None:
    assert f"'{role}'" in POSTGRES
    assert f"create role {role}" in SQLSERVER


def test_jobs_get_what_the_doctor_asks_for_in_both() -> None:
    for schema, privileges in (("raw", ALL), ("customer_insights", ALL), ("marts", "SELECT")):
        assert f'"{schema}": "{privileges.lower()}"' in POSTGRES
        assert f"grant {privileges.lower()} on schema::{schema} to insights_jobs" in SQLSERVER
    granted = re.findall(r"^grant (.+?) on .* to insights_jobs", SQLSERVER, re.MULTILINE)
    assert len(granted) == 3


def test_the_script_for_sqlserver_is_one_batch_of_t_sql() -> None:
    """As far as a parser can tell: grants and authorizations it takes as they are."""
    assert all(sqlglot.parse(SQLSERVER, dialect="tsql"))
    assert "go\n" not in SQLSERVER.casefold()  # which not every client knows
