"""The SQL Server that dbt builds in, where that is its target."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import sqlalchemy as sa
from pydantic import SecretStr

from python_jobs.errors import ConfigurationError
from python_jobs.jobs.doctor.check import Check, ok
from python_jobs.jobs.doctor.configured import BACKENDS
from python_jobs.jobs.doctor.database import DBT_SCHEMAS, LATE
from python_jobs.jobs.doctor.reachability import is_near, way_to
from python_jobs.storage import sqlserver
from python_jobs.storage.inspection import sqlserver as inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.settings import Settings

OLDEST = 15
"""SQL Server 2019: the oldest that the models' functions are written for (docs/sqlserver.md)."""
SCHEMAS = (*DBT_SCHEMAS, "test_failures")
"""With that in which each data test makes a view (profiles.yml.example)."""
_VARIABLES = "INSIGHTS_SQLSERVER_…"


def checks(settings: Settings) -> Iterator[Check]:
    """From the address to the rights; nothing where dbt builds on Postgres."""
    if os.environ.get("INSIGHTS_DBT_TARGET") != "sqlserver":
        return
    url = url_of_target()
    host = _variable("HOST", "localhost")
    yield from way_to("sqlserver", host, _port())
    yield encryption(host)
    yield from inside_of(url, [settings.schema_name(each) for each in SCHEMAS])


def url_of_target() -> SecretStr:
    """The URL that says what the variables of profiles.yml.example say.

    Raises:
        ConfigurationError: one of them says what dbt cannot use.
    """
    authentication = _variable("AUTHENTICATION", "sql")
    is_sql = authentication.casefold() == "sql"
    backend = _variable("BACKEND", "mssql-python")
    if backend not in BACKENDS:
        raise ConfigurationError(
            f"INSIGHTS_SQLSERVER_BACKEND is {backend!r}", hint=f"one of {', '.join(BACKENDS)}"
        )
    python = backend == "mssql-python"
    query = {} if is_sql else {"authentication": authentication}
    if not python:
        query["driver"] = _variable("DRIVER", "ODBC Driver 18 for SQL Server")
    if _variable("ENCRYPT", "true").casefold() != "true":
        query["Encrypt"] = "no"
    if _variable("TRUST_CERT", "false").casefold() == "true":
        query["TrustServerCertificate"] = "yes"
    url = sa.URL.create(
        "mssql+mssqlpython" if python else "mssql+pyodbc",
        username=_variable("USER", "insights") if is_sql else None,
        password=_variable("PASSWORD", "") if is_sql else None,
        host=_variable("HOST", "localhost"),
        port=_port(),
        database=_variable("DATABASE", "insights"),
        query=query,
    )
    return SecretStr(url.render_as_string(hide_password=False))


def inside_of(url: SecretStr, schemas: list[str]) -> Iterator[Check]:
    """Login, version, collation, clock and rights.

    Args:
        url: of SQLAlchemy's.
        schemas: to build in; empty where it is only read.

    Raises:
        ConfigurationError, DatabaseError: the way ends.
    """
    parsed, way = sqlserver.parse_url(url, _VARIABLES)
    engine = sqlserver.engine_for(parsed, way, _VARIABLES)
    try:
        with engine.connect() as connection:
            role = str(connection.exec_driver_sql("select user_name()").scalar())
            yield ok("sqlserver: login", f"let in as {role!r}")
            found = inside.server(connection)
            yield from facts(found, is_target=bool(schemas))
            if schemas:
                yield rights(inside.missing_of_dbt(connection, schemas, role), role)
    finally:
        engine.dispose()


def facts(found: inside.Server, *, is_target: bool) -> Iterator[Check]:
    """What the server's version, collation and clock mean."""
    if found.edition in inside.AZURE_EDITIONS:
        yield ok("sqlserver: version", "Azure SQL")
    elif found.major < OLDEST:
        fix = "SQL Server 2019 or later"
        yield Check("sqlserver: version", "fail", f"version {found.version}", fix)
    else:
        yield ok("sqlserver: version", found.version)
    yield ok("sqlserver: collation", f"{found.collation}; keys are compared byte by byte anyway")
    if is_target and found.is_read_only:
        yield Check("sqlserver: writable", "fail", "a secondary, or read only", "name the primary")
    said = f"the server's is {found.ahead.total_seconds():+.1f} s from this machine's"
    late = abs(found.ahead) >= LATE
    fix = "set both by a time server"
    yield Check("sqlserver: clock", "warn", said, fix) if late else ok("sqlserver: clock", said)


def rights(missing: list[str], role: str) -> Check:
    """Whether dbt may build."""
    if not missing:
        return ok("sqlserver: rights of dbt", f"{role!r} may build")
    fix = f"{'; '.join(missing)} (scripts/rights/sqlserver.sql)"
    return Check("sqlserver: rights of dbt", "fail", f"{role!r} lacks {len(missing)}", fix)


def encryption(host: str) -> Check:
    """What the variables ask for: both drivers encrypt and check unless told otherwise."""
    name = "sqlserver: encryption"
    checked = _variable("ENCRYPT", "true").casefold() == "true"
    if checked and _variable("TRUST_CERT", "false").casefold() != "true":
        return ok(name, "on, the certificate is checked at login")
    said = "on, but nobody checks the certificate" if checked else "off"
    fix = "unset INSIGHTS_SQLSERVER_ENCRYPT and INSIGHTS_SQLSERVER_TRUST_CERT"
    return ok(name, said) if is_near(host) else Check(name, "warn", said, fix)


def _port() -> int:
    given = _variable("PORT", "1433")
    if not given.isdecimal() or not 0 < int(given) < 2**16:
        raise ConfigurationError("INSIGHTS_SQLSERVER_PORT is no port", hint="as in 1433")
    return int(given)


def _variable(name: str, default: str) -> str:
    return os.environ.get(f"INSIGHTS_SQLSERVER_{name}") or default
