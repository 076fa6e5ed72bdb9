"""Feedback that nobody gave, and what the jobs would have made of it, written by SQL alone.

Texts are drawn from a million words, few common and most said a few times, as in real feedback; 6%
of the rows say one of 500 stock phrases, one in 200 repeats the row before with a word more. Each
text has a record of its vector (not the vector), one or two categories, and a place in a tree of
136 clusters.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

MODEL = "all-MiniLM-L6-v2-int8"
"""What `dbt_project.yml` takes for the active model while no job has run."""

FIRST_DAY = datetime(2023, 1, 1, tzinfo=UTC)
DAYS = 1000
"""Over which the feedback is spread."""

_SQL = Path(__file__).parent / "synthetic_sql"


def history(connection: psycopg.Connection, rows: int) -> None:
    """Write `rows` of raw feedback over 1,000 days and a published run without assignments."""
    connection.execute("select setseed(0.5)")
    _run(connection, "feedback", _when(1, rows, 0, DAYS))
    _run(connection, "tree", {"model": MODEL})
    connection.execute("analyze raw.customer_feedback")


def jobs(connection: psycopg.Connection, *, assigned_at: datetime | None = None) -> None:
    """Record what the jobs would have made of all texts that are new to them."""
    _run(connection, "jobs", {"model": MODEL, "assigned_at": assigned_at})
    for table in ("embedded_items", "tagged_items", "feedback_tags", "cluster_assignments"):
        connection.execute(f"analyze customer_insights.{table}".encode())


def one_day(connection: psycopg.Connection, rows: int, change: int, day: int = 1) -> None:
    """Change `change` rows: 80% new, 10% late, 4% another text, 4% another rating, 2% deleted.

    Late feedback falls on any earlier day. What the jobs make of it is written as well.
    """
    new, late = change * 8 // 10, change // 10
    first = rows + 1 + (day - 1) * (new + late)
    _run(connection, "feedback", _when(first, first + new - 1, DAYS + day - 1, 1))
    _run(connection, "feedback", _when(first + new, first + new + late - 1, 0, DAYS))
    numbers = {"rows": rows, "edited": change // 25, "deleted": change // 50}
    _run(connection, "day", numbers)
    jobs(connection, assigned_at=datetime.now(UTC))


def _when(first: int, last: int, from_day: int, days: int) -> dict[str, object]:
    return {
        "first": first, "last": last, "from_day": from_day, "days": days, "start": FIRST_DAY
    }  # fmt: skip


def _run(connection: psycopg.Connection, name: str, values: dict[str, object]) -> None:
    """Run the statements of a file."""
    for statement in (_SQL / f"{name}.sql").read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            connection.execute(statement.encode(), values)
