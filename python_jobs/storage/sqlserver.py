"""SQL Server: its URL, an engine on it, and what its refusals of a connection mean."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs import entra
from python_jobs.errors import ConfigurationError, DatabaseError
from python_jobs.storage.failures import ConnectionLostError, PassingError
from python_jobs.storage.signing_in import without_authentication
from python_jobs.storage.transient import AZURE_NUMBERS, is_passing, number

if TYPE_CHECKING:
    from pydantic import SecretStr

URL_FORM = (
    "mssql+pyodbc://USER:PASSWORD@HOST:1433/DATABASE?driver=ODBC+Driver+18+for+SQL+Server, or "
    "mssql+pyodbc://HOST:1433/DATABASE?authentication=ActiveDirectoryDefault"
)
CONNECT_SECONDS = 30
_ACCESS_TOKEN = 1256
"""SQL_COPT_SS_ACCESS_TOKEN: "Using Microsoft Entra ID with the ODBC Driver", Microsoft."""
_NOT_OPENED = 4060
"""Among those of Azure SQL that pass, where a database fails over; elsewhere it stays."""


def parse_url(url: SecretStr, variable: str) -> tuple[sa.URL, entra.Way | None]:
    """Take a URL of SQL Server apart: what the driver gets, and who signs in with Entra ID.

    Raises:
        ConfigurationError: it is none, or has a password beside a token. The message does not
            repeat it.
    """
    bare, way = without_authentication(url.get_secret_value().strip(), variable)
    try:
        parsed = sa.make_url(bare)
    except (sa.exc.ArgumentError, ValueError):
        raise _unusable("cannot be parsed", variable) from None
    if parsed.drivername == "mssql":
        parsed = parsed.set(drivername="mssql+pyodbc")
    if parsed.drivername not in {"mssql+pyodbc", "mssql+mssqlpython"}:
        raise _unusable("names a driver other than pyodbc and mssqlpython", variable)
    if not parsed.host or not parsed.database:
        raise _unusable("names no host or no database", variable)
    if "@" in parsed.host or "@" in parsed.database:
        raise _unusable(
            "is ambiguous: a character of the password needs percent-encoding", variable
        )
    if way and (parsed.username or parsed.password):
        raise _unusable("has a user beside authentication with Entra ID", variable)
    query = {key.casefold(): str(value).casefold() for key, value in parsed.query.items()}
    if way and (
        query.get("encrypt") in {"no", "optional", "false"}
        or query.get("trustservercertificate") in {"yes", "true"}
    ):
        raise _unusable("sends a token of Entra ID to a server that nobody has checked", variable)
    if parsed.drivername == "mssql+pyodbc" and "driver" not in query:
        parsed = parsed.update_query_dict({"driver": "ODBC Driver 18 for SQL Server"})
    return parsed, way


def engine_for(url: sa.URL, way: entra.Way | None, variable: str, **options: Any) -> sa.Engine:
    """An engine, without a pool unless asked for; with Entra ID each connection asks for a token.

    Args:
        url, way: as `parse_url` gives them.
        variable: where they come from, for messages.
        options: for `sqlalchemy.create_engine`.

    Raises:
        ConfigurationError: the driver or azure-identity is not installed.
        DatabaseError: later, where a connection is refused.
    """
    given = {"poolclass": sa.pool.NullPool, "connect_args": {"timeout": CONNECT_SECONDS}}
    try:
        engine = sa.create_engine(url, **(given | options))
    except ImportError as error:
        lacks = "unixODBC (libodbc)" if "libodbc" in str(error) else "its driver"
        raise ConfigurationError(
            f"SQL Server needs {lacks}",
            hint="pip install 'customer-insights-pipeline[sqlserver]'; for mssql+pyodbc also "
            "the packages unixodbc and msodbcsql18, for mssql+mssqlpython libltdl7, libkrb5-3 "
            "and libgssapi-krb5-2",
        ) from None
    tokens = entra.database_tokens(way, entra.SQLSERVER_SCOPE) if way else None

    @sa.event.listens_for(engine, "do_connect")
    def _(dialect: Any, _record: object, args: Any, parameters: dict[str, Any]) -> object:
        if tokens:
            args, parameters = _with_token(args, parameters, tokens)
        try:
            return dialect.loaded_dbapi.connect(*args, **parameters)
        except dialect.loaded_dbapi.Error as error:
            raise unreachable(error, url, variable) from None

    return engine


def _with_token(
    args: Any, parameters: dict[str, Any], tokens: entra.Tokens
) -> tuple[list[str], dict[str, Any]]:
    """A driver's arguments with a token, which goes beside the connection string, never in it."""
    try:
        token = tokens().get_secret_value()
    except entra.TokenUnreachableError as error:
        raise ConnectionLostError(error.message, hint=error.hint) from None
    # the driver takes a token or a login, and SQLAlchemy adds that of Windows where it sees none
    bare = [each.replace(";Trusted_Connection=Yes", "") for each in args]
    wide = token.encode("utf-16-le")
    packed = struct.pack(f"<i{len(wide)}s", len(wide), wide)
    return bare, parameters | {"attrs_before": {_ACCESS_TOKEN: packed}}


def unreachable(error: Exception, url: sa.URL, variable: str) -> DatabaseError:
    """What a user can mend about a connection that SQL Server or its driver refused."""
    where, code = f"database {url.database!r} at {url.host}", number(error)
    if code == _NOT_OPENED or "Cannot open database" in str(error):  # 18456 may come before it
        kind = PassingError if code in AZURE_NUMBERS else DatabaseError
        return kind(
            f"{where} cannot be opened: there is none of this name, or the login is no user of it",
            hint=f"check {variable}; `create user […] for login […]` in it makes one",
        )
    if code == 18456:
        who = f"the login {url.username!r}" if url.username else "the identity"
        return DatabaseError(f"{where} refuses {who}", hint=f"check {variable}")
    words = str(error)
    if "Can't open lib" in words or "Data source name not found" in words:
        return DatabaseError(
            "the ODBC driver that the address names is not installed",
            hint="install msodbcsql18, or say ?driver=… with one of those that `odbcinst -q -d` "
            "lists",
        )
    if "certificate" in words.casefold():
        return DatabaseError(
            f"{where} shows a certificate that this machine does not trust",
            hint="install its authority; for a trial: &TrustServerCertificate=yes",
        )
    detail = f" (error {code})" if code else ""
    kind = ConnectionLostError if is_passing(error) else DatabaseError
    if code in AZURE_NUMBERS:
        kind = PassingError
    return kind(
        f"{where} cannot be reached{detail}", hint=f"is the server running? check {variable}"
    )


def _unusable(problem: str, variable: str) -> ConfigurationError:
    return ConfigurationError(
        f"{variable} {problem}",
        hint=f"its form is {URL_FORM}; in the password write @ as %40, / as %2F, : as %3A",
    )
