"""`insights cluster --mode assign`: its option, and the call to its job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from python_jobs.errors import UsageError
from python_jobs.logs import logger

if TYPE_CHECKING:
    from python_jobs.settings import Settings
    from python_jobs.storage.job_inputs import Period

Command = TypeVar("Command", bound=Callable[..., Any])

ASSIGN = "assign"
_KNOWN = ("mode", "start_date", "end_date", "limit", "only_check", "as_json")
"""What means something with `--mode assign`; the tree is made already."""


def mode_option(command: Command) -> Command:
    """`--mode`."""
    return click.option(
        "--mode",
        type=click.Choice(["full", ASSIGN]),
        default="full",
        show_default=True,
        help="Find a new tree, or place what is new in the published one; assign knows "
        "--start-date, --end-date and --limit of the options that follow.",
    )(command)


def check_assign(context: click.Context) -> None:
    """Refuse what `--mode assign` has no use for.

    Raises:
        UsageError: naming the option.
    """
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if parameter.name not in _KNOWN and source is ParameterSource.COMMANDLINE:
            option = parameter.opts[0]
            raise UsageError(
                f"{option} does nothing with --mode {ASSIGN}: the published tree stays as it is",
                hint=f"leave {option} out, or leave out --mode {ASSIGN} to find a new tree",
            )


def assign(settings: Settings, period: Period, limit: int | None) -> dict[str, object]:
    """Assign, and say what came of it; the counts."""
    from python_jobs.jobs.assign import assign as job

    found = job(settings, period=period, limit=limit)
    if found.count_feedback:
        logger.info(
            "Run %s: %s new feedback assigned (%s texts it did not know), of which %s (%s texts) "
            "fit nowhere. `dbt build` shows them in the marts",
            found.run_id,
            f"{found.count_feedback:,}",
            f"{found.count_texts:,}",
            f"{found.count_noise_feedback:,}",
            f"{found.count_noise_texts:,}",
        )
    if found.reason:
        logger.warning(
            "A full run is recommended: %s. `insights cluster` finds segments anew", found.reason
        )
    return asdict(found) | {"full_run_recommended": found.reason is not None}
