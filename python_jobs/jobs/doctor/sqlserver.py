"""The SQL Server that dbt builds in, where that is its target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.jobs.doctor.check import Check, ok
from python_jobs.jobs.doctor.database import DBT_SCHEMAS, LATE
from python_jobs.jobs.doctor.reachability import is_near, way_to
from python_jobs.storage import sqlserver
from python_jobs.storage.inspection import sqlserver as inside
from python_jobs.storage.warehouse_address import (
    VARIABLES,
    is_sqlserver,
    port,
    sqlserver_url,
    variable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import SecretStr

    from python_jobs.settings import Settings

OLDEST = 15
"""SQL Server 2019: the oldest that the models' functions are written for (docs/sqlserver.md)."""
SCHEMAS = (*DBT_SCHEMAS, "test_failures")
"""With that in which each data test makes a view (profiles.yml.example)."""


def checks(settings: Settings) -> Iterator[Check]:
    """From the address to the rights; nothing where dbt builds on Postgres."""
    if not is_sqlserver():
        return
    url = sqlserver_url()
    host = variable("HOST", "localhost")
    yield from way_to("sqlserver", host, port())
    yield encryption(host)
    yield from inside_of(url, [settings.schema_name(each) for each in SCHEMAS])


def inside_of(url: SecretStr, schemas: list[str]) -> Iterator[Check]:
    """Login, version, collation, clock and rights.

    Args:
        url: of SQLAlchemy's.
        schemas: to build in; empty where it is only read.

    Raises:
        ConfigurationError, DatabaseError: the way ends.
    """
    parsed, way = sqlserver.parse_url(url, VARIABLES)
    engine = sqlserver.engine_for(parsed, way, VARIABLES)
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
    checked = variable("ENCRYPT", "true").casefold() == "true"
    if checked and variable("TRUST_CERT", "false").casefold() != "true":
        return ok(name, "on, the certificate is checked at login")
    said = "on, but nobody checks the certificate" if checked else "off"
    fix = "unset INSIGHTS_SQLSERVER_ENCRYPT and INSIGHTS_SQLSERVER_TRUST_CERT"
    return ok(name, said) if is_near(host) else Check(name, "warn", said, fix)
