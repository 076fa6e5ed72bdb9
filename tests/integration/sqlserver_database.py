"""Wait for the server of SQLSERVER_TEST_URL and make a database there, as a workflow does.

python -m tests.integration.sqlserver_database NAME
"""

from __future__ import annotations

import os
import re
import sys
import time

from pydantic import SecretStr

from python_jobs.errors import InsightsError
from python_jobs.storage import sqlserver

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


if __name__ == "__main__":
    make(os.environ[VARIABLE], sys.argv[1])
