"""`insights dead-letters`: the texts that jobs gave up on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from python_jobs.logs import logger

if TYPE_CHECKING:
    from python_jobs.settings import Settings

_job = click.option("--job", type=click.Choice(["embed", "tag"]), help="Of this job only.")


@click.group("dead-letters")
def dead_letters() -> None:
    """Show what jobs gave up on, or try it again."""


@dead_letters.command("list")
@_job
@click.pass_obj
def list_dead_letters(settings: Settings, job: str | None) -> None:
    """Show the texts that were given up (by their hash) and why."""
    from python_jobs.jobs.dead_letters import list_dead_letters as read

    found = read(settings, job)
    for letter in found:
        click.echo(
            f"{letter.failed_at:%Y-%m-%d %H:%M}  {letter.job:<5}  {letter.content_hash}  "
            f"{letter.model}  {letter.reason}"
        )
    logger.info("%d dead letters", len(found))


@dead_letters.command()
@_job
@click.pass_obj
def retry(settings: Settings, job: str | None) -> None:
    """Make them pending again: the next `insights embed` or `tag` asks once more."""
    from python_jobs.jobs.dead_letters import retry_dead_letters

    logger.info("%d texts are pending again", retry_dead_letters(settings, job))
