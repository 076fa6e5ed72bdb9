"""`insights load`: feedback into the raw tables, from a file or another database."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from python_jobs import telemetry
from python_jobs.cli import from_database, reading

if TYPE_CHECKING:
    from python_jobs.jobs.load import LoadResult
    from python_jobs.settings import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@reading.reading_options
@from_database.source_options
@click.option("--strict", is_flag=True, help="Load nothing where any row is rejected.")
@click.option("--demo", is_flag=True, help="Load the bundled demo feedback instead of FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON on stdout.")
@click.pass_obj
def load(
    settings: Settings,
    /,
    file: Path | None,
    strict: bool,
    demo: bool,
    as_json: bool,
    **reads: Any,
) -> None:
    """Load FILE (CSV, JSON Lines or Parquet), or a table of another database, into the raw tables.

    Columns feedback_id, created_at and feedback_text are needed; source, product and rating are
    taken where they are; all others are kept as attributes. Loading a file again changes
    nothing, and an edited row is updated. Bad rows go to raw.rejected_feedback with line and
    reason. A file that cannot be read to its end leaves nothing loaded.

    With --from the source is the database that INSIGHTS_SOURCE_URL names. It is only read; with
    --updated-at only what changed since the last load, else all of it. Batches are stored as they
    come, and a load that was interrupted goes on behind them.
    """
    from python_jobs.jobs.own_table import refuse_load

    refuse_load(settings)
    source = from_database.source({name: reads.pop(name) for name in from_database.NAMES})
    options = reading.read_options(**reads)
    if source:
        from_database.refuse_file_options(file, demo=demo)
        from python_jobs.jobs import load_database

        result = load_database.load_database(settings, source, options, strict=strict)
    else:
        from python_jobs.jobs import load as job

        result = job.load(settings, file, options, strict=strict, demo=demo)
    telemetry.rows("load", asdict(result))
    _report(result, settings.schema_name("raw"))
    if as_json:
        click.echo(json.dumps(asdict(result), ensure_ascii=False))


def _report(result: LoadResult, schema: str) -> None:
    """Say on stderr what became of the rows."""
    from python_jobs.logs import logger

    if result.removed_demo:
        logger.info("removed %s demo feedback first", f"{result.removed_demo:,}")
    logger.info(
        "%s: %s rows in = %s loaded + %s unchanged + %s updated + %s rejected",
        result.origin,
        *(
            f"{count:,}"
            for count in (
                result.rows_in,
                result.loaded,
                result.unchanged,
                result.updated,
                result.rejected,
            )
        ),
    )
    for reason, count in result.reasons.items():
        logger.info("  rejected: %s (%s)", reason, f"{count:,}")
    if result.rejected:
        logger.info("  which and why: select * from %s.rejected_feedback", schema)
    rate = result.rows_in / max(result.seconds, 0.001)
    logger.info("loaded in %.1f s, %s rows a second", result.seconds, f"{rate:,.0f}")
