"""The summary of the published run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.reporting import terminal
from python_jobs.storage import marts
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from rich.console import RenderableType

    from python_jobs.settings import Settings


def report(settings: Settings) -> RenderableType:
    """Totals, the segment tree and the tags, as rich text.

    Raises:
        UsageError: there is no feedback yet.
        DatabaseError: the marts are not built.
    """
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        totals = marts.read_totals(connection)
        if not totals.feedback:
            raise UsageError(
                "there is no feedback to report on",
                hint="run `./run_pipeline.sh --demo` or `./run_pipeline.sh --source FILE`",
            )
        return terminal.summary(
            totals, marts.read_segments(connection), marts.read_tags(connection)
        )
