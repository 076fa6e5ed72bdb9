"""Where to connect to: the one address that `insights`, dbt and psql share.

`INSIGHTS_DATABASE_URL` where it is set, else the embedded server. Passwords stay in `SecretStr`
and in drivers' keyword arguments; no error here repeats a URL.
"""

from __future__ import annotations

import getpass
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from python_jobs import entra
from python_jobs.errors import ConfigurationError, DatabaseError
from python_jobs.storage import embedded
from python_jobs.storage.failures import ConnectionLostError
from python_jobs.storage.signing_in import with_trust, without_authentication

if TYPE_CHECKING:
    from python_jobs.settings import Settings

APPLICATION = "insights"
VARIABLE = "INSIGHTS_DATABASE_URL"
DBT_VARIABLE = "INSIGHTS_DBT_DATABASE_URL"
VECTOR_VARIABLE = "INSIGHTS_VECTOR_DATABASE_URL"
CONNECT_SECONDS = 10
DEFAULT_PORT = 5432
# psycopg speaks to libpq, which knows no driver names.
_SCHEME = re.compile(r"^(postgres|postgresql)(\+psycopg2?)?://", re.IGNORECASE)
_URL_FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"


@dataclass(frozen=True)
class Target:
    """Where to connect to.

    Attributes:
        host: name, address, or folder of a unix socket.
        port, user, database, sslmode: as libpq understands them.
        password: None where libpq's password file or the server's rules decide.
        extra: further libpq parameters of the URL.
        is_embedded: it is this project's own server.
        authentication: how Entra ID is asked for a token, which then is the password; None for
            a password of the server's own.
        variable: where the address comes from, for messages.
    """

    host: str
    port: int
    user: str
    database: str
    sslmode: str
    password: SecretStr | None = None
    extra: dict[str, str] = field(default_factory=dict, repr=False)
    is_embedded: bool = False
    authentication: entra.Way | None = None
    variable: str = VARIABLE

    @property
    def name(self) -> str:
        """What an error may call it."""
        return f"database {self.database!r} at {self.host}:{self.port}"

    def secret(self) -> SecretStr | None:
        """The password, or a token of Entra ID that serves as one for some minutes at least.

        Raises:
            ConfigurationError, ConnectionLostError: Entra ID gives none, or cannot be reached.
        """
        if self.authentication is None:
            return self.password
        try:
            return entra.database_tokens(self.authentication, entra.POSTGRES_SCOPE)()
        except entra.TokenUnreachableError as error:
            raise ConnectionLostError(error.message, hint=error.hint) from None

    def parameters(self) -> dict[str, Any]:
        """Keyword arguments for `psycopg.connect`; a token is asked for with each connection."""
        given = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "dbname": self.database,
            "sslmode": self.sslmode,
            "application_name": APPLICATION,
            "connect_timeout": CONNECT_SECONDS,
        }
        if self.password:
            given["password"] = self.password.get_secret_value()
        return given | self.extra


def database_url(settings: Settings) -> SecretStr:
    """The URL of `INSIGHTS_DATABASE_URL`, else of the running embedded server.

    Returns:
        A URL that starts with ``postgresql://``.

    Raises:
        ConfigurationError: the variable holds no Postgres URL.
        DatabaseError: it is not set, and the embedded server does not run.
    """
    if settings.database_url:
        bare, _ = without_authentication(normalised(settings.database_url), VARIABLE)
        return SecretStr(bare)
    return _embedded(settings).url


def reader_url(settings: Settings) -> SecretStr:
    """The URL that BI tools connect with: the embedded server's role `bi_reader`.

    Raises:
        ConfigurationError: the server is one's own; nobody here knows that role's password.
        DatabaseError: the embedded server does not run, or is older than the role.
    """
    if settings.database_url:
        raise ConfigurationError(
            "INSIGHTS_DATABASE_URL is set: who made bi_reader on that server knows its password",
            hint="docs/bi.md has the statements that make the role",
        )
    server = _embedded(settings)
    if not server.reader_password.get_secret_value():
        raise DatabaseError("there is no role bi_reader yet", hint="insights db start")
    return server.reader_url


def target(settings: Settings) -> Target:
    """Where the settings point to.

    Raises:
        ConfigurationError, DatabaseError: as `database_url` does.
    """
    if settings.database_url:
        return parse_url(settings.database_url)
    return embedded_target(_embedded(settings))


def dbt_connection(settings: Settings) -> Target:
    """Where dbt connects to on Postgres: as a role of its own, where one is configured.

    Raises:
        ConfigurationError, DatabaseError: as `database_url` does.
    """
    if settings.dbt_database_url:
        return parse_url(settings.dbt_database_url, DBT_VARIABLE)
    return target(settings)


def vector_target(settings: Settings) -> Target:
    """Where the vectors are: in a Postgres of their own, where one is configured.

    Else in the one that `target` names, whatever database dbt builds in.

    Raises:
        ConfigurationError, DatabaseError: as `database_url` does.
    """
    if settings.vector_database_url:
        return parse_url(settings.vector_database_url, VECTOR_VARIABLE)
    return target(settings)


def embedded_target(server: embedded.ServerInfo) -> Target:
    """The embedded server as a target; it speaks no TLS, and leaves this machine never."""
    return Target(
        host=server.host,
        port=server.port,
        user=server.user,
        database=server.database,
        sslmode="disable",
        password=server.password,
        is_embedded=True,
    )


def parse_url(url: SecretStr, variable: str = VARIABLE) -> Target:
    """Take a Postgres URL apart.

    Args:
        url: scheme `postgres`, `postgresql` or `postgresql+psycopg`; reserved characters in the
            password percent-encoded; libpq's parameters, a socket's folder as ``host``, and
            ``authentication`` (`entra.Way`), in the query.
        variable: where it comes from, for messages.

    Raises:
        ConfigurationError: it is something else. The message does not repeat it.
    """
    bare, way = without_authentication(normalised(url, variable), variable)
    try:
        given = {key: str(value) for key, value in conninfo_to_dict(bare).items()}
    except psycopg.Error:
        raise _unusable("cannot be parsed", variable) from None
    given = with_trust(given, way, variable)
    host, port = given.pop("host", ""), given.pop("port", "")
    if "," in host or "," in port:
        raise _unusable("names several hosts; dbt takes one", variable)
    user = given.pop("user", "") or _system_user(variable)
    database = given.pop("dbname", "") or user
    # The rest of a password with a bare @ or / in it ends up here.
    if "@" in host or "@" in database or not (port or str(DEFAULT_PORT)).isdecimal():
        raise _unusable(
            "is ambiguous: a character of the password needs percent-encoding", variable
        )
    if not 0 < int(port or DEFAULT_PORT) < 2**16:
        raise _unusable("names a port that there is not", variable)
    password = given.pop("password", "")
    return Target(
        host=host or os.environ.get("PGHOST") or "localhost",
        port=int(port or DEFAULT_PORT),
        user=user,
        database=database,
        sslmode=given.pop("sslmode", "") or os.environ.get("PGSSLMODE") or "prefer",
        password=SecretStr(password) if password else None,
        extra=given,
        authentication=way,
        variable=variable,
    )


def _embedded(settings: Settings) -> embedded.ServerInfo:
    server = embedded.status(settings.home)
    if server is None:
        raise DatabaseError(
            "no database: INSIGHTS_DATABASE_URL is not set and the embedded Postgres is stopped",
            hint="insights db start",
        )
    return server


def normalised(url: SecretStr, variable: str = VARIABLE) -> str:
    """The URL with the scheme that libpq knows.

    Raises:
        ConfigurationError: it has another.
    """
    text, count = _SCHEME.subn("postgresql://", url.get_secret_value().strip())
    if not count:
        raise _unusable("is not a Postgres URL", variable)
    return text


def _unusable(problem: str, variable: str) -> ConfigurationError:
    return ConfigurationError(
        f"{variable} {problem}",
        hint=f"its form is {_URL_FORM}; in the password write @ as %40, / as %2F, : as %3A",
    )


def _system_user(variable: str) -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise _unusable("names no user", variable) from None
