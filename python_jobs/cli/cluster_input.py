"""`insights cluster --local --input FILE`: its options, and the call to its job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from python_jobs.cli import options, reading
from python_jobs.errors import IncompleteError, UsageError

if TYPE_CHECKING:
    from python_jobs.clustering.parameters import ClusterParameters
    from python_jobs.jobs.cluster_local import LocalResult
    from python_jobs.settings import Settings
    from python_jobs.sources import ReadOptions
    from python_jobs.storage.job_inputs import Period

Command = TypeVar("Command", bound=Callable[..., Any])

_WORK = ("provider", "batch_size", "max_workers", "max_cost")
NAMES = (*reading.NAMES, *_WORK)
"""Parameters that mean something with `--input` only."""


def input_options(command: Command) -> Command:
    """`--input`, how the file is read, and how its texts are embedded."""
    command = options.ceiling_option(command)
    command = options.work_options(command)
    command = options.provider_option(command)
    command = reading.reading_options(command)
    return click.option(
        "--input",
        "file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="With --local: cluster a CSV, JSON Lines or Parquet file (feedback_id, "
        "feedback_text; created_at and rating where they are); no database is used. The options "
        "that follow, down to --max-cost, are for FILE.",
    )(command)


def check_input(context: click.Context, file: Path | None, local: bool) -> None:
    """Refuse `--input` without `--local`, and its options without it.

    Raises:
        UsageError: naming the option.
    """
    if file is not None:
        if not local:
            raise UsageError(
                "--input goes with --local: a file is clustered into files",
                hint="add --local; or `insights load FILE` and `insights embed` first, to keep "
                "the segments in the database",
            )
        return
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name in NAMES and source is ParameterSource.COMMANDLINE:
            option = parameter.opts[0]
            raise UsageError(
                f"{option} goes with --input FILE", hint=f"leave {option} out, or name the file"
            )


def read_options(given: Mapping[str, Any]) -> ReadOptions:
    """How the file is to be read.

    Raises:
        UsageError: an option that cannot be used.
    """
    return reading.read_options(**{name: given[name] for name in reading.NAMES})


def cluster_input(
    settings: Settings,
    parameters: ClusterParameters,
    file: Path,
    given: Mapping[str, Any],
    *,
    period: Period,
    limit: int | None,
    output_dir: Path,
) -> LocalResult:
    """Cluster the file into files."""
    from python_jobs.jobs.budget import Budget
    from python_jobs.jobs.cluster_local import cluster_file as job
    from python_jobs.jobs.file_input import InputFile
    from python_jobs.jobs.pending import Selection

    return job(
        settings,
        parameters,
        InputFile(file, read_options(given)),
        period=period,
        limit=limit,
        output_dir=output_dir,
        provider=given["provider"],
        selection=Selection(batch_size=given["batch_size"], workers=given["max_workers"]),
        budget=Budget(given["max_cost"]),
    )


def complain_of_given_up(found: LocalResult) -> None:
    """Raise where texts could not be embedded, once everything else is written.

    Raises:
        IncompleteError: with the count.
    """
    given_up = found.counts.get("given_up", 0)
    if given_up:
        texts = sum(found.counts[name] for name in ("embedded", "cached", "given_up"))
        raise IncompleteError(
            f"{given_up:,} of {texts:,} texts could not be embedded and are in no file",
            hint="the reasons stand above; run the same command again to try those texts again",
        )
