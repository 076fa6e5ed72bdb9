"""`insights cluster` and `insights name`: the segment tree, stored as a run or written to files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from python_jobs.cli import cluster_assign, cluster_input, cluster_sweep, options
from python_jobs.errors import UsageError
from python_jobs.logs import logger

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from python_jobs.clustering.parameters import ClusterParameters
    from python_jobs.jobs.cluster import ClusterResult
    from python_jobs.jobs.cluster_local import LocalResult
    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.job_inputs import Period

Command = TypeVar("Command", bound=Callable[..., Any])

OUTPUT_DIR = "./cluster_output"


def _parameter_options(command: Command) -> Command:
    """The options of `ClusterParameters`, which checks their values."""
    for add in reversed(
        (
            click.option(
                "--method",
                type=click.Choice(["umap-hdbscan", "graph"]),
                default="umap-hdbscan",
                show_default=True,
                help="How: recursive UMAP + HDBSCAN, or communities of the neighbour graph, "
                "which is faster and leaves less as noise.",
            ),
            click.option(
                "--recursive-depth",
                type=int,
                default=2,
                show_default=True,
                metavar="N",
                help="Levels of the tree; 1 does not zoom into clusters.",
            ),
            click.option(
                "--min-cluster-size",
                type=int,
                metavar="N",
                help="Fewest texts of a cluster. Default: --min-cluster-pct of all texts, "
                "at least 5, at most 100 (graph: at most a third of the root of all texts).",
            ),
            click.option(
                "--min-cluster-pct",
                type=float,
                default=0.01,
                show_default=True,
                metavar="SHARE",
                help="Fewest texts of a cluster as a share of all; 0.01 is 1%.",
            ),
            click.option(
                "--n-neighbors",
                type=int,
                default=15,
                show_default=True,
                metavar="N",
                help="Neighbours of a text in the graph: more gives fewer, wider topics.",
            ),
            click.option(
                "--n-components",
                type=int,
                default=2,
                show_default=True,
                metavar="N",
                help="umap-hdbscan: dimensions in which HDBSCAN works.",
            ),
            click.option(
                "--hdbscan-metric",
                type=click.Choice(["euclidean", "cosine"]),
                default="euclidean",
                show_default=True,
                help="umap-hdbscan: distance in that space.",
            ),
            click.option(
                "--min-samples",
                type=int,
                metavar="N",
                help="umap-hdbscan: HDBSCAN's smoothing; lower means less noise. "
                "Default: the smallest cluster's size, at most 10.",
            ),
            click.option(
                "--max-top-level",
                type=int,
                default=20,
                show_default=True,
                metavar="N",
                help="graph: most clusters of level 1.",
            ),
            click.option(
                "--resolution",
                type=float,
                metavar="G",
                help="graph: how fine the communities are. Default: 2, or 4 where that is clearly "
                "better; 8 is finer.",
            ),
            click.option(
                "--max-noise-share",
                type=float,
                default=0.05,
                show_default=True,
                metavar="F",
                help="graph: at most this share is noise; 0.1 sets more strays apart.",
            ),
            click.option(
                "--stability-samples",
                type=int,
                metavar="N",
                help="How often a fifth of the texts is left out to see which clusters are found "
                "again; 0 for never. Default: 10 with graph (3 above 50,000 texts), 3 with "
                "umap-hdbscan up to 5,000 texts, where each takes as long as the clustering.",
            ),
            click.option(
                "--seed",
                type=int,
                default=42,
                show_default=True,
                metavar="N",
                help="Same feedback, options and seed: same tree.",
            ),
        )
    ):
        command = add(command)
    return command


@click.command()
@cluster_assign.mode_option
@options.period_options
@options.limit_option
@_parameter_options
@click.option(
    "--force", is_flag=True, help="Cluster even if nothing changed (--local always does)."
)
@click.option(
    "--local", is_flag=True, help="Write files and leave the database as it is; see --output-dir."
)
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path),
    default=OUTPUT_DIR,
    show_default=True,
    metavar="FOLDER",
    help="Where --local puts pictures, tables, a report and an interactive map.",
)
@cluster_input.input_options
@cluster_sweep.sweep_options
@options.memory_option
@options.check_option
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON on stdout.")
@click.pass_context
def cluster(
    context: click.Context,
    /,
    mode: str,
    start_date: date | None,
    end_date: date | None,
    limit: int | None,
    force: bool,
    local: bool,
    output_dir: Path,
    file: Path | None,
    sweep: bool,
    sweep_rows: int | None,
    memory_limit: int | None,
    only_check: bool,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Cluster the embedded feedback, or that of a file, into a tree of segments."""
    from python_jobs.clustering.parameters import ClusterParameters

    if mode == cluster_assign.ASSIGN:
        cluster_assign.check_assign(context)
    if not local and context.get_parameter_source("output_dir") is ParameterSource.COMMANDLINE:
        raise UsageError("--output-dir does nothing without --local", hint="add --local")
    cluster_sweep.check_sweep(context, sweep)
    if memory_limit is not None:
        context.obj = context.obj.model_copy(update={"memory_limit": memory_limit})
    cluster_input.check_input(context, file, local)
    given = {name: chosen.pop(name) for name in cluster_input.NAMES}
    parameters = ClusterParameters(**chosen)
    parameters.validate()
    for name in parameters.options_of_others():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = "--" + name.replace("_", "-")
            raise UsageError(
                f"{option} is no option of --method {parameters.method}", hint=f"leave {option} out"
            )
    period = options.period(start_date, end_date)
    cluster_input.read_options(given)
    if only_check:
        return
    if sweep:
        cluster_sweep.sweep(
            context,
            parameters,
            rows=sweep_rows,
            period=period,
            limit=limit,
            file=file,
            given=given,
            as_json=as_json,
        )
        return
    found: LocalResult | None = None
    if mode == cluster_assign.ASSIGN:
        counts = cluster_assign.assign(context.obj, period, limit)
    elif local:
        found = _to_files(context.obj, parameters, period, limit, output_dir, file, given)
        counts = _counts(found)
    else:
        counts = _to_database(context.obj, parameters, period, limit, force)
    if as_json:
        click.echo(json.dumps(counts))
    if found:
        cluster_input.complain_of_given_up(found)


@click.command()
@options.provider_option
@options.cost_options
@click.pass_obj
def name(
    settings: Settings,
    provider: ProviderName | None,
    max_cost: Decimal | None,
    cost_since: datetime | None,
) -> None:
    """Name the clusters that have no name yet."""
    from python_jobs.jobs.budget import budget_since
    from python_jobs.jobs.name import name as job

    budget = budget_since(settings, max_cost, cost_since)
    result = job(settings, provider=provider, budget=budget)
    if result.named:
        logger.info("Named %d clusters (%d requests)", result.named, result.requests)


def _to_database(
    settings: Settings,
    parameters: ClusterParameters,
    period: Period,
    limit: int | None,
    force: bool,
) -> dict[str, object]:
    from python_jobs.jobs.cluster import cluster as job

    result = job(settings, parameters, period=period, limit=limit, force=force)
    if result.run_id and not result.unchanged:
        logger.info(
            "Run %s: %s. It waits as the candidate: insights name, then insights runs publish",
            result.run_id,
            _found(result),
        )
    return asdict(result)


def _to_files(
    settings: Settings,
    parameters: ClusterParameters,
    period: Period,
    limit: int | None,
    output_dir: Path,
    file: Path | None,
    given: Mapping[str, Any],
) -> LocalResult:
    from python_jobs.jobs.cluster_local import cluster_local as job

    if file:
        found = cluster_input.cluster_input(
            settings,
            parameters,
            file,
            given,
            period=period,
            limit=limit,
            output_dir=output_dir,
        )
    else:
        found = job(settings, parameters, period=period, limit=limit, output_dir=output_dir)
    if found.files:
        database = "No database was used" if file else "The database is as it was"
        logger.info("%s. %s", _found(found.result), database)
        logger.info("%d files in %s, to begin with:", len(found.files), output_dir)
        for name in ("clusters.html", "summary_report.txt"):
            logger.info("  %s", output_dir / name)
    return found


def _counts(found: LocalResult) -> dict[str, object]:
    files = [str(file) for file in found.files]
    return asdict(found.result) | dict(found.counts) | {"files": files}


def _found(result: ClusterResult) -> str:
    return (
        f"{result.count_clusters:,} clusters in {result.count_feedback:,} feedback "
        f"({result.count_texts:,} texts), {result.noise_share:.1%} noise"
    )
