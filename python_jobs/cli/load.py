"""`insights load`: a file of feedback into the raw tables."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from python_jobs.jobs.load import LoadResult
    from python_jobs.settings import Settings
    from python_jobs.sources import ReadOptions


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="THEIRS=OURS",
    help="The file's heading for one of our columns, as in 'Review Text=feedback_text'. "
    "Repeat for each.",
)
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "jsonl", "parquet"]),
    help="Default: by extension (.csv .tsv .jsonl .ndjson .parquet, text also .gz).",
)
@click.option("--encoding", metavar="NAME", help="Of text files. Default: UTF-8.")
@click.option("--delimiter", metavar="CHAR", help="Of CSV. Default: comma; tab for .tsv.")
@click.option(
    "--rating-scale",
    default="1-5",
    show_default=True,
    metavar="MIN-MAX",
    help="Of the file's ratings; another scale is mapped onto 1-5, "
    "the original kept as attribute rating_original.",
)
@click.option(
    "--timezone",
    default="UTC",
    show_default=True,
    metavar="NAME",
    help="Of dates that name none, as in Europe/Berlin.",
)
@click.option(
    "--date-format",
    "date_formats",
    multiple=True,
    metavar="FORMAT",
    help="Of dates that are not ISO 8601, as in '%d/%m/%Y %H:%M'. Repeat for several.",
)
@click.option("--strict", is_flag=True, help="Load nothing where any row is rejected.")
@click.option("--demo", is_flag=True, help="Load the bundled demo feedback instead of FILE.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON on stdout.")
@click.pass_obj
def load(
    settings: Settings,
    file: Path | None,
    pairs: tuple[str, ...],
    file_format: str | None,
    encoding: str | None,
    delimiter: str | None,
    rating_scale: str,
    timezone: str,
    date_formats: tuple[str, ...],
    strict: bool,
    demo: bool,
    as_json: bool,
) -> None:
    """Load FILE (CSV, JSON Lines or Parquet) into the raw tables.

    Columns feedback_id, created_at and feedback_text are needed; source, product and rating are
    taken where they are; all others are kept as attributes. Loading a file again changes
    nothing, and an edited row is updated. Bad rows go to raw.rejected_feedback with line and
    reason. A file that cannot be read to its end leaves nothing loaded.
    """
    from python_jobs.jobs import load as job

    options = _options(
        pairs, file_format, encoding, delimiter, rating_scale, timezone, date_formats
    )
    result = job.load(settings, file, options, strict=strict, demo=demo)
    _report(result, settings.schema_name("raw"))
    if as_json:
        click.echo(json.dumps(asdict(result), ensure_ascii=False))


def _options(
    pairs: tuple[str, ...],
    file_format: str | None,
    encoding: str | None,
    delimiter: str | None,
    rating_scale: str,
    timezone: str,
    date_formats: tuple[str, ...],
) -> ReadOptions:
    from python_jobs.sources import ReadOptions, options
    from python_jobs.sources.columns import parse_column_map

    return ReadOptions(
        format=file_format,  # type: ignore[arg-type]  # click has checked the choice
        encoding=options.parse_encoding(encoding) if encoding else None,
        delimiter=options.parse_delimiter(delimiter) if delimiter else None,
        column_map=parse_column_map(pairs),
        rating_scale=options.parse_scale(rating_scale),
        timezone=options.parse_timezone(timezone),
        date_formats=tuple(options.check_date_format(each) for each in date_formats),
    )


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
