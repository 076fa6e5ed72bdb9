"""The database that `insights load --from` reads, where one is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.jobs.doctor.check import Check, ok
from python_jobs.jobs.doctor.reachability import way_to, way_to_postgres
from python_jobs.storage import sqlserver
from python_jobs.storage.source.connecting import VARIABLE, SourceDatabase, kind_of
from python_jobs.storage.target import parse_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.settings import Settings


def checks(settings: Settings) -> Iterator[Check]:
    """From the address to the login; which table is read is said to `insights load` only."""
    if not settings.source_url:
        return
    kind = kind_of(settings.source_url)
    if kind == "postgres":
        where = parse_url(settings.source_url, VARIABLE)
        yield ok("source: address", f"{where.name}, role {where.user!r}")
        yield from way_to_postgres("source", where)
    else:
        parsed, _ = sqlserver.parse_url(settings.source_url, VARIABLE)
        yield ok("source: address", f"database {parsed.database!r} at {parsed.host}")
        yield from way_to("source", str(parsed.host), parsed.port or 1433)
    with SourceDatabase(settings, kind) as database, database.connect() as connection:
        (asks_for_it,) = connection.exec_driver_sql(
            "select current_user" if kind == "postgres" else "select user_name()"
        ).one()
        yield ok("source: login", f"let in as {asks_for_it!r}")
