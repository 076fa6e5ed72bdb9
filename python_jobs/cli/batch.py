"""`insights batch`: work that the provider does within a day, at half price."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from python_jobs.errors import UsageError
from python_jobs.logs import logger

if TYPE_CHECKING:
    from python_jobs.jobs.batch import Listed
    from python_jobs.settings import Settings

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")
_COLUMNS = "{:<36}  {:<5}  {:<11}  {:>6}  {:>7}  {:>7}  {:>7}  {:>5}  {:>7}"


@click.group()
def batch() -> None:
    """List, fetch and cancel batches made with `--mode batch`."""


@batch.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only batches that texts wait in.")
@_as_json
@click.pass_obj
def list_batches(settings: Settings, only_open: bool, as_json: bool) -> None:
    """Show all batches, the oldest first, with what became of their texts."""
    from python_jobs.jobs.batch import list_batches as job

    found = job(settings, only_open=only_open)
    if as_json:
        click.echo(json.dumps([_as_row(each) for each in found], default=str))
        return
    if not found:
        logger.info("No batch has been made yet" if not only_open else "No batch is open")
        return
    heads = ("batch", "job", "status", "age", "texts", "waiting", "stored", "dead", "pending")
    click.echo(_COLUMNS.format(*heads))
    for each in found:
        items = each.items
        again = items.get("released", 0) + items.get("rejected", 0)
        counts = (items.get("waiting", 0), items.get("stored", 0), items.get("dead", 0), again)
        row = each.batch
        line = (row.batch_id, row.job, row.status, _age(row.created_at), row.count_items, *counts)
        click.echo(_COLUMNS.format(*line) + (f"  ({row.reason})" if row.reason else ""))


@batch.command()
@click.option("--wait", is_flag=True, help="Ask again until no batch is open.")
@click.option(
    "--poll-seconds",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    help="How often to ask, with --wait.",
)
@_as_json
@click.pass_obj
def fetch(settings: Settings, wait: bool, poll_seconds: float, as_json: bool) -> None:
    """Store what batches have answered, and give back what they have not."""
    from python_jobs.jobs.batch import Fetched
    from python_jobs.jobs.batch import fetch as job

    def report(found: Fetched) -> None:
        logger.info(
            "%d batches ended, %d are open: %d texts stored, %d given up, %d pending again",
            found.closed,
            found.still_open,
            found.done,
            found.dead,
            found.given_back,
        )
        if as_json:
            click.echo(json.dumps(found.counts()))

    job(settings, wait=wait, poll_seconds=poll_seconds, report=report)


@batch.command()
@click.argument("batch_id", required=False)
@click.option("--all", "cancel_all", is_flag=True, help="Cancel every open batch.")
@click.option(
    "--abandon",
    is_flag=True,
    help="Give the texts back without asking the provider, as for a key that is gone. "
    "What it has answered is lost.",
)
@click.pass_obj
def cancel(settings: Settings, batch_id: str | None, cancel_all: bool, abandon: bool) -> None:
    """Cancel BATCH_ID; `insights batch fetch` then stores what was answered before."""
    from python_jobs.jobs.batch import cancel as job

    if bool(batch_id) == cancel_all:
        raise UsageError("say which batch to cancel", hint="give its id, or --all")
    for each in job(settings, [batch_id] if batch_id else None, abandon=abandon):
        logger.info("Batch %s is %s", each.batch_id, "abandoned" if abandon else each.status)


def _as_row(each: Listed) -> dict[str, object]:
    shown = {name: value for name, value in vars(each.batch).items() if name != "parameters"}
    return shown | {"items": each.items}


def _age(since: datetime) -> str:
    seconds = (datetime.now(UTC) - since).total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"
