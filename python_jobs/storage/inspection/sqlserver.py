"""A SQL Server after the login."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Sequence

AZURE_EDITIONS = {5, 8}
"""SERVERPROPERTY('EngineEdition') of Azure SQL (Database, Managed Instance), whose version numbers
say nothing. Those of Synapse (6, 11) are left out: its T-SQL is less than what the models need."""


@dataclass(frozen=True)
class Server:
    """What a SQL Server says about itself and this database.

    Attributes:
        version: as in "16.0.4165.4".
        edition: the number of its engine.
        collation: of the database.
        is_read_only: a secondary, or a database that takes no writes.
        ahead: how far its clock is before this machine's.
    """

    version: str
    edition: int
    collation: str
    is_read_only: bool
    ahead: timedelta

    @property
    def major(self) -> int:
        """15 is 2019, 16 is 2022, 17 is 2025."""
        return int(self.version.split(".")[0])


_FACTS = """
select
    cast(serverproperty('ProductVersion') as nvarchar(60)),
    cast(serverproperty('EngineEdition') as int),
    cast(databasepropertyex(db_name(), 'Collation') as nvarchar(128)),
    cast(databasepropertyex(db_name(), 'Updateability') as nvarchar(60)),
    sysutcdatetime()
"""
# null is "this database", whatever characters its name has
_MAY = """
select
    has_perms_by_name(null, 'database', 'create schema'),
    has_perms_by_name(null, 'database', 'create table'),
    has_perms_by_name(null, 'database', 'create view')
"""
_MAY_CHANGE = sa.text("select schema_id(:name), has_perms_by_name(:name, 'schema', 'alter')")


def server(connection: sa.Connection) -> Server:
    """Ask the server about itself."""
    before = datetime.now(UTC)
    facts: tuple[Any, ...] = tuple(connection.exec_driver_sql(_FACTS).one())
    version, edition, collation, updateability, clock = facts
    return Server(
        version=version,
        edition=edition,
        collation=collation,
        is_read_only=updateability != "READ_WRITE",
        ahead=clock.replace(tzinfo=UTC) - before,
    )


def missing_of_dbt(connection: sa.Connection, schemas: Sequence[str], role: str) -> list[str]:
    """Statements that would let this login build in these schemas."""
    create_schema, create_table, create_view = connection.exec_driver_sql(_MAY).one()
    owner = f"[{role.replace(']', ']]')}]"
    to = f"to {owner}"
    missing = [] if create_table else [f"grant create table {to}"]
    missing += [] if create_view else [f"grant create view {to}"]
    for name in schemas:
        there, may_change = connection.execute(_MAY_CHANGE, {"name": name}).one()
        if there is None and not create_schema:
            missing.append(f"create schema [{name}] authorization {owner}")
        elif there is not None and not may_change:
            missing.append(f"grant alter, select, insert, update, delete on schema::[{name}] {to}")
    return missing
