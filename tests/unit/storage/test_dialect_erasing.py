"""What an erasure asks of SQL Server before it takes anything; no server has seen it."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import mssql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from python_jobs.errors import ConfigurationError
from python_jobs.settings import Settings
from python_jobs.storage import erasure
from python_jobs.storage.dialects import sqlserver
from python_jobs.storage.dialects.elements import (
    new_scratch,
)
from python_jobs.storage.erasure_tables import MODELS, SCRATCH
from tests.portability.storage_calls import Recorder
from tests.unit.storage.stand_ins import Connection, said


def test_an_erasure_takes_its_turn_then_its_tables() -> None:
    recorder = Recorder()
    erasure.begin(recorder, Settings())  # type: ignore[arg-type]
    *rights, turn = [said(each, mssql.dialect) for each in recorder.said[: len(MODELS) + 1]]
    tables_made = [said(each, mssql.dialect) for each in recorder.said[len(MODELS) + 1 :]]
    assert all("has_perms_by_name" in each for each in rights)
    assert "sp_getapplock" in turn
    assert len(tables_made) == len(SCRATCH)
    for table, text in zip(SCRATCH, tables_made, strict=True):
        assert text.startswith(f"create table [{table.name}] (")
        assert text.count("nvarchar(4000) collate Latin1_General_100_BIN2") == len(table.c)
        assert said(new_scratch(table), PGDialect_psycopg).endswith("on commit drop")
        assert "?" not in text, "a driver that prepares it would drop the table at once"


def test_a_login_that_does_not_see_everything_erases_nothing() -> None:
    connection = Connection(1, 0)
    with pytest.raises(ConfigurationError, match="does not see"):
        erasure.begin(connection, Settings())  # type: ignore[arg-type]
    assert [list(each[1].values()) for each in connection.asked] == [
        ["[staging]", "SCHEMA", "ALTER"],
        ["[intermediate]", "SCHEMA", "ALTER"],
    ]


def test_a_schema_goes_with_all_in_it() -> None:
    recorder = Recorder()
    sqlserver.drop_schema(recorder, "marts_as_of_2026_01_31")  # type: ignore[arg-type]
    found, *dropped = [said(each, mssql.dialect) for each in recorder.said]
    assert found.endswith("ORDER BY [INFORMATION_SCHEMA].[TABLES].[TABLE_TYPE] DESC")
    assert dropped == [
        "drop table marts_as_of_2026_01_31.x",
        "DROP SCHEMA marts_as_of_2026_01_31",
    ]
