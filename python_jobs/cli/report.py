"""`insights report`: the published run at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from python_jobs.settings import Settings

_WIDEST = 110


@click.command()
@click.pass_obj
def report(settings: Settings) -> None:
    """Print totals, segments and tags of the published run."""
    from rich.console import Console

    from python_jobs.jobs.report import report as job

    rendered = job(settings)
    console = Console(highlight=False)
    width = min(console.width, _WIDEST) if console.is_terminal else _WIDEST
    Console(highlight=False, width=width).print(rendered)
