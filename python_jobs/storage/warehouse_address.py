"""Which database is the warehouse: dbt's own target, from the variables that its profile reads.

`INSIGHTS_DBT_TARGET=sqlserver` makes it SQL Server, for dbt and for the jobs alike; anything else
Postgres. Nobody else in this package asks that question.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from python_jobs.errors import ConfigurationError

if TYPE_CHECKING:
    import sqlalchemy as sa

    from python_jobs.settings import Settings

BACKENDS = ("mssql-python", "pyodbc")
"""What dbt-sqlserver, and so the jobs, can speak to a server through."""
VARIABLES = "INSIGHTS_SQLSERVER_…"


def is_sqlserver() -> bool:
    """Whether the warehouse is SQL Server; else it is Postgres."""
    return os.environ.get("INSIGHTS_DBT_TARGET") == "sqlserver"


def engine(settings: Settings, **options: Any) -> sa.Engine:
    """An engine on the warehouse.

    Args:
        settings: say where a Postgres is.
        options: for `sqlalchemy.create_engine`.

    Raises:
        ConfigurationError: the address or the driver is missing or cannot be used.
        DatabaseError: the embedded server does not run. Connections that are refused later
            raise it too.
    """
    from python_jobs.storage import dialects  # SQLAlchemy: a quarter of a second

    if not is_sqlserver():
        from python_jobs.storage.connection import sqlalchemy_engine

        made = sqlalchemy_engine(settings, **options)
    else:
        from python_jobs.storage import sqlserver
        from python_jobs.storage.dialects import odbc

        url, way = sqlserver.parse_url(sqlserver_url(), VARIABLES)
        options = odbc.options(url.drivername) | options
        made = sqlserver.engine_for(url, way, VARIABLES, **options)
    dialects.of(made).prepare(made)
    return made


def sqlserver_url() -> SecretStr:
    """The URL that says what the variables of profiles.yml.example say.

    Raises:
        ConfigurationError: one of them says what dbt cannot use.
    """
    import sqlalchemy as sa

    authentication = variable("AUTHENTICATION", "sql")
    is_sql = authentication.casefold() == "sql"
    backend = variable("BACKEND", "mssql-python")
    if backend not in BACKENDS:
        raise ConfigurationError(
            f"INSIGHTS_SQLSERVER_BACKEND is {backend!r}", hint=f"one of {', '.join(BACKENDS)}"
        )
    python = backend == "mssql-python"
    query = {} if is_sql else {"authentication": authentication}
    if not python:
        query["driver"] = variable("DRIVER", "ODBC Driver 18 for SQL Server")
    if variable("ENCRYPT", "true").casefold() != "true":
        query["Encrypt"] = "no"
    if variable("TRUST_CERT", "false").casefold() == "true":
        query["TrustServerCertificate"] = "yes"
    url = sa.URL.create(
        "mssql+mssqlpython" if python else "mssql+pyodbc",
        username=variable("USER", "insights") if is_sql else None,
        password=variable("PASSWORD", "") if is_sql else None,
        host=variable("HOST", "localhost"),
        port=port(),
        database=variable("DATABASE", "insights"),
        query=query,
    )
    return SecretStr(url.render_as_string(hide_password=False))


def variable(name: str, default: str) -> str:
    """What `INSIGHTS_SQLSERVER_` and `name` says."""
    return os.environ.get(f"INSIGHTS_SQLSERVER_{name}") or default


def port() -> int:
    """The server's port.

    Raises:
        ConfigurationError: it is none.
    """
    given = variable("PORT", "1433")
    if not given.isdecimal() or not 0 < int(given) < 2**16:
        raise ConfigurationError("INSIGHTS_SQLSERVER_PORT is no port", hint="as in 1433")
    return int(given)
