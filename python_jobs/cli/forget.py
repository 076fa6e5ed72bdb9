"""`insights forget`: erase feedback for good."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from python_jobs.jobs.forget import Choice, ForgetResult
    from python_jobs.settings import Settings


@click.command()
@click.option("--feedback-id", "ids", multiple=True, metavar="ID", help="Repeat for several.")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    metavar="CSV",
    help="A list with a line of headings: ids, or values of --by.",
)
@click.option(
    "--by",
    default="feedback_id",
    show_default=True,
    metavar="NAME",
    help="What the file lists: feedback_id, source, product, origin, or an attribute "
    "such as customer_id.",
)
@click.option("--column", metavar="HEADING", help="Of the file. Default: the name in --by.")
@click.option(
    "--where",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="All feedback with that value, as in customer_id=C17 (an attribute, or one of the "
    "columns of --by). Given twice, both have to hold.",
)
@click.option(
    "--orphans",
    is_flag=True,
    help="No feedback, but vectors, tags and the like of texts that no feedback says any more.",
)
@click.option("--dry-run", is_flag=True, help="Count only.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where no terminal is.")
@click.option("--strict", is_flag=True, help="Erase nothing where any id or value is unknown.")
@click.option("--build", is_flag=True, help="Run dbt build afterwards, which clears the models.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON on stdout.")
@click.pass_obj
def forget(
    settings: Settings,
    ids: tuple[str, ...],
    file: Path | None,
    by: str,
    column: str | None,
    pairs: tuple[str, ...],
    orphans: bool,
    dry_run: bool,
    yes: bool,
    strict: bool,
    build: bool,
    as_json: bool,
) -> None:
    """Erase feedback for good, and keep it from being loaded again.

    It goes from the raw tables, vectors, tags, clusters and their exemplars; what other feedback
    with the same text needs stays. A salted hash of each id stays too. Models and marts are
    cleared by the next dbt build.
    """
    from python_jobs.jobs import forget as job

    choice = _choice(ids, file, by, column, pairs, orphans)
    owner = settings.as_owner  # it empties tables of dbt's, too
    if not (dry_run or yes):
        _refuse_without_terminal()
        _confirm(job.forget(owner, choice, dry_run=True, strict=strict))
    result = job.forget(owner, choice, dry_run=dry_run, strict=strict)
    if build and not dry_run:
        job.build(owner)
    _report(result, built=build)
    if as_json:
        click.echo(json.dumps(asdict(result)))


def _choice(
    ids: tuple[str, ...],
    file: Path | None,
    by: str,
    column: str | None,
    pairs: tuple[str, ...],
    orphans: bool,
) -> Choice:
    from python_jobs.jobs.forget import Choice
    from python_jobs.sources.one_column import read_column

    if ids and file:
        raise UsageError("--feedback-id and --file do not go together", hint="give one of them")
    if not file and (by != "feedback_id" or column):
        raise UsageError("--by and --column say what --file holds", hint="name a --file")
    values = tuple(dict.fromkeys(each.strip() for each in ids if each.strip()))
    if file:
        values = tuple(read_column(file, column or by))
        if not values:
            raise UsageError(f"{file.name} lists nothing", hint="is --column the right one?")
    choice = Choice(values, by, tuple(_pair(each) for each in pairs), orphans)
    choice.check()
    return choice


def _pair(given: str) -> tuple[str, str]:
    name, sign, value = given.partition("=")
    if not (sign and name.strip() and value.strip()):
        raise UsageError(
            "--where takes a name and a value", hint="write it as --where customer_id=C17"
        )
    return name.strip(), value.strip()


def _refuse_without_terminal() -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            "erasing cannot be undone, and nobody is there to confirm it",
            hint="--dry-run shows the counts, --yes confirms",
        )


def _confirm(result: ForgetResult) -> None:
    click.confirm(
        f"Erase {result.feedback:,} feedback for good ({result.texts_gone:,} texts, "
        f"{sum(result.removed.values()):,} rows)?",
        abort=True,
        err=True,
    )


def _report(result: ForgetResult, *, built: bool) -> None:
    """Say on stderr what went and what stays; never an id."""
    from python_jobs.logs import logger

    would = "would be " if result.dry_run else ""
    logger.info("%s feedback %serased", f"{result.feedback:,}", would)
    for table, count in result.removed.items():
        logger.info("  %s: %s rows", table, f"{count:,}")
    if result.model_rows:
        logger.info("  models of dbt: %s rows", f"{result.model_rows:,}")
    if result.texts_shared:
        logger.info(
            "%s of the texts others have sent as well: their vectors and tags stay",
            f"{result.texts_shared:,}",
        )
    if result.clusters_to_name:
        logger.info(
            "%s clusters leaned on it: %sdescribed by keywords until `insights name` runs",
            f"{result.clusters_to_name:,}",
            would,
        )
    if result.already_erased:
        logger.info("%s ids were erased before", f"{result.already_erased:,}")
    if result.unknown:
        logger.warning("%s of what you named is unknown", f"{result.unknown:,}")
    if result.not_deleted and not result.dry_run:
        logger.warning(
            "the provider still has the files of %d batches that hold it; "
            "`insights batch list` shows them",
            result.not_deleted,
        )
    if result.not_cleared:
        logger.warning(
            "this role may not delete from %s: they hold it until dbt rebuilds them",
            ", ".join(result.not_cleared),
        )
    if result.not_vacuumed:
        logger.warning(
            "dead rows stay on disk until these are vacuumed by their owner: %s",
            ", ".join(result.not_vacuumed),
        )
    if not (built or result.dry_run) and result.removed:
        logger.info(
            "marts that add up or quote may hold it until the next dbt build: `insights dbt build`"
        )
