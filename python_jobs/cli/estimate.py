"""`insights estimate`: what the pending work would cost, before any call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from python_jobs.cli import options

if TYPE_CHECKING:
    from datetime import date

    from rich.table import Table

    from python_jobs.jobs.expected import Estimate, JobEstimate
    from python_jobs.settings import ProviderName, Settings

_WIDEST = 110


@click.command()
@options.provider_option
@options.days_back_option
@options.period_options
@options.limit_option
@click.option("--embeddings-only", is_flag=True, help="Leave out tags and names.")
@click.option("--batch", is_flag=True, help="Show what the Batch API would cost.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON on stdout.")
@click.pass_obj
def estimate(
    settings: Settings,
    /,
    provider: ProviderName | None,
    days_back: int | None,
    start_date: date | None,
    end_date: date | None,
    limit: int | None,
    embeddings_only: bool,
    batch: bool,
    as_json: bool,
) -> None:
    """Price what is pending. Calls no model and changes nothing."""
    from python_jobs.jobs.estimate import estimate as job
    from python_jobs.jobs.pending import Selection

    selection = Selection(
        period=options.period(start_date, end_date, days_back),
        limit=limit,
        batch_size=settings.batch_size,
    )
    found = job(settings, selection, provider=provider, embeddings_only=embeddings_only)
    if as_json:
        click.echo(json.dumps(_as_json(found, batch=batch)))
    else:
        _print(found, batch=batch)


def _as_json(found: Estimate, *, batch: bool) -> dict[str, Any]:
    return {
        "jobs": [
            {
                "job": job.job,
                "provider": job.provider,
                "model": job.model,
                job.unit: job.count_items,
                "requests": job.requests,
                "input_tokens": job.input_tokens,
                "cached_tokens": job.cached_tokens,
                "output_tokens": job.output_tokens,
                "cost_usd": _number(job.cost(batch=batch)),
                "price_valid_from": job.price.valid_from.isoformat() if job.price else None,
                "basis": job.basis,
            }
            for job in found.jobs
        ],
        "batch": batch,
        "cost_usd": _number(found.total(batch=batch)),
        "batch_cost_usd": _number(found.total(batch=True)),
    }


def _number(amount: Any) -> float | None:
    return None if amount is None else float(amount)


def _print(found: Estimate, *, batch: bool) -> None:
    from rich.console import Console

    from python_jobs.jobs.budget import dollars

    console = Console(highlight=False, markup=False)
    if not console.is_terminal or console.width > _WIDEST:
        console = Console(highlight=False, markup=False, width=_WIDEST)
    console.print(_table(found, batch=batch))
    for job in found.jobs:
        if job.basis:
            console.print(f"{job.job}: {job.basis}{_dated(job)}")
    if not batch and any(job.requests for job in found.jobs):
        console.print(f"By the Batch API: {dollars(found.total(batch=True))}")


def _table(found: Estimate, *, batch: bool) -> Table:
    from rich import box
    from rich.table import Table

    from python_jobs.jobs.budget import dollars

    table = Table(box=box.SIMPLE_HEAD, show_footer=True, padding=(0, 1))
    table.add_column("job", "total")
    table.add_column("model")
    for heading in ("pending", "requests", "tokens in", "tokens out"):
        table.add_column(heading, justify="right")
    cost = "Batch API, USD" if batch else "cost, USD"
    table.add_column(cost, dollars(found.total(batch=batch)), justify="right")
    for job in found.jobs:
        table.add_row(
            job.job,
            f"{job.provider}, {job.model}",
            f"{job.count_items:,} {job.unit}",
            f"{job.requests:,}",
            f"{job.input_tokens:,}",
            f"{job.output_tokens:,}",
            dollars(job.cost(batch=batch)),
        )
    return table


def _dated(job: JobEstimate) -> str:
    return f"; price of {job.price.valid_from}" if job.price else ""
