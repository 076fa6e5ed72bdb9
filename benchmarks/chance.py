"""How often the marts see something in nothing: false alarms with shuffled dates and ratings.

    python benchmarks/chance.py [--shuffles 300] [--seed 1] [--project dbt_project]

Needs a database with built marts (`./run_pipeline.sh --demo`) and what dbt compiled for it. Each
shuffle deals the dates (or the ratings) of all feedback out at random, runs the very SQL that dbt
ran for the models downstream into temporary tables, and counts the findings. Nothing is kept.

Prints, for `emerging_clusters` and `rating_impact`: findings in the true data, shuffles with any
finding, findings a test, and (for ratings) how many of the 95% intervals hold 0, the truth then.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, cast

import psycopg

from python_jobs.errors import DatabaseError
from python_jobs.settings import Settings
from python_jobs.storage.connection import psycopg_connect

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Chain:
    """What is shuffled, and the models that follow from it.

    Attributes:
        start: the model whose column is shuffled.
        column, within: values of `column` change rows among those with equal `within`.
        row: what a value belongs to.
        models: downstream, in the order of their making; the last is the mart.
        findings: counts rows of the mart: tests made, findings, and intervals that hold 0 of all.
    """

    start: str
    column: str
    within: str
    row: str
    models: tuple[str, ...]
    findings: str


DATES = Chain(
    start="int_clusters__assigned_feedback",
    column="created_at",
    within="1",
    row="feedback_id",
    models=(
        "int_clusters__by_period",
        "int_clusters__windows",
        "int_clusters__recent_chance",
        "emerging_clusters",
    ),
    findings=(
        "select count(p_value), count(*) filter (where movement not in ('steady', 'not tested')), "
        "0, 0 from emerging_clusters"
    ),
)
RATINGS = Chain(
    start="int_ratings__rated_feedback",
    column="rating",
    within="theme_kind",
    row="feedback_id",
    models=(
        "int_ratings__profiles",
        "int_ratings__strata",
        "int_ratings__theme_strata",
        "int_ratings__theme_contrasts",
        "int_ratings__category_profiles",
        "int_ratings__category_products",
        "int_ratings__category_fit",
        "int_ratings__category_contrasts",
        "rating_impact",
    ),
    findings=(
        "select count(p_value), count(*) filter (where verdict in ('costs stars', 'adds stars')), "
        "count(*) filter (where 0 between impact_low and impact_high), count(impact_low) "
        "from rating_impact"
    ),
)


def compiled(project: Path, model: str) -> str:
    """The SQL that dbt ran for a model."""
    for path in (project / "target" / "compiled").rglob(f"{model}.sql"):
        if path.parent.suffix != ".yml":  # else what a unit test gave for the model
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(f"no compiled SQL of {model} under {project}")


def run(
    connection: psycopg.Connection[Any], project: Path, chain: Chain, seed: float | None
) -> tuple[int, ...]:
    """Counts of `chain.findings`; with a seed (-1 to 1) after a shuffle, else of the true data."""
    names = (chain.start, *chain.models)

    def local(text: str) -> LiteralString:
        for name in names:
            for schema in ("intermediate", "marts"):
                text = text.replace(f'"{connection.info.dbname}"."{schema}"."{name}"', name)
        return cast("LiteralString", text)

    with connection.transaction(force_rollback=True):
        connection.execute("select setseed(%s)", [seed or 0.0])
        source = cast("LiteralString", _shuffled(chain) if seed is not None else _plain(chain))
        connection.execute(source)
        for name in chain.models:
            text = local(f"create temp table {name} as {compiled(project, name)}; analyze {name}")
            connection.execute(text)
        (counts,) = connection.execute(cast("LiteralString", chain.findings)).fetchall()
    return tuple(counts)


def _plain(chain: Chain) -> str:
    return f"create temp table {chain.start} as select * from intermediate.{chain.start}"


def _shuffled(chain: Chain) -> str:
    """Every row keeps all but its value, which it gets from another at random."""
    values = f"select distinct {chain.within} as within, {chain.row} as id, {chain.column} as value"
    return f"""
        create temp table {chain.start} as
        with given as materialized ({values} from intermediate.{chain.start}),
        seats as (
            select within, id, row_number() over (partition by within order by id) as seat
            from given
        ),
        dealt as (
            select within, value, row_number() over (partition by within order by random()) as seat
            from given
        )
        select (jsonb_populate_record(
            models, jsonb_build_object('{chain.column}', dealt.value))).*
        from intermediate.{chain.start} as models
        inner join seats on models.{chain.row} = seats.id and models.{chain.within} = seats.within
        inner join dealt using (within, seat)
    """.replace("models.1 = seats.within", "true")


def measure(
    connection: psycopg.Connection[Any], project: Path, chain: Chain, shuffles: int, seed: int
) -> str:
    """The figures of a mart as lines of text."""
    true = run(connection, project, chain, None)
    counts = [
        run(connection, project, chain, ((seed * 7919 + number) % 20_011) / 10_006 - 1)
        for number in range(shuffles)
    ]
    alarmed = sum(found > 0 for _, found, _, _ in counts)
    tests, findings, held, intervals = (sum(column) for column in zip(*counts, strict=True))
    lines = [
        f"{chain.models[-1]}: {true[1]} findings in {true[0]} tests of the true data",
        f"  {chain.column} shuffled {shuffles} times: {alarmed} shuffles with any finding "
        f"({alarmed / shuffles:.3f}), {findings} findings in {tests} tests "
        f"({findings / max(tests, 1):.5f})",
    ]
    if intervals:
        lines.append(f"  95% intervals that hold the truth: {held / intervals:.4f}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="False alarms of the marts")
    parser.add_argument("--shuffles", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--project", type=Path, default=Path("dbt_project"))
    given = parser.parse_args(arguments)
    try:
        with psycopg_connect(Settings()) as connection:
            for chain in (DATES, RATINGS):
                print(measure(connection, given.project, chain, given.shuffles, given.seed))
    except (DatabaseError, FileNotFoundError, psycopg.errors.UndefinedTable) as error:
        print(f"skipped, no built marts here (`./run_pipeline.sh --demo`): {error}")


if __name__ == "__main__":
    main()
