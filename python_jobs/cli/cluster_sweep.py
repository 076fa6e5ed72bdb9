"""`insights cluster --sweep`: its options, the call to its job, and the command it recommends."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from python_jobs.cli import cluster_input
from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.clustering.parameters import ClusterParameters
    from python_jobs.clustering.sweep import Trial
    from python_jobs.jobs.sweep import SweepPlan, SweepResult
    from python_jobs.settings import Settings
    from python_jobs.storage.job_inputs import Period

Command = TypeVar("Command", bound=Callable[..., Any])

_WIDEST = 110
_GRID = ("min_cluster_size", "n_neighbors", "resolution")
_NOT_REPEATED = (*_GRID, "sweep", "sweep_rows", "as_json", "only_check", "min_cluster_pct")


def sweep_options(command: Command) -> Command:
    """`--sweep` and `--sweep-rows`."""
    command = click.option(
        "--sweep-rows",
        type=click.IntRange(min=30),
        metavar="N",
        help="With --sweep: try on at most N texts. Default: 5,000 with graph, 2,000 with "
        "umap-hdbscan.",
    )(command)
    return click.option(
        "--sweep",
        is_flag=True,
        help="Try a grid of --min-cluster-size, --n-neighbors (and --resolution) on a sample, "
        "print what each gives, recommend one. Stores nothing.",
    )(command)


def check_sweep(context: click.Context, sweep: bool) -> None:
    """Refuse options that a sweep does not know, and its own without it.

    Raises:
        UsageError: naming the option.
    """
    refused = ("force", "output_dir") if sweep else ("sweep_rows",)
    for name in refused:
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = "--" + name.replace("_", "-")
            where = "with" if sweep else "without"
            raise UsageError(f"{option} does nothing {where} --sweep", hint=f"leave {option} out")


def sweep(
    context: click.Context,
    parameters: ClusterParameters,
    *,
    rows: int | None,
    period: Period,
    limit: int | None,
    file: Path | None,
    given: Mapping[str, Any],
    as_json: bool,
) -> None:
    """Try the grid, print the trials and the command that the best of them is."""
    from python_jobs.jobs.sweep import SweepPlan

    fixed = {name for name in _GRID[1:] if _is_given(context, name)}
    plan = SweepPlan(parameters, fixed, rows, period, limit)
    found = _swept(context.obj, plan, file, given)
    best = found.sweep.best
    line = None if best is None else command_line(context, best)
    if as_json:
        click.echo(json.dumps(_document(found, line)))
    else:
        _print(found, line)


def _swept(
    settings: Settings, plan: SweepPlan, file: Path | None, given: Mapping[str, Any]
) -> SweepResult:
    from python_jobs.jobs import sweep as job

    if file is None:
        return job.sweep_database(settings, plan)
    from python_jobs.jobs.budget import Budget
    from python_jobs.jobs.file_input import InputFile
    from python_jobs.jobs.pending import Selection

    return job.sweep_file(
        settings,
        plan,
        InputFile(file, cluster_input.read_options(given)),
        provider=given["provider"],
        selection=Selection(batch_size=given["batch_size"], workers=given["max_workers"]),
        budget=Budget(given["max_cost"]),
    )


def command_line(context: click.Context, best: Trial) -> str:
    """The command that clusters everything with these options and what else was asked for."""
    words = ["insights", "cluster"]
    for parameter in context.command.params:
        name = parameter.name or ""
        if name not in _NOT_REPEATED and _is_given(context, name):
            words += _words(parameter.opts[0], context.params[name])
    words += ["--min-cluster-size", str(best.parameters.min_cluster_size)]
    words += ["--n-neighbors", str(best.parameters.n_neighbors)]
    if best.parameters.method == "graph":
        words += ["--resolution", f"{best.parameters.resolution:g}"]
    return shlex.join(words)


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _words(option: str, value: object) -> list[str]:
    if value is True:
        return [option]
    values = value if isinstance(value, tuple) else (value,)
    return [
        word
        for each in values
        for word in (option, each.isoformat() if isinstance(each, date) else str(each))
    ]


def _document(found: SweepResult, line: str | None) -> dict[str, Any]:
    trials = [
        asdict(each) | {"parameters": each.parameters.to_dict(), "recommended": each is best}
        for best in [found.sweep.best]
        for each in found.sweep.trials
    ]
    collapses = [
        {
            "level": each.level,
            "from": each.before.parameters.to_dict(),
            "to": each.after.parameters.to_dict(),
        }
        for each in found.sweep.collapses
    ]
    return {
        "count_texts": found.count_texts,
        "count_sampled": found.count_sampled,
        "trials": trials,
        "collapses": collapses,
        "command": line,
    }


def _print(found: SweepResult, line: str | None) -> None:
    from rich.console import Console

    from python_jobs.reporting.sweep import reasons, trials_table

    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDEST)
    console.print(trials_table(found.sweep))
    for sentence in reasons(found.sweep):
        click.echo(f"\n{sentence}")
    if line:
        click.echo(f"\n{line}")
