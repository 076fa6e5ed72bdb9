"""The connection to the source: from the environment only, for reading only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs.errors import ConfigurationError, DatabaseError
from python_jobs.storage import connection as own
from python_jobs.storage.transient import AZURE_NUMBERS, is_passing, number

if TYPE_CHECKING:
    from pydantic import SecretStr

    from python_jobs.settings import Settings
    from python_jobs.storage.source.query import Kind

VARIABLE = "INSIGHTS_SOURCE_URL"
_FORMS = {
    "postgres": "postgresql://USER:PASSWORD@HOST:5432/DATABASE?sslmode=require",
    "sqlserver": "mssql+pyodbc://USER:PASSWORD@HOST:1433/DATABASE"
    "?driver=ODBC+Driver+18+for+SQL+Server",
}
_CONNECT_SECONDS = 30


class SourceDatabase:
    """An engine on the source; close it after use (`with`).

    Attributes:
        name: of the database, as origins are called after it.
        role: who reads; None where the login is not in the URL.
    """

    def __init__(self, settings: Settings, kind: Kind) -> None:
        url = _url(settings, kind)
        if kind == "postgres":
            where = own.parse_url(url, VARIABLE)
            self.name = where.database
            self.role: str | None = where.user
            self.engine = own.engine_for(where, poolclass=sa.pool.NullPool)
        else:
            parsed = _sqlserver_url(url)
            self.name, self.role = str(parsed.database), parsed.username
            self.engine = _sqlserver_engine(parsed)
        self.kind = kind

    def __enter__(self) -> SourceDatabase:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()

    def connect(self) -> sa.Connection:
        """A connection whose transaction can write nothing, as far as the server knows how.

        Raises:
            DatabaseError: it cannot be reached or refuses.
        """
        if self.kind == "postgres":
            # one snapshot: no row is seen twice because it changes while it is read
            options: dict[str, Any] = {
                "isolation_level": "REPEATABLE READ",
                "postgresql_readonly": True,
            }
        else:
            options = {"isolation_level": "READ COMMITTED"}
        connection = self.engine.connect().execution_options(**options)
        if self.kind == "postgres":
            # while a batch is stored, the source waits
            connection.exec_driver_sql("set idle_in_transaction_session_timeout = 0")
        return connection


def _url(settings: Settings, kind: Kind) -> SecretStr:
    if not settings.source_url:
        raise ConfigurationError(
            f"--from {kind} needs the source's address in {VARIABLE}",
            hint=f"set it in the environment or in .env: {_FORMS[kind]}",
        )
    scheme = settings.source_url.get_secret_value().split(":", 1)[0].casefold()
    found = "postgres" if scheme.startswith("postgres") else "sqlserver"
    if found == "sqlserver" and not scheme.startswith("mssql"):
        raise ConfigurationError(
            f"{VARIABLE} is no address of Postgres or SQL Server",
            hint=f"its form is {_FORMS[kind]}",
        )
    if found != kind:
        raise ConfigurationError(
            f"{VARIABLE} is an address of {found}, and --from says {kind}",
            hint=f"--from {found}, or an address like {_FORMS[kind]}",
        )
    return settings.source_url


def _sqlserver_url(url: SecretStr) -> sa.URL:
    try:
        parsed = sa.make_url(url.get_secret_value())
    except (sa.exc.ArgumentError, ValueError):
        raise _unusable("cannot be parsed") from None
    if parsed.drivername == "mssql":
        parsed = parsed.set(drivername="mssql+pyodbc")
    if parsed.drivername not in {"mssql+pyodbc", "mssql+mssqlpython"}:
        raise _unusable("names a driver other than pyodbc and mssqlpython")
    if not parsed.host or not parsed.database:
        raise _unusable("names no host or no database")
    if "@" in parsed.host or "@" in parsed.database:
        raise _unusable("is ambiguous: a character of the password needs percent-encoding")
    query = {key.casefold() for key in parsed.query}
    if parsed.drivername == "mssql+pyodbc" and "driver" not in query:
        parsed = parsed.update_query_dict({"driver": "ODBC Driver 18 for SQL Server"})
    # a secondary replica may answer; a single server takes no notice
    if "applicationintent" not in query:
        parsed = parsed.update_query_dict({"ApplicationIntent": "ReadOnly"})
    return parsed


def _sqlserver_engine(url: sa.URL) -> sa.Engine:
    arguments = {"timeout": _CONNECT_SECONDS}
    try:
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool, connect_args=arguments)
    except ImportError as error:
        lacks = "unixODBC (libodbc)" if "libodbc" in str(error) else "its driver"
        raise ConfigurationError(
            f"reading from SQL Server needs {lacks}",
            hint="pip install 'customer-insights-pipeline[sqlserver]'; for mssql+pyodbc also "
            "the packages unixodbc and msodbcsql18, for mssql+mssqlpython libltdl7, libkrb5-3 "
            "and libgssapi-krb5-2",
        ) from None

    @sa.event.listens_for(engine, "do_connect")
    def _(dialect: Any, _record: object, args: Any, parameters: dict[str, Any]) -> object:
        try:
            return dialect.loaded_dbapi.connect(*args, **parameters)
        except dialect.loaded_dbapi.Error as error:
            raise unreachable(error, url) from None

    return engine


def unreachable(error: Exception, url: sa.URL) -> DatabaseError:
    """What a user can mend about a connection that SQL Server or its driver refused."""
    where, code = f"database {url.database!r} at {url.host}", number(error)
    if code == 18456:
        return DatabaseError(
            f"{where} refuses the login {url.username!r}", hint=f"check {VARIABLE}"
        )
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
    kind = own.ConnectionLostError if is_passing(error) else DatabaseError
    if code in AZURE_NUMBERS:
        kind = own.PassingError
    return kind(
        f"{where} cannot be reached{detail}", hint=f"is the server running? check {VARIABLE}"
    )


def _unusable(problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"{VARIABLE} {problem}",
        hint=f"its form is {_FORMS['sqlserver']}; in the password write @ as %40, / as %2F, "
        ": as %3A",
    )
