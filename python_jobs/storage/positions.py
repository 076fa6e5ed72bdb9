"""How far each source has been read: written in the transaction that stores its rows."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg import sql


@dataclass(frozen=True, slots=True)
class Position:
    """Where the next read of a source begins.

    Attributes:
        fingerprint: of what is read and how; a read with another begins anew.
        watermark: as `source.position.as_stored` writes it; None where none was seen.
        last_key: key of the last row stored, of an unfinished read in the order of keys.
        count_rows: rows read so far, which number them.
        is_finished: the last read came to its end.
    """

    fingerprint: str
    watermark: str | None = None
    last_key: str | None = None
    count_rows: int = 0
    is_finished: bool = False


_READ = """
select fingerprint, watermark, feedback_id, count_rows, finished_at is not null
from {positions}
where origin = %(origin)s
"""
_WRITE = """
insert into {positions} as present (
    origin, fingerprint, watermark, feedback_id, count_rows, stored_at, finished_at
) values (
    %(origin)s, %(fingerprint)s, %(watermark)s, %(last_key)s, %(count_rows)s, clock_timestamp(),
    case when %(is_finished)s then clock_timestamp() end
)
on conflict (origin) do update set
    fingerprint = excluded.fingerprint,
    watermark = excluded.watermark,
    feedback_id = excluded.feedback_id,
    count_rows = excluded.count_rows,
    stored_at = excluded.stored_at,
    finished_at = excluded.finished_at
"""


def read(connection: psycopg.Connection, schema: str, origin: str) -> Position | None:
    """Where the source was left; None where it was never read.

    Args:
        connection: to the database that feedback is loaded into.
        schema: of the job tables.
        origin: the source's name.
    """
    query = sql.SQL(_READ).format(positions=sql.Identifier(schema, "source_positions"))
    row = connection.execute(query, {"origin": origin}).fetchone()
    return Position(*row) if row else None


def write(connection: psycopg.Connection, schema: str, origin: str, position: Position) -> None:
    """Keep the position; the caller commits it together with the rows before it."""
    query = sql.SQL(_WRITE).format(positions=sql.Identifier(schema, "source_positions"))
    connection.execute(
        query,
        {
            "origin": origin,
            "fingerprint": position.fingerprint,
            "watermark": position.watermark,
            "last_key": position.last_key,
            "count_rows": position.count_rows,
            "is_finished": position.is_finished,
        },
    )
