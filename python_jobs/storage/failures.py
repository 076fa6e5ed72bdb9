"""What a Postgres' refusals mean to whoever has to mend them, in words that hold no secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg

from python_jobs.errors import DatabaseError
from python_jobs.storage.transient import is_full, is_passing

if TYPE_CHECKING:
    from python_jobs.storage.target import Target

_LEAD_IN = re.compile(r"^(connection failed: )?(connection to server .*? failed: )?")
_DISTRUST = re.compile(r"certificate verify failed|root certificate|server certificate")
_MISSING = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)


class PassingError(DatabaseError):
    """The server refused or broke off for a reason that passes: the same may succeed again."""


class ConnectionLostError(PassingError):
    """The connection broke, or the server is not there for the moment."""


def refused_connection(error: psycopg.Error, where: Target, secret: str | None) -> DatabaseError:
    """Tell apart what a user can mend. The driver's words are kept only where none fits."""
    words = str(error)
    mend_url = f"check {where.variable}"
    if where.is_embedded:
        mend_url = "start it again: insights db start"
    if "password authentication failed" in words or "no password supplied" in words:
        return DatabaseError(
            f"{where.name} refuses the password of role {where.user!r}", hint=mend_url
        )
    if re.search(r'database ".*" does not exist', words):
        return DatabaseError(f"{where.name} does not exist", hint=f"create it, or {mend_url}")
    if re.search(r'role ".*" does not exist', words):
        return DatabaseError(f"{where.name} knows no role {where.user!r}", hint=mend_url)
    if "pg_hba.conf" in words:
        return DatabaseError(
            f"{where.name} does not admit role {where.user!r} from this machine",
            hint="ask for access (pg_hba.conf), or add ?sslmode=require to the URL",
        )
    if "does not support SSL" in words:
        return DatabaseError(
            f"{where.name} has no TLS, and sslmode={where.sslmode} asks for it",
            hint=f"switch TLS on at the server (ssl = on), or {mend_url}",
        )
    if _DISTRUST.search(words):
        return DatabaseError(
            f"{where.name} shows a certificate that this machine does not trust",
            hint=f"sslrootcert=FILE of its authority in {where.variable}; `insights doctor` says "
            "what is wrong with it",
        )
    if "too many c" in words or "remaining connection slots" in words:
        return DatabaseError(
            f"{where.name} has no free connection", hint="lower MAX_WORKERS, or wait"
        )
    reason = _LEAD_IN.sub("", words.strip().split("\n", 1)[0])
    if secret:
        reason = reason.replace(secret, "***")
    return ConnectionLostError(
        f"{where.name} cannot be reached: {reason or type(error).__name__}",
        hint=f"is the server running? {mend_url}",
    )


def refused_statement(error: psycopg.Error) -> DatabaseError:
    """As `refused_connection`, of a statement. The server's words may quote feedback: no more
    than a name of them is kept.
    """
    if isinstance(error, _MISSING):
        name = (error.diag.message_primary or "").removeprefix("relation ").split(" does")[0]
        return DatabaseError(
            f"the database has no {name or 'table or view that this job needs'}",
            hint="run `dbt build` in dbt_project first (run_pipeline.sh does it for you)",
        )
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return DatabaseError(
            f"not allowed: {error.diag.message_primary}",
            hint="`insights doctor` names the grant to ask for, scripts/rights/ has all of them",
        )
    if isinstance(error, psycopg.OperationalError):
        return ended(error)
    return DatabaseError(
        f"the database refused a statement ({error.sqlstate or type(error).__name__})"
    )


def ended(error: psycopg.OperationalError) -> DatabaseError:
    """Tell a server that will be back from one that somebody has to see to."""
    if is_passing(error):
        return lost()
    what = "is out of disk space" if is_full(error) else "cannot go on"
    return DatabaseError(
        f"the database {what} (SQLSTATE {error.sqlstate})",
        hint="see to the server, then run the same command again: what was stored stays",
    )


def lost() -> ConnectionLostError:
    """The connection broke off."""
    return ConnectionLostError(
        "the database connection was lost",
        hint="run the same command again: it goes on where it stopped",
    )
