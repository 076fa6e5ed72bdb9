"""What drivers' errors mean: which pass by themselves, and what the user can do about others."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from python_jobs.errors import ConfigurationError, DatabaseError, InsightsError, UsageError
from python_jobs.settings import Settings
from python_jobs.storage.failures import ConnectionLostError, PassingError
from python_jobs.storage.source.connecting import VARIABLE, SourceDatabase
from python_jobs.storage.source.failures import source_errors
from python_jobs.storage.source.statements import Relation
from python_jobs.storage.sqlserver import unreachable
from python_jobs.storage.transient import PASSING_NUMBERS, is_passing

TABLE = Relation("sqlserver", table="reviews", schema="dbo")
DRIVER = "[Microsoft][ODBC Driver 18 for SQL Server]"


class OdbcError(Exception):
    """As pyodbc raises: SQLSTATE, then the server's words with its number."""

    def __init__(self, state: str, words: str) -> None:
        super().__init__(state, f"[{state}] {DRIVER}{words}")


class OwnDriverError(Exception):
    """As mssql-python raises: its words for the SQLSTATE, then the server's without a number."""

    def __init__(self, driver: str, words: str) -> None:
        super().__init__(f"Driver Error: {driver}; DDBC Error: [Microsoft][SQL Server]{words}")


@pytest.mark.parametrize("number", sorted(each for each in PASSING_NUMBERS if each > 0))
def test_documented_numbers_pass(number: int) -> None:
    words = f"[SQL Server]Something about session 12. ({number}) (SQLExecDirectW)"
    assert is_passing(OdbcError("HY000", words))


@pytest.mark.parametrize(
    "error",
    [
        errors.DeadlockDetected(),
        errors.SerializationFailure(),
        errors.AdminShutdown(),
        errors.CannotConnectNow(),
        errors.IdleInTransactionSessionTimeout(),
        errors.TooManyConnections(),
        errors.ConnectionFailure(),
        psycopg.OperationalError("server closed the connection unexpectedly"),
        OdbcError("08S01", "TCP Provider: Error code 0x2746 (10054) (SQLFetch)"),
        OdbcError("HYT00", "Login timeout expired (0) (SQLDriverConnect)"),
        OwnDriverError("Communication link failure", "TCP Provider: broken pipe"),
        OwnDriverError("Serialization failure", "Transaction was deadlocked on lock resources"),
    ],
)
def test_passing_errors(error: Exception) -> None:
    assert is_passing(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.InsufficientPrivilege(),
        errors.UndefinedTable(),
        errors.DiskFull(),
        errors.QueryCanceled(),
        errors.DivisionByZero(),
        OdbcError("42S02", "[SQL Server]Invalid object name 'dbo.reviews'. (208)"),
        OdbcError("42000", "[SQL Server]The transaction log is full. (9002)"),
        OdbcError("28000", "[SQL Server]Login failed for user 'clerk'. (18456)"),
        OwnDriverError("Column not found", "Invalid column name 'a'"),
    ],
)
def test_errors_that_stay(error: Exception) -> None:
    assert not is_passing(error)


def raised(error: Exception, relation: Relation = TABLE) -> InsightsError:
    """What the user reads of a driver's error."""
    wrapped = sa.exc.DBAPIError("select secret", {"p": "secret"}, error)  # type: ignore[arg-type]
    with pytest.raises(InsightsError) as found, source_errors(relation, "clerk"):
        raise wrapped
    said = f"{found.value.message} {found.value.hint}"
    assert "secret" not in said
    return found.value


@pytest.mark.parametrize(
    ("error", "kind", "message", "hint"),
    [
        (
            OdbcError("42S02", "[SQL Server]Invalid object name 'secret'. (208) (SQLExecDirectW)"),
            UsageError,
            "no table or view that dbo.reviews needs",
            "",
        ),
        (
            OwnDriverError("Base table or view not found", "Invalid object name 'secret'."),
            UsageError,
            "no table or view that dbo.reviews needs",
            "",
        ),
        (
            OdbcError("42S22", "[SQL Server]Invalid column name 'bodi'. (207)"),
            UsageError,
            "a column that the source does not have: 'bodi'",
            "--query",
        ),
        (
            OdbcError("42000", "[SQL Server]The SELECT permission was denied on 'secret'. (229)"),
            DatabaseError,
            "'clerk' may not read dbo.reviews",
            'grant select on dbo.reviews to "clerk"',
        ),
        (
            OwnDriverError("Syntax error or access violation", "The SELECT permission was denied"),
            DatabaseError,
            "'clerk' may not read dbo.reviews",
            "grant select",
        ),
        (
            OdbcError("42000", "[SQL Server]The text, ntext and image types. (306)"),
            UsageError,
            "cannot sort or compare",
            "--updated-at",
        ),
        (
            OdbcError("42000", "[SQL Server]The transaction log is full: 'secret'. (9002)"),
            DatabaseError,
            "out of space or memory (error 9002)",
            "run the same command again",
        ),
        (
            OdbcError("42000", "[SQL Server]Incorrect syntax near 'secret'. (102)"),
            UsageError,
            "does not understand dbo.reviews (error 102)",
            "by hand",
        ),
        (
            OdbcError("22018", "[SQL Server]Conversion failed on the value 'secret'. (245)"),
            DatabaseError,
            "refused to be read (error 245)",
            "see its log",
        ),
        (
            OdbcError("40001", "[SQL Server]Transaction (Process ID 52) was deadlocked. (1205)"),
            PassingError,
            "broke off (error 1205)",
            "goes on behind what is stored",
        ),
    ],
)
def test_what_errors_say(
    error: Exception, kind: type[InsightsError], message: str, hint: str
) -> None:
    found = raised(error)
    assert isinstance(found, kind)
    assert message in found.message
    assert hint in str(found.hint)


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (
            OdbcError("42000", "[SQL Server]Database 'd' is not currently available. (40613)"),
            PassingError,
            "cannot be reached (error 40613)",
        ),
        (OdbcError("08001", "TCP Provider: secret (53)"), ConnectionLostError, "cannot be reached"),
        (OdbcError("28000", "[SQL Server]Login failed 'secret'. (18456)"), DatabaseError, "login"),
        (OdbcError("42000", "Cannot open database 'd'. (4060)"), PassingError, "none of this name"),
        (
            OdbcError("28000", "Login failed. (18456); [28000] Cannot open database 'd'. (4060)"),
            DatabaseError,
            "none of this name",
        ),
        (OdbcError("08001", "SSL: certificate verify failed (-1)"), DatabaseError, "certificate"),
        (OdbcError("01000", "Can't open lib 'x' : file not found (0)"), DatabaseError, "driver"),
    ],
)
def test_what_a_refused_connection_says(
    error: Exception, kind: type[DatabaseError], message: str
) -> None:
    found = unreachable(error, sa.make_url("mssql+pyodbc://clerk:secret@host/d"), VARIABLE)
    assert type(found) is kind
    assert message in found.message
    assert "secret" not in f"{found.message} {found.hint}"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mssql+pymssql://u:secret@h/d", "names a driver other than pyodbc and mssqlpython"),
        ("mssql+pyodbc://u:secret@h", "names no host or no database"),
        ("mssql+pyodbc://u:se@cret@h/d", "INSIGHTS_SOURCE_URL"),
        ("postgresql://u:secret@h/d", "an address of postgres, and --from says sqlserver"),
    ],
)
def test_addresses_of_sql_server(url: str, message: str) -> None:
    settings = Settings.model_validate({"source_url": url})
    with pytest.raises(ConfigurationError) as found:
        SourceDatabase(settings, "sqlserver")
    assert message in found.value.message
    assert "cret" not in f"{found.value.message} {found.value.hint}"
