"""`insights runs`: which cluster run the marts read."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from python_jobs.logs import logger

if TYPE_CHECKING:
    from rich.console import RenderableType

    from python_jobs.settings import Settings
    from python_jobs.storage.cluster_runs import RunSummary

_WIDEST = 160


@click.group()
def runs() -> None:
    """Show and compare cluster runs, judge the candidate, publish or reject."""


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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_obj
def show(settings: Settings, run_id: str | None, as_json: bool) -> None:
    """Show RUN_ID, or the candidate: counts, status and reason, parameters, the tree."""
    from python_jobs.jobs.run_views import show as job
    from python_jobs.reporting.runs import run_page

    view = job(settings, run_id)
    if as_json:
        _print_json(
            asdict(view.run)
            | {"parameters": view.parameters, "library_versions": view.versions}
            | {"clusters": [asdict(each) for each in view.clusters]}
        )
    else:
        _print(run_page(_facts(view.run), view.parameters, view.clusters))


@runs.command()
@click.argument("before")
@click.argument("after")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.pass_obj
def diff(settings: Settings, before: str, after: str, as_json: bool) -> None:
    """Show what became of the clusters of run BEFORE in run AFTER."""
    from python_jobs.jobs.run_views import diff as job
    from python_jobs.reporting.runs import changes_page

    found = job(settings, before, after)
    names = found.names[found.before.run_id], found.names[found.after.run_id]
    if as_json:
        _print_json(
            {
                "before": found.before.run_id,
                "after": found.after.run_id,
                "continuity": found.continuity,
                "events": [
                    asdict(each)
                    | {
                        "previous_cluster_name": names[0].get(each.previous_cluster_path or ""),
                        "cluster_name": names[1].get(each.cluster_path or ""),
                    }
                    for each in found.events
                ],
            }
        )
    else:
        _print(changes_page(found.events, *names, found.continuity))


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


def _facts(run: RunSummary) -> list[tuple[str, str]]:
    reason = f": {run.status_reason}" if run.status_reason else ""
    period = f"{run.start_date or 'the first'} to {run.end_date or 'the last'}"
    kept = "" if run.continuity is None else f", {run.continuity:.1%} of the feedback kept its key"
    return [
        ("run", run.run_id),
        ("status", f"{run.status}{reason}"),
        ("made", f"{run.created_at:%Y-%m-%d %H:%M:%S %Z}, by {run.method}"),
        ("published", f"{run.published_at:%Y-%m-%d %H:%M:%S %Z}" if run.published_at else "never"),
        ("compared with", f"{run.previous_run_id or 'no run'}{kept}"),
        ("vectors by", run.embedding_model),
        ("feedback", f"{run.count_feedback:,} in {run.count_texts:,} distinct texts, {period}"),
        ("clusters", f"{run.count_clusters}, noise included; {run.noise_share:.1%} noise"),
    ]


def _print(rendered: RenderableType) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    width = min(console.width, _WIDEST) if console.is_terminal else _WIDEST
    Console(highlight=False, width=width).print(rendered)


def _print_json(found: dict[str, Any]) -> None:
    click.echo(json.dumps(found, indent=2, default=str))
