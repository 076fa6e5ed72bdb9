"""The environment of other programs, dbt and psql, that are to use the same connection."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from python_jobs.storage.target import VARIABLE, database_url, dbt_connection, normalised
from python_jobs.storage.warehouse_address import is_sqlserver

if TYPE_CHECKING:
    from python_jobs.settings import Settings
    from python_jobs.storage.target import Target

LIBPQ_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
    "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "options": "PGOPTIONS",
    "application_name": "PGAPPNAME",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "passfile": "PGPASSFILE",
}
"""libpq's parameters and the variables that say the same (PostgreSQL manual, 32.15)."""
# dbt's profile has no field for them in our targets; its driver reads the variables.
_TLS_FILES = ("sslrootcert", "sslcert", "sslkey")

OF_DBT = {
    "INSIGHTS_SQLSERVER_DBT_USER": "INSIGHTS_SQLSERVER_USER",
    "INSIGHTS_SQLSERVER_DBT_PASSWORD": "INSIGHTS_SQLSERVER_PASSWORD",
}
"""dbt as a login of its own, which owns the tables; the jobs' login then changes none."""


def dbt_environment(settings: Settings) -> dict[str, str]:
    """The variables that profiles.yml.example reads, so that dbt uses the same connection.

    `INSIGHTS_DBT_TARGET` is `local` for the embedded server and `postgres` for one's own, unless
    it is set already. On SQL Server the variables are the profile's own, and no Postgres is asked
    for: where the vectors are does not concern dbt.

    Raises:
        ConfigurationError, DatabaseError: as `database_url` does.
    """
    if is_sqlserver():
        return {
            "INSIGHTS_DBT_TARGET": "sqlserver",
            "INSIGHTS_SCHEMA_PREFIX": settings.schema_prefix,
            **{name: os.environ[own] for own, name in OF_DBT.items() if os.environ.get(own)},
        }
    where = dbt_connection(settings)
    secret = where.secret()
    chosen = os.environ.get("INSIGHTS_DBT_TARGET")
    variables = {
        VARIABLE: normalised(settings.database_url or database_url(settings)),
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
