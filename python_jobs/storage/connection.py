"""The one database connection that `insights`, dbt and psql share.

`INSIGHTS_DATABASE_URL` where it is set, else the embedded server. Passwords stay in `SecretStr`
and in drivers' keyword arguments; no error here repeats a URL.
"""

from __future__ import annotations

import getpass
import os
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from python_jobs import entra
from python_jobs.errors import ConfigurationError, DatabaseError
from python_jobs.storage import embedded
from python_jobs.storage.libpq import LIBPQ_VARIABLES
from python_jobs.storage.signing_in import with_trust, without_authentication

if TYPE_CHECKING:
    import sqlalchemy as sa

    from python_jobs.settings import Settings

APPLICATION = "insights"
VARIABLE = "INSIGHTS_DATABASE_URL"
DBT_VARIABLE = "INSIGHTS_DBT_DATABASE_URL"
CONNECT_SECONDS = 10
DEFAULT_PORT = 5432
# psycopg speaks to libpq, which knows no driver names.
_SCHEME = re.compile(r"^(postgres|postgresql)(\+psycopg2?)?://", re.IGNORECASE)
# A server that starts or recovers from a crash says so; that passes.
_PASSING = re.compile(r"is starting up|in recovery mode|not yet accepting connections")
_LEAD_IN = re.compile(r"^(connection failed: )?(connection to server .*? failed: )?")
RECOVERY_SECONDS = 30.0
_URL_FORM = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
# dbt's profile has no field for them in our targets; its driver reads the variables.
_TLS_FILES = ("sslrootcert", "sslcert", "sslkey")


class PassingError(DatabaseError):
    """The server refused or broke off for a reason that passes: the same may succeed again."""


class ConnectionLostError(PassingError):
    """The connection broke, or the server is not there for the moment."""


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
        bare, _ = without_authentication(_normalised(settings.database_url), VARIABLE)
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
    bare, way = without_authentication(_normalised(url, variable), variable)
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
    if "@" in host or "@" in database or not (port or str(DEFAULT_PORT)).isdigit():
        raise _unusable(
            "is ambiguous: a character of the password needs percent-encoding", variable
        )
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


def dbt_environment(settings: Settings) -> dict[str, str]:
    """The variables that profiles.yml.example reads, so that dbt uses the same connection.

    `INSIGHTS_DBT_TARGET` is `local` for the embedded server and `postgres` for one's own, unless
    it is set already: dbt may run on SQL Server while the vectors are in Postgres.

    Raises:
        ConfigurationError, DatabaseError: as `database_url` does.
    """
    where = dbt_connection(settings)
    secret = where.secret()
    chosen = os.environ.get("INSIGHTS_DBT_TARGET")
    variables = {
        VARIABLE: _normalised(settings.database_url or database_url(settings)),
        "INSIGHTS_PG_HOST": where.host,
        "INSIGHTS_PG_PORT": str(where.port),
        "INSIGHTS_PG_USER": where.user,
        "INSIGHTS_PG_PASSWORD": secret.get_secret_value() if secret else "",
        "INSIGHTS_PG_DATABASE": where.database,
        "INSIGHTS_PG_SSLMODE": where.sslmode,
        "INSIGHTS_DBT_TARGET": chosen or ("local" if where.is_embedded else "postgres"),
        "INSIGHTS_SCHEMA_PREFIX": settings.schema_prefix,
    }
    return variables | {
        LIBPQ_VARIABLES[key]: where.extra[key] for key in _TLS_FILES if key in where.extra
    }


def psql_environment(where: Target) -> dict[str, str]:
    """The `PG…` variables that lead psql and other libpq programs to a target."""
    given = {key: str(value) for key, value in where.parameters().items()}
    if (secret := where.secret()) is not None:
        given["password"] = secret.get_secret_value()
    return {LIBPQ_VARIABLES[key]: value for key, value in given.items() if key in LIBPQ_VARIABLES}


def psycopg_connect(settings: Settings, **kwargs: Any) -> psycopg.Connection:
    """Connect with psycopg.

    Args:
        settings: say where to.
        kwargs: for `psycopg.connect`, as in ``autocommit=True``.

    Raises:
        ConfigurationError: `INSIGHTS_DATABASE_URL` is no Postgres URL.
        DatabaseError: the server cannot be reached or refuses.
    """
    return connect(target(settings), **kwargs)


def connect(where: Target, **kwargs: Any) -> psycopg.Connection:
    """Connect to a target; see `psycopg_connect`."""
    return _connect(where, where.parameters() | kwargs)


def sqlalchemy_engine(settings: Settings, **kwargs: Any) -> sa.Engine:
    """An SQLAlchemy engine on psycopg that checks a pooled connection before it lends it.

    Args:
        settings: say where to.
        kwargs: for `sqlalchemy.create_engine`.

    Raises:
        ConfigurationError, DatabaseError: as `database_url` does; connections that the engine
            makes later raise DatabaseError too.
    """
    return engine_for(target(settings), **kwargs)


def engine_for(where: Target, **kwargs: Any) -> sa.Engine:
    """An engine on a target; see `sqlalchemy_engine`."""
    import sqlalchemy as sa  # a quarter of a second that `insights db` need not spend

    arguments = where.parameters() | kwargs.pop("connect_args", {})
    engine = sa.create_engine(
        "postgresql+psycopg://", **({"pool_pre_ping": True, "connect_args": arguments} | kwargs)
    )

    @sa.event.listens_for(engine, "do_connect")
    def _(_dialect: object, _record: object, _args: object, parameters: dict[str, Any]) -> object:
        return _connect(where, parameters)

    return engine


def _connect(where: Target, parameters: dict[str, Any]) -> psycopg.Connection:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        given = parameters | _token(where)
        try:
            return psycopg.connect(**given)
        except psycopg.Error as error:
            if not _PASSING.search(str(error)) or time.monotonic() > deadline:
                raise _explained(error, where, given.get("password")) from None
        time.sleep(0.1)


def _token(where: Target) -> dict[str, str]:
    secret = where.secret() if where.authentication else None
    return {"password": secret.get_secret_value()} if secret else {}


def _explained(error: psycopg.Error, where: Target, secret: str | None) -> DatabaseError:
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
    if "too many clients" in words or "remaining connection slots" in words:
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


def _embedded(settings: Settings) -> embedded.ServerInfo:
    server = embedded.status(settings.home)
    if server is None:
        raise DatabaseError(
            "no database: INSIGHTS_DATABASE_URL is not set and the embedded Postgres is stopped",
            hint="insights db start",
        )
    return server


def _normalised(url: SecretStr, variable: str = VARIABLE) -> str:
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
