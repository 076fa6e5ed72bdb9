"""The Postgres that dbt builds in and the jobs read from."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from python_jobs.errors import InsightsError
from python_jobs.jobs.doctor.check import Check, guarded, ok
from python_jobs.jobs.doctor.reachability import way_to_postgres
from python_jobs.jobs.prepare import version_found
from python_jobs.storage import tables, vectors
from python_jobs.storage.connection import connect
from python_jobs.storage.inspection import postgres
from python_jobs.storage.target import VARIABLE, dbt_connection, target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg

    from python_jobs.settings import Settings

TRIED = 18
"""The Postgres that the tests run on: the embedded one."""
OLDEST = 14
"""The oldest Postgres that its makers still mend (postgresql.org, "Versioning Policy", 2026)."""
LATE = timedelta(seconds=5)
"""Leases go by the server's clock; what a run writes down of its times is this machine's."""
ALL = "SELECT, INSERT, UPDATE, DELETE"
RIGHTS = "scripts/rights/postgres.sql grants all that a role needs"
DBT_SCHEMAS = ("staging", "intermediate", tables.MARTS, "snapshots", tables.RAW, tables.JOBS)


def checks(settings: Settings) -> Iterator[Check]:
    """From the address to the last grant; ends where the way ends."""
    where = target(settings)
    who = "the embedded server" if where.is_embedded else where.variable
    yield ok("database: address", f"{where.name}, role {where.user!r} ({who})")
    yield from way_to_postgres("database", where)
    with connect(where, autocommit=True) as connection:
        yield ok("database: login", f"role {where.user!r} is let in")
        found = postgres.server(connection)
        yield version(found)
        yield encoding(found)
        yield collation(found)
        yield writable(found)
        yield connections(found, settings)
        yield clock(found)
        yield from guarded("leases left behind", lambda: leases(connection, settings))
        yield from guarded("job tables", lambda: job_tables(connection, settings))
        yield from guarded("rights of the jobs", lambda: rights(connection, settings))


def dbt_role(settings: Settings) -> Iterator[Check]:
    """What dbt may do on Postgres, as a role of its own or as that of the jobs."""
    try:
        where = dbt_connection(settings)
    except InsightsError:
        if settings.dbt_database_url:
            raise
        return  # said of the jobs already
    if settings.dbt_database_url:
        jobs = target(settings)
        if (where.host, where.port, where.database) != (jobs.host, jobs.port, jobs.database):
            found = f"dbt builds in {where.name}, the jobs read {jobs.name}"
            fix = f"{where.variable} and {jobs.variable} must name one database"
            yield Check("dbt role", "fail", found, fix)
    schemas = [settings.schema_name(each) for each in DBT_SCHEMAS]
    try:
        connection = connect(where, autocommit=True)
    except InsightsError:
        if settings.dbt_database_url:
            raise
        return  # said of the jobs already
    with connection:
        missing = postgres.missing_of_dbt(connection, schemas)
    if missing:
        yield Check("rights of dbt", "fail", _lacks(where.user, missing), "; ".join(missing))
    else:
        yield ok("rights of dbt", f"role {where.user!r} may build in {len(schemas)} schemas")


def version(found: postgres.Server) -> Check:
    """Whether such a Postgres was tried."""
    major = found.version_number // 10_000
    said = f"Postgres {found.version}, database of {found.size / 1024**2:,.0f} MiB"
    if major < OLDEST:
        return Check("database: version", "fail", said, f"Postgres {OLDEST} or later")
    if major != TRIED:
        fix = f"nothing, unless something fails: the tests run on Postgres {TRIED}"
        return Check("database: version", "warn", said, fix)
    return ok("database: version", said)


def encoding(found: postgres.Server) -> Check:
    """Whether every letter can be stored."""
    if found.encoding == "UTF8":
        return ok("database: encoding", "UTF8")
    fix = "create it with: createdb --encoding=UTF8 --template=template0 NAME"
    return Check("database: encoding", "fail", f"{found.encoding} loses letters", fix)


def collation(found: postgres.Server) -> Check:
    """Whether indexes on texts are still in the order that the system sorts by."""
    if not found.collation_moved:
        return ok("database: collation", found.collation)
    return Check(
        "database: collation",
        "warn",
        f"{found.collation} was another version when the indexes were made",
        "reindex database NAME; alter database NAME refresh collation version",
    )


def writable(found: postgres.Server, variable: str = VARIABLE) -> Check:
    """Whether it is the primary."""
    if found.is_read_only:
        fix = f"name the primary in {variable} (target_session_attrs=read-write)"
        return Check("database: writable", "fail", "a standby, or read only", fix)
    return ok("database: writable", "takes writes")


def connections(found: postgres.Server, settings: Settings) -> Check:
    """Whether the server admits as many connections as a job opens."""
    needed = settings.max_workers + 3  # main thread, heartbeat, the pipeline's lock
    said = f"{found.free_connections} are free, a job takes up to {needed}"
    if found.free_connections < needed:
        fix = "lower MAX_WORKERS, raise max_connections, or end idle sessions"
        return Check("database: connections", "warn", said, fix)
    return ok("database: connections", said)


def clock(found: postgres.Server) -> Check:
    """Whether both machines agree on the time."""
    apart = max(abs(found.ahead) - found.uncertainty, timedelta())
    said = f"the server's is {found.ahead.total_seconds():+.1f} s from this machine's"
    fix = "set both by a time server (timedatectl set-ntp true)"
    if apart >= LATE:
        return Check("clock", "warn", said, fix)
    return ok("clock", said)


def pgvector(found: postgres.Server) -> Check:
    """Whether the extension is there, and as new as the server has it."""
    if not found.vector:
        fix = "insights db init-vectors"
        if not found.newest_vector:
            fix = "install it on the server (https://github.com/pgvector/pgvector), then " + fix
        return Check("pgvector", "fail", "not in this database", fix)
    if found.newest_vector and found.newest_vector != found.vector:
        said = f"{found.vector}; the server has {found.newest_vector}"
        return Check("pgvector", "warn", said, "alter extension vector update")
    return ok("pgvector", found.vector)


def leases(connection: psycopg.Connection, settings: Settings) -> Iterator[Check]:
    """Texts of runs that ended early."""
    if not version_found(settings):
        return
    stale = postgres.count_stale_leases(connection, settings.schema_name(tables.JOBS))
    said = f"{stale} texts of runs that ended early: the next run takes them" if stale else "none"
    yield ok("leases left behind", said)


def job_tables(connection: psycopg.Connection, settings: Settings) -> Iterator[Check]:
    """Whether dbt has made the tables of the jobs, in this program's version."""
    schemas = [settings.schema_name(each) for each in (tables.RAW, tables.JOBS, tables.MARTS)]
    absent = postgres.absent_schemas(connection, schemas)
    found = version_found(settings)
    if not found:
        yield Check("job tables", "warn", "none yet", "insights dbt build (or run_pipeline.sh)")
    elif found < tables.VERSION:
        said = f"version {found}; this program has {tables.VERSION}"
        yield Check("job tables", "warn", said, "insights dbt run-operation create_tables")
    elif found > tables.VERSION:
        said = f"version {found} is of a later program; this one has {tables.VERSION}"
        yield Check("job tables", "fail", said, "upgrade this program")
    else:
        yield ok("job tables", f"version {found}")
    if found and absent:
        yield Check("schemas", "warn", f"no {', '.join(absent)} yet", "insights dbt build")


def rights(connection: psycopg.Connection, settings: Settings) -> Iterator[Check]:
    """Whether the role may read what jobs read, and write what they write."""
    wanted = {
        settings.schema_name(tables.RAW): ALL,
        settings.schema_name(tables.JOBS): ALL,
        settings.schema_name(tables.MARTS): "SELECT",
    }
    if not settings.vector_database_url:
        wanted[settings.schema_name(vectors.SCHEMA)] = ALL
    yield granted("rights of the jobs", connection, wanted)


def granted(name: str, connection: psycopg.Connection, wanted: Mapping[str, str]) -> Check:
    """Whether the role has these privileges, by schema, on what is there."""
    missing = postgres.missing_grants(connection, wanted)
    if missing:
        fix = f"{'; '.join(missing)} ({RIGHTS})"
        return Check(name, "fail", _lacks(connection.info.user, missing), fix)
    return ok(name, "all that are needed on what is there")


def _lacks(user: str, missing: list[str]) -> str:
    return f"role {user!r} lacks {len(missing)} {'right' if len(missing) == 1 else 'rights'}"
