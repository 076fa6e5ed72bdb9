"""`insights tag --evaluate`: its options, and what it prints."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from python_jobs.jobs.budget import Budget
    from python_jobs.jobs.evaluate import Evaluation, GoldFile
    from python_jobs.jobs.pending import Selection
    from python_jobs.settings import ProviderName, Settings

Command = TypeVar("Command", bound=Callable[..., Any])

_WIDEST = 110
_GOLD_OPTIONS = ("text_column", "labels_column", "separator", "map_label")


def evaluation_options(command: Command) -> Command:
    """`--evaluate` and how its file is read."""
    for add in (
        click.option(
            "--map-label",
            multiple=True,
            metavar="LABEL=CATEGORY",
            help="With --evaluate: what a label is called in the taxonomy; 'LABEL=' leaves it out.",
        ),
        click.option(
            "--separator", metavar="TEXT", help="With --evaluate: between labels. Default: |"
        ),
        click.option(
            "--labels-column",
            metavar="HEADING",
            help="With --evaluate: where the labels are. Default: labels",
        ),
        click.option(
            "--text-column",
            metavar="HEADING",
            help="With --evaluate: where the texts are. Default: feedback_text, "
            "else feedback_id of feedback that was loaded.",
        ),
        click.option(
            "--evaluate",
            "gold",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Tag the labelled texts of a CSV file, print precision, recall and F1 by "
            "category, and store nothing.",
        ),
    ):
        command = add(command)
    return command


def gold_file(gold: Path | None, limit: int | None, given: Mapping[str, Any]) -> GoldFile | None:
    """The file to evaluate with; None without `--evaluate`.

    Raises:
        UsageError: an option that makes sense with `--evaluate` only, or a label map that is none.
    """
    if gold is None:
        if any(given[name] for name in _GOLD_OPTIONS):
            names = ", ".join(
                "--" + name.replace("_", "-") for name in _GOLD_OPTIONS if given[name]
            )
            raise UsageError(f"{names} goes with --evaluate FILE", hint="give the labelled file")
        return None
    from python_jobs.jobs.evaluate import GoldFile
    from python_jobs.sources.gold import GoldOptions

    chosen = {name: given[name] for name in _GOLD_OPTIONS[:3] if given[name]}
    return GoldFile(gold, GoldOptions(**chosen), dict(map(_pair, given["map_label"])), limit)


def run_evaluation(
    settings: Settings,
    gold: GoldFile,
    selection: Selection,
    *,
    provider: ProviderName | None,
    items_per_request: int | None,
    budget: Budget,
    as_json: bool,
) -> None:
    """Evaluate, and print a table or JSON on stdout."""
    from python_jobs.jobs.evaluate import evaluate

    found = evaluate(
        settings,
        gold,
        selection,
        provider=provider,
        items_per_request=items_per_request,
        budget=budget,
    )
    if as_json:
        click.echo(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        _show(found)


def _show(found: Evaluation) -> None:
    from rich.console import Console

    from python_jobs.reporting.tag_scores import table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDEST)
    console.print(f"{found.model} ({found.provider}) on {found.count_texts:,} labelled texts\n")
    console.print(table(found.scores))


def _pair(text: str) -> tuple[str, str]:
    label, equals, category = text.partition("=")
    if not equals or not label.strip():
        raise UsageError(
            f"--map-label {text!r} has no '='", hint="write it as 'LABEL=CATEGORY' or 'LABEL='"
        )
    return label.strip(), category.strip()
