"""The connection to the source: from the environment only, for reading only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs.errors import ConfigurationError
from python_jobs.storage import sqlserver
from python_jobs.storage.connection import engine_for
from python_jobs.storage.target import parse_url

if TYPE_CHECKING:
    from pydantic import SecretStr

    from python_jobs.settings import Settings
    from python_jobs.storage.source.query import Kind

VARIABLE = "INSIGHTS_SOURCE_URL"
_FORMS = {
    "postgres": "postgresql://USER:PASSWORD@HOST:5432/DATABASE?sslmode=require",
    "sqlserver": sqlserver.URL_FORM,
}


class SourceDatabase:
    """An engine on the source; close it after use (`with`).

    Attributes:
        name: of the database, as origins are called after it.
        role: who reads; None where the login is not in the URL.
    """

    def __init__(self, settings: Settings, kind: Kind) -> None:
        url = _url(settings, kind)
        if kind == "postgres":
            where = parse_url(url, VARIABLE)
            self.name = where.database
            self.role: str | None = where.user
            self.engine = engine_for(where, poolclass=sa.pool.NullPool)
        else:
            parsed, way = sqlserver.parse_url(url, VARIABLE)
            # a secondary replica may answer; a single server takes no notice
            if "applicationintent" not in {key.casefold() for key in parsed.query}:
                parsed = parsed.update_query_dict({"ApplicationIntent": "ReadOnly"})
            self.name, self.role = str(parsed.database), parsed.username
            self.engine = sqlserver.engine_for(parsed, way, VARIABLE)
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


def kind_of(url: SecretStr) -> Kind:
    """Which server a URL is of, by its scheme.

    Raises:
        ConfigurationError: of none that is known.
    """
    scheme = url.get_secret_value().strip().split(":", 1)[0].casefold()
    if scheme.startswith("postgres"):
        return "postgres"
    if scheme.startswith("mssql"):
        return "sqlserver"
    raise ConfigurationError(
        f"{VARIABLE} is no address of Postgres or SQL Server",
        hint=f"its form is {_FORMS['postgres']} or {_FORMS['sqlserver']}",
    )


def _url(settings: Settings, kind: Kind) -> SecretStr:
    if not settings.source_url:
        raise ConfigurationError(
            f"--from {kind} needs the source's address in {VARIABLE}",
            hint=f"set it in the environment or in .env: {_FORMS[kind]}",
        )
    found = kind_of(settings.source_url)
    if found != kind:
        raise ConfigurationError(
            f"{VARIABLE} is an address of {found}, and --from says {kind}",
            hint=f"--from {found}, or an address like {_FORMS[kind]}",
        )
    return settings.source_url
