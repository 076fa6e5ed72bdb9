"""`insights runs`: which cluster run the marts read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from python_jobs.logs import logger

if TYPE_CHECKING:
    from python_jobs.settings import Settings


@click.group()
def runs() -> None:
    """List cluster runs, judge the candidate, publish or reject."""


@runs.command("list")
@click.pass_obj
def list_runs(settings: Settings) -> None:
    """Show all cluster runs, the latest first."""
    from python_jobs.jobs.runs import list_runs as job

    for run in job(settings):
        reason = f"  ({run.status_reason})" if run.status_reason else ""
        click.echo(
            f"{run.run_id}  {run.status:<10}  {run.count_feedback} feedback  "
            f"{run.count_clusters} clusters  {run.noise_share:.1%} noise  "
            f"{run.embedding_model}{reason}"
        )


@runs.command()
@click.argument("run_id", required=False)
@click.pass_obj
def publish(settings: Settings, run_id: str | None) -> None:
    """Publish RUN_ID, or the candidate; the marts show it after the next dbt build."""
    from python_jobs.jobs.runs import publish as job

    run = job(settings, run_id)
    logger.info("Published run %s (%d clusters)", run.run_id, run.count_clusters)


@runs.command()
@click.pass_obj
def gate(settings: Settings) -> None:
    """Run the candidate's dbt tests; publish it, or reject it with the reason (exit code 7)."""
    from python_jobs.jobs.gate import judge_candidate

    run = judge_candidate(settings)
    if run:
        logger.info("Published run %s (%d clusters)", run.run_id, run.count_clusters)


@runs.command()
@click.argument("run_id", required=False)
@click.option("--reason", required=True, help="Why, for those who look later.")
@click.pass_obj
def reject(settings: Settings, run_id: str | None, reason: str) -> None:
    """Reject RUN_ID, or the candidate; the marts stay as they are."""
    from python_jobs.jobs.runs import reject as job

    run = job(settings, run_id, reason)
    logger.warning("Rejected run %s: %s", run.run_id, reason)
