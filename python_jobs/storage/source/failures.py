"""What the errors of a source's server mean for the user."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import sqlalchemy as sa

from python_jobs.errors import DatabaseError, UsageError
from python_jobs.storage.failures import ConnectionLostError, PassingError
from python_jobs.storage.transient import is_passing, number, sqlstate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.storage.source.statements import Relation


@contextmanager
def source_errors(relation: Relation, role: str | None) -> Iterator[None]:
    """Say what the source's server means, without the values its message may hold.

    Args:
        relation: what is read.
        role: who reads it, for the grant to ask for.

    Raises:
        PassingError: a new attempt may succeed.
        UsageError, DatabaseError: it will not.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        original = error.orig or error
        if error.connection_invalidated or is_passing(original):
            raise PassingError(
                f"the source's server broke off ({_code(original)})",
                hint="run the same command again: it goes on behind what is stored",
            ) from None
        raise explained(original, relation, role) from None
    except ConnectionLostError:
        raise
    except (psycopg.OperationalError, OSError) as error:
        raise PassingError(
            f"the source's server broke off ({_code(error)})",
            hint="run the same command again: it goes on behind what is stored",
        ) from None


def explained(
    error: BaseException, relation: Relation, role: str | None
) -> UsageError | DatabaseError:
    """What a user can mend about an error that does not pass."""
    state, code, name = sqlstate(error), number(error), relation.name
    words = str(error)
    if state in {"42P01", "3F000"} or code == 208:
        return UnknownTableError(f"the source has no table or view that {name} needs")
    if state == "42703" or code == 207:
        return UsageError(
            f"{name} names a column that the source does not have{_quoted_name(words)}",
            hint="correct the --query",
        )
    if state == "42501" or code in {229, 230, 916}:
        return DatabaseError(
            f"the source's role {role!r} may not read {name}", hint=_grant(words, relation, role)
        )
    if state == "25006":
        return UsageError(
            "--query would change the source; it is read in a read-only transaction",
            hint="give a plain SELECT",
        )
    if state == "42883" or code in {306, 421, 145}:
        return UsageError(
            f"{name}: a column has a type that the source cannot sort or compare",
            hint="another --updated-at, or convert the column in --query",
        )
    if state in {"53100", "53200", "54000"} or code in {701, 1101, 1105, 9002}:
        return DatabaseError(
            f"the source's server is out of space or memory ({_code(error)})",
            hint="what was stored stays; tell who runs it, then run the same command again",
        )
    if state == "57014":
        return DatabaseError(
            "the source's server cancelled the query (statement_timeout)",
            hint="an index on the --updated-at column, or a longer statement_timeout for the role",
        )
    if isinstance(error, psycopg.DataError) and not state:
        return UsageError(
            f"{name} holds a value that cannot be read here, such as an infinite date or one "
            "after the year 9999",
            hint="leave it out in --query, or convert it to text there",
        )
    if code == 18456:
        return DatabaseError(
            f"the source refuses the password of {role!r}", hint="check INSIGHTS_SOURCE_URL"
        )
    if state.startswith("42") or code in {102, 105, 156, 8155, 8156, 1033, 4104, 209, 319}:
        return UsageError(
            f"the source does not understand {name} ({_code(error)})",
            hint="try the query there by hand; in SQL Server every column needs a name, and none "
            "an order by",
        )
    return DatabaseError(
        f"the source refused to be read ({_code(error)})",
        hint="see its log; a column of a type without a text form can be left out with --query",
    )


class UnknownTableError(UsageError):
    """No such table; whoever can look adds the names that come near."""


def _grant(words: str, relation: Relation, role: str | None) -> str:
    reader = f'"{role}"' if role else "the role"
    if relation.kind == "sqlserver":
        name = relation.name if relation.table else "what the query reads"
        return f"grant select on {name} to {reader}"
    denied = re.search(r"permission denied for (\w+(?: \w+)?) (\S+)", words)
    if not denied:
        return f"grant select on what it reads to {reader}"
    kind, name = denied.groups()
    if kind == "schema":
        return f"grant usage on schema {name} to {reader}"
    if kind in {"table", "view", "materialized view"}:
        if relation.table:
            name = relation.name
        return f"grant select on {name} to {reader}"
    return f"grant {reader} the right to use the {kind} {name}"


def _quoted_name(words: str) -> str:
    found = re.search(
        r'column ("?[\w.]{1,60}"?) does not exist|Invalid column name (\'\w+\')', words
    )
    return f": {found[1] or found[2]}" if found else ""


def _code(error: BaseException) -> str:
    state, code = sqlstate(error), number(error)
    if state:
        return f"SQLSTATE {state}"
    return f"error {code}" if code else type(error).__name__
