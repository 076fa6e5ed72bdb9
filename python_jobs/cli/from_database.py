"""Which database `insights load` reads: `--from` and the options that go with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.jobs.load_database import DatabaseSource

Command = TypeVar("Command", bound=Callable[..., Any])

NAMES = ("server", "table", "query", "updated_at", "overlap", "full", "origin", "batch_rows")
"""The parameters that `source_options` adds and `source` takes."""
_ONLY_FILES = {"file_format": "--format", "encoding": "--encoding", "delimiter": "--delimiter"}


def source_options(command: Command) -> Command:
    """`--from`, `--table`, `--query`, and how much of it to read."""
    for add in reversed(
        (
            click.option(
                "--from",
                "server",
                type=click.Choice(["postgres", "sqlserver"]),
                help="Read the database at INSIGHTS_SOURCE_URL instead of FILE.",
            ),
            click.option("--table", metavar="[SCHEMA.]NAME", help="Table or view to read."),
            click.option("--query", metavar="SQL", help="One SELECT instead of --table."),
            click.option(
                "--updated-at",
                metavar="COLUMN",
                help="A date, time or number that rises whenever a row is added or edited: only "
                "what is new is read. Without it all rows are read and compared by content.",
            ),
            click.option(
                "--overlap",
                metavar="SPAN",
                help="How far before the last --updated-at to begin, for rows that were committed "
                "late: 30m, 2h, 1d, or a number. Default: 1h (a day for dates, 1000 for numbers).",
            ),
            click.option("--full", is_flag=True, help="Read everything again, not only the new."),
            click.option(
                "--origin",
                metavar="NAME",
                help="What the source is called in the raw tables. Default: SERVER/DATABASE/TABLE.",
            ),
            click.option(
                "--batch-rows",
                type=click.IntRange(min=1),
                default=50_000,
                show_default=True,
                metavar="N",
                help="Rows stored in one transaction.",
            ),
        )
    ):
        command = add(command)
    return command


def source(given: dict[str, Any]) -> DatabaseSource | None:
    """The database that those options name; None without `--from`.

    Raises:
        UsageError: they contradict each other.
    """
    if not given["server"]:
        stray = next((name for name in NAMES if _is_given(name)), None)
        if stray:
            option = f"--{stray.replace('_', '-')}"
            raise UsageError(
                f"{option} goes with --from", hint=f"--from postgres {option} …, or sqlserver"
            )
        return None
    from python_jobs.jobs.load_database import DatabaseSource, relation_of
    from python_jobs.storage.source.position import USUAL, parse_overlap

    if given["overlap"] and not given["updated_at"]:
        raise UsageError("--overlap goes with --updated-at", hint="name that column, or leave it")
    return DatabaseSource(
        relation_of(given["server"], given["table"], given["query"]),
        updated_at=given["updated_at"],
        overlap=parse_overlap(given["overlap"]) if given["overlap"] else USUAL,
        full=given["full"],
        origin=given["origin"],
        batch_rows=given["batch_rows"],
    )


def refuse_file_options(file: Path | None, *, demo: bool) -> None:
    """Refuse what only files have.

    Raises:
        UsageError: naming it.
    """
    named = "FILE" if file else "--demo" if demo else None
    named = named or next((opt for name, opt in _ONLY_FILES.items() if _is_given(name)), None)
    if named:
        raise UsageError(f"{named} does not go with --from", hint="load one thing at a time")


def _is_given(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source is ParameterSource.COMMANDLINE
