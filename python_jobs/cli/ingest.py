"""`insights ingest`, `embed` and `tag`: what a model says of each text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from python_jobs.cli import options
from python_jobs.cli.evaluate import evaluation_options, gold_file, run_evaluation
from python_jobs.errors import UsageError
from python_jobs.logs import logger

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal
    from pathlib import Path

    from python_jobs.jobs.batch import Submission
    from python_jobs.jobs.budget import Budget
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
        options.mode_option,
        options.cost_options,
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
    mode: str,
    skip_embedded: bool,
    embeddings_only: bool,
    as_json: bool,
    **selected: Any,
) -> None:
    """Embed and tag the pending feedback."""
    options.check_mode(mode, "max_workers")
    selection, budget = _selection(**selected), _budget(settings, **selected)
    both = {"provider": provider, "budget": budget}
    found = {"embed": _embed(settings, mode, selection, skip_embedded=skip_embedded, **both)}
    if not embeddings_only:
        found["tag"] = _tag(settings, mode, selection, **both)
    if as_json:
        click.echo(json.dumps({job: each.counts() for job, each in found.items()}))


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
    mode: str,
    skip_embedded: bool,
    only_check: bool,
    as_json: bool,
    **selected: Any,
) -> None:
    """Embed the pending feedback."""
    from python_jobs.providers import factory

    options.check_mode(mode, "max_workers")
    selection = _selection(**selected)
    if only_check:
        _check_provider(settings, mode, provider)
        factory.embedder(settings, provider)
        return
    budget = _budget(settings, **selected)
    found = _embed(
        settings, mode, selection, provider=provider, skip_embedded=skip_embedded, budget=budget
    )
    if as_json:
        click.echo(json.dumps(found.counts()))


@click.command()
@_selection_options
@click.option(
    "--items-per-request",
    type=click.IntRange(1, 20),
    metavar="N",
    help="Texts that share a request, at most 20. 1 keeps every text apart from all others.",
)
@click.option("--full-retag", is_flag=True, help="Read every text again, whatever its tags.")
@evaluation_options
@options.check_option
@_as_json
@click.pass_obj
def tag(
    settings: Settings,
    /,
    provider: ProviderName | None,
    mode: str,
    items_per_request: int | None,
    full_retag: bool,
    gold: Path | None,
    only_check: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Tag the pending feedback with the categories of the taxonomy.

    After an edit of the taxonomy, what it can concern is pending again: texts tagged with what
    was changed or removed, texts without a tag, and texts near what was changed or added.
    """
    from python_jobs.providers import factory
    from python_jobs.storage.job_inputs import Period

    options.check_mode(mode, "max_workers", "gold")
    labelled = gold_file(gold, given["limit"], given)
    selection = _selection(**given)
    if labelled and (full_retag or selection.period != Period()):
        raise UsageError(
            "--evaluate reads the labelled file only",
            hint="leave out --full-retag, --days-back, --start-date and --end-date",
        )
    if only_check:
        _check_provider(settings, mode, provider)
        factory.tagger(settings, provider)
        return
    budget = _budget(settings, **given)
    if labelled:
        run_evaluation(
            settings,
            labelled,
            selection,
            provider=provider,
            items_per_request=items_per_request,
            budget=budget,
            as_json=as_json,
        )
        return
    found = _tag(
        settings,
        mode,
        selection,
        provider=provider,
        full_retag=full_retag,
        items_per_request=items_per_request,
        budget=budget,
    )
    if as_json:
        click.echo(json.dumps(found.counts()))


def _embed(settings: Settings, mode: str, selection: Selection, **job: Any) -> Tally | Submission:
    """Embed, or hand over batches; `job` are arguments that both ways know."""
    if mode == "batch":
        from python_jobs.jobs.batch import submit_embeddings

        return _report_batches("embed", submit_embeddings(settings, selection, **job))
    from python_jobs.jobs.embed import embed

    return _report("Embedded", embed(settings, selection, **job))


def _tag(settings: Settings, mode: str, selection: Selection, **job: Any) -> Tally | Submission:
    """Tag, or hand over batches; `job` are arguments that both ways know."""
    if mode == "batch":
        from python_jobs.jobs.batch import submit_tags

        return _report_batches("tag", submit_tags(settings, selection, **job))
    from python_jobs.jobs.tag import tag

    return _report("Tagged", tag(settings, selection, **job))


def _check_provider(settings: Settings, mode: str, provider: ProviderName | None) -> None:
    if mode == "batch":
        from python_jobs.jobs.batch import require_openai

        require_openai(settings, provider)


def _budget(
    settings: Settings, max_cost: Decimal | None, cost_since: datetime | None, **_: Any
) -> Budget:
    from python_jobs.jobs.budget import budget_since

    return budget_since(settings, max_cost, cost_since)


def _selection(
    start_date: date | None,
    end_date: date | None,
    days_back: int | None,
    limit: int | None,
    batch_size: int,
    max_workers: int,
    **_: Any,
) -> Selection:
    from python_jobs.jobs.pending import Selection

    return Selection(
        period=options.period(start_date, end_date, days_back),
        limit=limit,
        batch_size=batch_size,
        workers=max_workers,
    )


def _report(verb: str, tally: Tally) -> Tally:
    if tally.pending:  # else the job has said so
        logger.info(
            "%s %d of %d pending texts (%d found stored, %d given up; %d requests, %d tokens%s)",
            verb,
            tally.done + tally.found,
            tally.pending,
            tally.found,
            tally.dead,
            tally.requests,
            tally.input_tokens + tally.output_tokens,
            f", {tally.cost()}" if tally.cost() else "",
        )
    return tally


def _report_batches(verb: str, made: Submission) -> Submission:
    if made.found:
        logger.info("%d texts were found stored", made.found)
    if made.items:
        logger.info(
            "Handed over %d texts to %s: %d requests in %d %s; next: `insights batch fetch --wait`",
            made.items,
            verb,
            made.requests,
            len(made.batch_ids),
            "batch" if len(made.batch_ids) == 1 else "batches",
        )
    return made
