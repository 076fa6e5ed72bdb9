"""`insights ingest`, `embed` and `tag`: what a model says of each text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from python_jobs.cli import options
from python_jobs.logs import logger

if TYPE_CHECKING:
    from datetime import date

    from python_jobs.jobs.pending import Selection, Tally
    from python_jobs.settings import ProviderName, Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_skip_embedded = click.option(
    "--skip-embedded/--no-skip-embedded",
    default=True,
    show_default=True,
    help="Leave alone what has a vector, or embed everything anew.",
)
_as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print the counts as JSON on stdout."
)


def _selection_options(command: Command) -> Command:
    for add in (
        options.work_options,
        options.limit_option,
        options.period_options,
        options.days_back_option,
        options.provider_option,
    ):
        command = add(command)
    return command


@click.command()
@_selection_options
@_skip_embedded
@click.option("--embeddings-only", is_flag=True, help="Embed, but do not tag.")
@_as_json
@click.pass_obj
def ingest(
    settings: Settings,
    /,
    provider: ProviderName | None,
    skip_embedded: bool,
    embeddings_only: bool,
    as_json: bool,
    **selected: Any,
) -> None:
    """Embed and tag the pending feedback."""
    from python_jobs.jobs.embed import embed as embed_job
    from python_jobs.jobs.tag import tag as tag_job

    selection = _selection(**selected)
    tallies = {
        "embed": embed_job(settings, selection, provider=provider, skip_embedded=skip_embedded)
    }
    _report("Embedded", tallies["embed"])
    if not embeddings_only:
        tallies["tag"] = tag_job(settings, selection, provider=provider)
        _report("Tagged", tallies["tag"])
    if as_json:
        click.echo(json.dumps({job: tally.counts() for job, tally in tallies.items()}))


@click.command()
@_selection_options
@_skip_embedded
@options.check_option
@_as_json
@click.pass_obj
def embed(
    settings: Settings,
    /,
    provider: ProviderName | None,
    skip_embedded: bool,
    only_check: bool,
    as_json: bool,
    **selected: Any,
) -> None:
    """Embed the pending feedback."""
    from python_jobs.jobs.embed import embed as job
    from python_jobs.providers import factory

    selection = _selection(**selected)
    if only_check:
        factory.embedder(settings, provider)
        return
    tally = job(settings, selection, provider=provider, skip_embedded=skip_embedded)
    _report("Embedded", tally)
    if as_json:
        click.echo(json.dumps(tally.counts()))


@click.command()
@_selection_options
@options.check_option
@_as_json
@click.pass_obj
def tag(
    settings: Settings,
    /,
    provider: ProviderName | None,
    only_check: bool,
    as_json: bool,
    **selected: Any,
) -> None:
    """Tag the pending feedback with the categories of the taxonomy."""
    from python_jobs.jobs.tag import tag as job
    from python_jobs.providers import factory

    selection = _selection(**selected)
    if only_check:
        factory.tagger(settings, provider)
        return
    tally = job(settings, selection, provider=provider)
    _report("Tagged", tally)
    if as_json:
        click.echo(json.dumps(tally.counts()))


def _selection(
    start_date: date | None,
    end_date: date | None,
    days_back: int | None,
    limit: int | None,
    batch_size: int,
    max_workers: int,
) -> Selection:
    from python_jobs.jobs.pending import Selection

    return Selection(
        period=options.period(start_date, end_date, days_back),
        limit=limit,
        batch_size=batch_size,
        workers=max_workers,
    )


def _report(verb: str, tally: Tally) -> None:
    if not tally.pending:
        return  # the job has said so
    logger.info(
        "%s %d of %d pending texts (%d found stored, %d given up; %d requests, %d tokens)",
        verb,
        tally.done + tally.found,
        tally.pending,
        tally.found,
        tally.dead,
        tally.requests,
        tally.input_tokens + tally.output_tokens,
    )
