"""The server of SQLSERVER_TEST_URL: dbt's settings for it, and a database, as a workflow makes one.

python -m tests.integration.sqlserver_database NAME
"""

from __future__ import annotations

import os
import re
import sys
import time
from typing import TYPE_CHECKING

from pydantic import SecretStr

from python_jobs.errors import InsightsError
from python_jobs.storage import sqlserver

if TYPE_CHECKING:
    import sqlalchemy as sa

VARIABLE = "SQLSERVER_TEST_URL"
SECONDS = 180.0


def make(url: str, name: str) -> None:
    """Make a database whose collation is not the one that keys want, as most are."""
    assert re.fullmatch(r"\w+", name)
    parsed, way = sqlserver.parse_url(SecretStr(url), VARIABLE)
    engine = sqlserver.engine_for(parsed, way, VARIABLE)
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(
                    f"if db_id('{name}') is null "
                    f"create database [{name}] collate SQL_Latin1_General_CP1_CI_AS"
                )
            return
        except InsightsError:  # it starts: nobody listens yet, or nobody is let in
            if time.monotonic() > deadline:
                raise
        time.sleep(2)


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


if __name__ == "__main__":
    make(os.environ[VARIABLE], sys.argv[1])
