"""A Postgres after the login: versions, encoding, clock, and what a role may not do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLLATION_VERSIONS_SINCE = 150000


@dataclass(frozen=True)
class Server:
    """What a Postgres says about itself and this database.

    Attributes:
        version: as in "18.4".
        version_number: as in 180004.
        encoding, collation: of the database.
        collation_moved: the operating system sorts by another version than when the indexes were
            made.
        is_read_only: a standby, or a database that takes no writes.
        size: of the database in bytes.
        free_connections: how many more the server admits.
        ahead: how far its clock is before this machine's.
        uncertainty: of `ahead`: half of the time that the question took.
        vector, newest_vector: version of pgvector in the database, and that the server has;
            empty where there is none.
    """

    version: str
    version_number: int
    encoding: str
    collation: str
    collation_moved: bool
    is_read_only: bool
    size: int
    free_connections: int
    ahead: timedelta
    uncertainty: timedelta
    vector: str
    newest_vector: str


_FACTS = """
select
    current_setting('server_version'),
    current_setting('server_version_num')::integer,
    current_setting('server_encoding'),
    datcollate,
    pg_is_in_recovery() or current_setting('transaction_read_only')::boolean,
    pg_database_size(oid),
    current_setting('max_connections')::integer
        - current_setting('superuser_reserved_connections')::integer
        - (select sum(numbackends)::integer from pg_stat_database),
    coalesce((select extversion from pg_extension where extname = 'vector'), ''),
    coalesce((select default_version from pg_available_extensions where name = 'vector'), '')
from pg_database
where datname = current_database()
"""
_COLLATION_MOVED = """
select datcollversion is distinct from pg_database_collation_actual_version(oid)
from pg_database
where datname = current_database() and datcollversion is not null
"""

# What a table's kind takes, as the words of a grant. A schema that lacks is for somebody to make.
_MISSING = """
with wanted as (
    select * from unnest(%(schemas)s::text[], %(privileges)s::text[]) as w (schema_name, privileges)
),
schemas as (
    select oid, nspname, privileges, has_schema_privilege(oid, 'usage') as is_open
    from pg_namespace
    inner join wanted on nspname = schema_name
),
closed as (
    select format('grant usage on schema %%I to %%I', nspname, current_user) as statement
    from schemas
    where not is_open
),
lacking as (
    select format(
        'grant %%s on all tables in schema %%I to %%I', lower(privileges), nspname, current_user
    ) as statement
    from schemas
    where exists (
        select
        from pg_class, unnest(string_to_array(privileges, ', ')) as each (privilege)
        where relnamespace = schemas.oid
            and relkind in ('r', 'p', 'v', 'm')
            and not has_table_privilege(pg_class.oid, privilege)
    )
),
temporary as (
    select format(
        'grant temporary on database %%I to %%I', current_database(), current_user
    ) as statement
    where not has_database_privilege(current_database(), 'temporary')
)
select statement from closed
union all select statement from lacking
union all select statement from temporary
"""

_MISSING_OF_DBT = """
with wanted as (select unnest(%(schemas)s::text[]) as schema_name),
absent as (
    select string_agg(
        format('create schema %%I authorization %%I', schema_name, current_user), '; '
    ) as statement
    from wanted
    where to_regnamespace(quote_ident(schema_name)) is null
        and not has_database_privilege(current_database(), 'create')
),
closed as (
    select format('grant usage, create on schema %%I to %%I', nspname, current_user) as statement
    from pg_namespace
    inner join wanted on nspname = schema_name
    where not has_schema_privilege(oid, 'create')
),
strangers as (
    select distinct format(
        'grant %%I to %%I', pg_get_userbyid(relowner), current_user
    ) as statement
    from pg_class
    inner join pg_namespace on pg_namespace.oid = relnamespace
    inner join wanted on nspname = schema_name
    where relkind in ('r', 'p', 'v', 'm') and not pg_has_role(relowner, 'usage')
)
select statement from absent where statement is not null
union all select statement from closed
union all select statement from strangers
"""


def server(connection: psycopg.Connection) -> Server:
    """Ask the server about itself; the connection commits by itself."""
    before = datetime.now(UTC)
    (clock,) = _row(connection, "select clock_timestamp()")
    after = datetime.now(UTC)
    version, number, encoding, collation, read_only, size, free, vector, newest = _row(
        connection, _FACTS
    )
    moved = False
    if number >= COLLATION_VERSIONS_SINCE:
        found = connection.execute(_COLLATION_MOVED).fetchone()
        moved = bool(found and found[0])
    return Server(
        version=version.split()[0],
        version_number=number,
        encoding=encoding,
        collation=collation,
        collation_moved=moved,
        is_read_only=read_only,
        size=size,
        free_connections=free,
        ahead=clock - (before + (after - before) / 2),
        uncertainty=(after - before) / 2,
        vector=vector,
        newest_vector=newest,
    )


def missing_grants(connection: psycopg.Connection, wanted: Mapping[str, str]) -> list[str]:
    """Statements that would give this role what it lacks on schemas that are there.

    Args:
        connection: of the role.
        wanted: privileges by schema, as in ``{"raw": "SELECT, INSERT"}``.
    """
    values = {"schemas": list(wanted), "privileges": list(wanted.values())}
    return [row[0] for row in connection.execute(_MISSING, values)]


def missing_of_dbt(connection: psycopg.Connection, schemas: Sequence[str]) -> list[str]:
    """Statements that would let this role build in these schemas."""
    return [row[0] for row in connection.execute(_MISSING_OF_DBT, {"schemas": list(schemas)})]


def absent_schemas(connection: psycopg.Connection, schemas: Sequence[str]) -> list[str]:
    """Those of the schemas that this database does not have."""
    rows = connection.execute(
        "select name from unnest(%s::text[]) as name "
        "where to_regnamespace(quote_ident(name)) is null",
        (list(schemas),),
    )
    return [row[0] for row in rows]


def count_stale_leases(connection: psycopg.Connection, jobs: str) -> int:
    """Texts whose holder's time has run out: the next run takes them."""
    query = sql.SQL(
        "select count(*) from {leases} as l left join {runs} as r using (job_run_id) "
        "where coalesce(r.alive_until <= now(), true)"
    ).format(leases=sql.Identifier(jobs, "leases"), runs=sql.Identifier(jobs, "job_runs"))
    (count,) = _row(connection, query)
    return int(count)


def _row(connection: psycopg.Connection, query: LiteralString | sql.Composed) -> tuple[Any, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None, "these queries have one row each"
    return row
