"""dbt on SQL Server. Needs one, with a database of its own: `SQLSERVER_TEST_URL=… pytest FILE`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from python_jobs.jobs.doctor.database import DBT_SCHEMAS
from python_jobs.jobs.doctor.sqlserver import inside_of
from python_jobs.settings import project_root
from python_jobs.storage import sqlserver

if TYPE_CHECKING:
    import sqlalchemy as sa

URL = os.environ.get("SQLSERVER_TEST_URL", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not URL, reason="SQLSERVER_TEST_URL names no SQL Server, and none can be started here"
    ),
]
ROOT = project_root()
SCRIPT = (ROOT / "scripts/rights/sqlserver.sql").read_text(encoding="utf-8")


def dbt_variables(url: sa.URL) -> dict[str, str]:
    """What profiles.yml.example reads, from the URL of the tests."""
    query = {key.casefold(): str(value).casefold() for key, value in url.query.items()}
    return {
        "INSIGHTS_DBT_TARGET": "sqlserver",
        "INSIGHTS_SQLSERVER_BACKEND": "pyodbc" if "pyodbc" in url.drivername else "mssql-python",
        "INSIGHTS_SQLSERVER_DRIVER": str(url.query.get("driver", "ODBC Driver 18 for SQL Server")),
        "INSIGHTS_SQLSERVER_HOST": str(url.host),
        "INSIGHTS_SQLSERVER_PORT": str(url.port or 1433),
        "INSIGHTS_SQLSERVER_DATABASE": str(url.database),
        "INSIGHTS_SQLSERVER_USER": str(url.username),
        "INSIGHTS_SQLSERVER_PASSWORD": str(url.password),
        "INSIGHTS_SQLSERVER_TRUST_CERT": str(query.get("trustservercertificate") == "yes").lower(),
    }


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
