"""What SQL Server says, in the words of the user."""

from __future__ import annotations

import pytest

from python_jobs.errors import DatabaseError
from python_jobs.settings import Settings
from python_jobs.storage.dialects import sqlserver
from python_jobs.storage.failures import ConnectionLostError, PassingError
from python_jobs.storage.warehouse import Warehouse
from tests.unit.storage.stand_ins import DriverError

OF_ODBC = "[42000] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]"
OF_PYTHON = "Driver Error: {}; DDBC Error: [Microsoft][SQL Server]{}"


@pytest.mark.parametrize(
    ("words", "kind", "says"),
    [
        (
            f"{OF_ODBC}The transaction log for database 'x' is full due to 'LOG_BACKUP'. (9002)",
            DatabaseError,
            "log is full",
        ),
        (
            OF_PYTHON.format("x", "The transaction log for database 'x' is full due to 'NOTHING'."),
            DatabaseError,
            "log is full",
        ),
        (
            f"{OF_ODBC}Transaction (Process ID 53) was deadlocked … deadlock victim. (1205)",
            PassingError,
            "deadlock",
        ),
        (
            OF_PYTHON.format(
                "Serialization failure",
                "Transaction (Process ID 53) was deadlocked on lock resources with another process"
                " and has been chosen as the deadlock victim. Rerun the transaction.",
            ),
            PassingError,
            "deadlock",
        ),
        (f"{OF_ODBC}Lock request time out period exceeded. (1222)", PassingError, "120 seconds"),
        (
            OF_PYTHON.format("Syntax error", "Lock request time out period exceeded."),
            PassingError,
            "120 seconds",
        ),
        (
            f"{OF_ODBC}The INSERT permission was denied on the object 'job_runs', database 'x',"
            " schema 'customer_insights'. (229)",
            DatabaseError,
            "INSERT on customer_insights.job_runs",
        ),
        (
            OF_PYTHON.format("x", "CREATE TABLE permission denied in database 'x'."),
            DatabaseError,
            "CREATE TABLE",
        ),
        (
            f"{OF_ODBC}Invalid object name 'marts.pending_tags'. (208)",
            DatabaseError,
            "no marts.pending_tags",
        ),
        ("[08S01] [Microsoft]Communication link failure (0)", ConnectionLostError, "lost"),
        (OF_PYTHON.format("Connection not open", "x"), ConnectionLostError, "lost"),
        (f"{OF_ODBC}The service is currently busy. (40501)", PassingError, "error 40501"),
        (
            f"{OF_ODBC}String or binary data would be truncated. Value: 'secret'. (2628)",
            DatabaseError,
            "error 2628",
        ),
    ],
)
def test_what_sql_server_means(words: str, kind: type[DatabaseError], says: str) -> None:
    found = sqlserver.explained(DriverError(words), was_lost=False)
    assert type(found) is kind
    assert says in found.message
    assert "secret" not in f"{found.message}{found.hint}"
    if "INSERT" in says:
        assert "grant insert on schema::customer_insights" in str(found.hint)


@pytest.mark.parametrize(
    ("words", "is_denied"),
    [
        (f"{OF_ODBC}The DELETE permission was denied on the object 'feedback' … (229)", True),
        (f"{OF_ODBC}Cannot drop the schema 'x', because it does not exist or you … (15151)", True),
        (
            OF_PYTHON.format(
                "x",
                "Cannot drop the table 'x', because it does not exist or you do not have"
                " permission.",
            ),
            True,
        ),
        (f"{OF_ODBC}Transaction (Process ID 53) was deadlocked … (1205)", False),
        ("?", False),
    ],
)
def test_what_this_role_may_not_do(words: str, is_denied: bool) -> None:
    assert sqlserver.is_denied(DriverError(words)) is is_denied


def test_sqlalchemy_may_know_that_the_connection_is_gone() -> None:
    found = sqlserver.explained(DriverError("?"), was_lost=True)
    assert type(found) is ConnectionLostError


def test_what_passes_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    attempts: list[int] = []

    def work() -> str:
        attempts.append(1)
        if len(attempts) < 3:
            raise sqlserver.explained(DriverError("x (1205)"), was_lost=False)
        return "done"

    with Warehouse(Settings(database_url="postgresql://h/d")) as warehouse:
        assert warehouse.patiently(work) == "done"
        attempts.clear()
        with pytest.raises(DatabaseError, match="log is full"):
            warehouse.patiently(full)


def full() -> None:
    raise sqlserver.explained(DriverError("x (9002)"), was_lost=False)
