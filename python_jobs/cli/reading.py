"""How a file of feedback is read: the options of `insights load` and `insights cluster --input`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from python_jobs.sources import ReadOptions

Command = TypeVar("Command", bound=Callable[..., Any])

NAMES = (
    "pairs",
    "file_format",
    "encoding",
    "delimiter",
    "rating_scale",
    "timezone",
    "date_formats",
)
"""The parameters that `reading_options` adds and `read_options` takes."""


def reading_options(command: Command) -> Command:
    """`--map`, `--format`, `--encoding`, `--delimiter`, `--rating-scale` and those of dates."""
    for add in reversed(
        (
            click.option(
                "--map",
                "pairs",
                multiple=True,
                metavar="THEIRS=OURS",
                help="The file's heading for one of our columns, as in "
                "'Review Text=feedback_text'. Repeat for each.",
            ),
            click.option(
                "--format",
                "file_format",
                type=click.Choice(["csv", "jsonl", "parquet"]),
                help="Default: by extension (.csv .tsv .jsonl .ndjson .parquet, text also .gz).",
            ),
            click.option("--encoding", metavar="NAME", help="Of text files. Default: UTF-8."),
            click.option(
                "--delimiter", metavar="CHAR", help="Of CSV. Default: comma; tab for .tsv."
            ),
            click.option(
                "--rating-scale",
                default="1-5",
                show_default=True,
                metavar="MIN-MAX",
                help="Of the file's ratings; another scale is mapped onto 1-5, "
                "the original kept as attribute rating_original.",
            ),
            click.option(
                "--timezone",
                default="UTC",
                show_default=True,
                metavar="NAME",
                help="Of dates that name none, as in Europe/Berlin.",
            ),
            click.option(
                "--date-format",
                "date_formats",
                multiple=True,
                metavar="FORMAT",
                help="Of dates that are not ISO 8601, as in '%d/%m/%Y %H:%M'. Repeat for several.",
            ),
        )
    ):
        command = add(command)
    return command


def read_options(
    *,
    pairs: tuple[str, ...],
    file_format: str | None,
    encoding: str | None,
    delimiter: str | None,
    rating_scale: str,
    timezone: str,
    date_formats: tuple[str, ...],
) -> ReadOptions:
    """What those options say.

    Raises:
        UsageError: one of them cannot be used.
    """
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
