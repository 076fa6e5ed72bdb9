"""Which errors of a database pass by themselves: SQLSTATE of Postgres, numbers of SQL Server."""

from __future__ import annotations

import re

import psycopg

AZURE_NUMBERS = frozenset(
    {
        # Microsoft, "Troubleshoot transient connection errors in SQL Database"
        *(615, 926, 4060, 4221, 40197, 40501, 40613, 49918, 49919, 49920),
        # resource limits that it lists beside them: too many requests, sessions, elastic pool
        *(10928, 10929, 10936),
    }
)
"""Errors of Azure SQL that mean "later", also where a connection is asked for the first time."""
PASSING_NUMBERS = AZURE_NUMBERS | {
    # what Microsoft.Data.SqlClient and Entity Framework Core retry on top: network, locks,
    # deadlock victim (1205), lock time-out (1222), snapshot conflict (3960), a time-out (-2)
    *(-2, 20, 64, 121, 233, 997, 10053, 10054, 10060, 40143, 40540, 42108, 42109),
    *(1204, 1205, 1222, 3960, 41301, 41302, 41305, 41325, 41839),
}
"""Errors of SQL Server and Azure SQL after which the same statement may succeed."""

# Classes of SQLSTATE: connection, rolled back (deadlock, serialization, standby), resources.
_PASSING_CLASSES = ("08", "40", "53")
# Shut down, crashed, starting up, session ended for being idle; a lock not to be had.
_PASSING_STATES = {"57P01", "57P02", "57P03", "57P05", "25P03", "55P03"}
_FULL_STATES = {"53100"}  # disk full: of class 53, and no wait mends it
_NUMBER = re.compile(r"\((-?\d{1,6})\)")
_STATE = re.compile(r"\b(?:08S01|08S02|08001|08007|40001|HYT00|HYT01)\b")
_BROKEN = re.compile(r"\b08(?:S01|S02|001|003|007)\b")
# mssql-python gives neither number nor SQLSTATE, only its own words for the latter.
_BROKEN_WORDS = (
    "Communication link failure",
    "Client unable to establish connection",
    "Connection failure during transaction",
    "Connection not open",
)
_PASSING_WORDS = (
    *_BROKEN_WORDS,
    "Serialization failure",
    "Timeout expired",
    "Connection timeout expired",
)
_WORDS = {
    "Base table or view not found": 208,
    "Column not found": 207,
    "Invalid authorization specification": 18456,
    "permission was denied": 229,
    "permission denied in": 262,
    "or you do not have permission": 3701,
    "Invalid object name": 208,
    "chosen as the deadlock victim": 1205,
    "Lock request time out period exceeded": 1222,
    "The transaction log for database": 9002,
    "Could not allocate space for object": 1105,
    "has reached its size quota": 40544,
    "cannot be compared or sorted": 306,
}


def sqlstate(error: BaseException) -> str:
    """The SQLSTATE of Postgres' error, or empty."""
    return (getattr(error, "sqlstate", None) or "") if isinstance(error, psycopg.Error) else ""


def number(error: BaseException) -> int | None:
    """The error number of SQL Server's, as far as the driver tells it.

    pyodbc has it in parentheses in the message, the first one being the server's; mssql-python
    leaves it out, and its words are translated.
    """
    words = str(error)
    known = [int(each) for each in _NUMBER.findall(words)]
    for each in known:
        if each:
            return each
    return next((code for text, code in _WORDS.items() if text in words), None)


def is_full(error: BaseException) -> bool:
    """Tell whether a Postgres has no room left on its disk."""
    return sqlstate(error) in _FULL_STATES


def is_passing(error: BaseException) -> bool:
    """Tell whether the same statement may succeed on a new connection."""
    if isinstance(error, psycopg.Error):
        state = sqlstate(error)
        if state:
            passing = state.startswith(_PASSING_CLASSES) or state in _PASSING_STATES
            return passing and state not in _FULL_STATES
        # without a state it is libpq's own word for a connection that broke
        return isinstance(error, psycopg.OperationalError)
    words = str(error)
    return (
        number(error) in PASSING_NUMBERS
        or bool(_STATE.search(words))
        or any(each in words for each in _PASSING_WORDS)
    )


def is_broken(error: BaseException) -> bool:
    """Tell whether a driver of SQL Server says that the connection is gone."""
    words = str(error)
    return bool(_BROKEN.search(words)) or any(each in words for each in _BROKEN_WORDS)
