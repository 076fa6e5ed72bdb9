"""`insights pipeline`, `dbt` and `lock`: what `run_pipeline.sh` is made of."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.errors import InsightsError
    from python_jobs.settings import Settings

_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command(context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def pipeline(settings: Settings, arguments: tuple[str, ...]) -> None:
    """Run all steps, or some: `run_pipeline.sh` without the setting up of its environment.

    `./run_pipeline.sh --help` lists the options; docs/running.md says what they mean.
    """
    from python_jobs.jobs.pipeline.runner import run_pipeline
    from python_jobs.telemetry.observer import PipelineTelemetry

    sys.exit(run_pipeline(settings, arguments, observers=[PipelineTelemetry()]))


def tell_it_never_began(command: Sequence[str], error: InsightsError) -> None:
    """In outputs.json, where settings or a vault kept a run of the pipeline from beginning."""
    if command[:1] != ["pipeline"]:
        return
    from python_jobs.jobs.pipeline import outputs

    made = outputs.Outputs("failed", int(error.exit_code), error=error.message)
    outputs.write(made, outputs.destination(command[1:]))


@click.command(context_settings=_PASS_ON, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def dbt(settings: Settings, arguments: tuple[str, ...]) -> None:
    """Run dbt in the dbt project on the configured database, as in `insights dbt build`."""
    from python_jobs.jobs.dbt import run_dbt

    sys.exit(run_dbt(settings, arguments))


@click.command(context_settings=_PASS_ON)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
@click.pass_obj
def lock(settings: Settings, command: tuple[str, ...]) -> None:
    """Run COMMAND while holding the database's pipeline lock.

    A second run on the same database ends at once with exit code 75.
    """
    from python_jobs.jobs.lock import run_locked

    sys.exit(run_locked(settings, command))
