"""dbt on SQL Server. Needs one, with a database of its own: `SQLSERVER_TEST_URL=… pytest FILE`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from python_jobs.jobs.doctor.database import DBT_SCHEMAS
from python_jobs.jobs.doctor.sqlserver import inside_of
from python_jobs.settings import project_root
from python_jobs.storage import sqlserver
from tests.integration.sqlserver_database import dbt_variables

URL = os.environ.get("SQLSERVER_TEST_URL", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not URL, reason="SQLSERVER_TEST_URL names no SQL Server, and none can be started here"
    ),
]
ROOT = project_root()
SCRIPT = (ROOT / "scripts/rights/sqlserver.sql").read_text(encoding="utf-8")


def test_the_rights_script_runs_twice() -> None:
    parsed, way = sqlserver.parse_url(SecretStr(URL), "SQLSERVER_TEST_URL")
    engine = sqlserver.engine_for(parsed, way, "SQLSERVER_TEST_URL")
    for _ in range(2):
        with engine.begin() as connection:
            connection.exec_driver_sql(SCRIPT)
    with engine.connect() as connection:
        owners = connection.exec_driver_sql(
            "select s.name from sys.schemas as s where user_name(s.principal_id) = 'insights_dbt'"
        )
        assert {row[0] for row in owners} >= set(DBT_SCHEMAS)


def test_the_doctor_finds_nothing_wrong() -> None:
    checks = list(inside_of(SecretStr(URL), list(DBT_SCHEMAS)))
    assert [check for check in checks if check.status == "fail"] == []


def test_a_build_on_an_empty_database_and_another(tmp_path: Path) -> None:
    parsed, _ = sqlserver.parse_url(SecretStr(URL), "SQLSERVER_TEST_URL")
    profile = (ROOT / "profiles.yml.example").read_text(encoding="utf-8")
    (tmp_path / "profiles.yml").write_text(profile, encoding="utf-8")
    for _ in range(2):
        finished = subprocess.run(
            [str(Path(sys.executable).parent / "dbt"), "--quiet", "build"],
            cwd=ROOT / "dbt_project",
            env=os.environ | dbt_variables(parsed) | {"DBT_PROFILES_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout[-4000:]
