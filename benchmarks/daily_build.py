"""A full `dbt build` of 1,000,000 synthetic rows, then a day's 5,000: times, ratio, slowest models.

    python -m benchmarks.daily_build [--rows 1000000] [--change 5000] [--days 1] [--compare]
        [--tests] [--plans FOLDER] [--home FOLDER]

Runs an embedded server of its own in a temporary folder (or in `--home`, which stays). Builds are
without tests; `--tests` runs the data tests after the last day, each with its time. The peer is the
same change built with `--full-refresh`, whose rows must be the same (`--compare`).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import synthetic
from python_jobs.jobs.dbt import run_dbt
from python_jobs.jobs.prepare import ensure_tables
from python_jobs.settings import Settings
from python_jobs.storage import embedded
from python_jobs.storage.connection import psycopg_connect

if TYPE_CHECKING:
    import psycopg

WITHOUT_TESTS = [f"--exclude-resource-type={kind}" for kind in ("test", "unit_test")]


@dataclass(frozen=True)
class Built:
    """One `dbt build` or `dbt test`.

    Attributes:
        seconds: of wall time, dbt's own start and parsing included.
        nodes: seconds of each model or test, by name.
        statements: what each was compiled to.
    """

    seconds: float
    nodes: dict[str, float]
    statements: dict[str, str]

    @property
    def in_nodes(self) -> float:
        """Seconds of all nodes together; several run at a time."""
        return sum(self.nodes.values())


def build(settings: Settings, *arguments: str) -> Built:
    """Run `dbt build` without tests; ends the program where it fails."""
    return run(settings, "build", *WITHOUT_TESTS, *arguments)


def run(settings: Settings, *command: str) -> Built:
    """Run a command of dbt; ends the program where it fails."""
    target = settings.home / "target"
    os.environ["DBT_TARGET_PATH"] = str(target)
    os.environ["DBT_LOG_PATH"] = str(settings.home / "logs")
    started = time.perf_counter()
    if run_dbt(settings, command, quiet=True):
        raise SystemExit("dbt failed")
    seconds = time.perf_counter() - started
    results: dict[str, Any] = json.loads((target / "run_results.json").read_text("utf-8"))
    named = {each["unique_id"].split(".")[2]: each for each in results["results"]}
    return Built(
        seconds,
        {name: float(each["execution_time"]) for name, each in named.items()},
        {name: each["compiled_code"] for name, each in named.items() if each.get("compiled_code")},
    )


def prepare(settings: Settings, rows: int) -> None:
    """The synthetic history, and what the jobs made of it."""
    ensure_tables(settings)
    with psycopg_connect(settings, autocommit=True) as connection:
        synthetic.history(connection, rows)
        build(settings, "--select", "+path:models/staging")
        synthetic.jobs(connection)


def slowest(built: Built, count: int = 5) -> list[str]:
    """Names of the models that took longest."""
    return sorted(built.nodes, key=built.nodes.__getitem__, reverse=True)[:count]


def show(title: str, built: Built, count: int = 5) -> None:
    """Print the times of a run."""
    print(f"{title}: {built.seconds:.1f} s, added up {built.in_nodes:.1f} s")
    for name in slowest(built, count):
        print(f"    {name:<40}{built.nodes[name]:>8.2f} s")


def write_plans(connection: psycopg.Connection, built: Built, folder: Path, title: str) -> None:
    """Write the plan of each of the slowest models to a file, with real times and rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in slowest(built):
        if name not in built.statements:
            continue
        found = connection.execute(
            f"explain (analyze, costs off, summary off) {built.statements[name]}".encode()
        )
        text = "\n".join(line for (line,) in found.fetchall())
        (folder / f"{title}_{name}.txt").write_text(text + "\n", encoding="utf-8")


def checksums(connection: psycopg.Connection) -> dict[str, str]:
    """A checksum of the rows of every table and view of the marts and intermediate models."""
    names = connection.execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema in ('marts', 'intermediate') order by 1, 2"
    ).fetchall()
    return {
        name: str(
            connection.execute(
                f"select count(*), sum(hashtextextended(cast(each as text), 0)) "
                f"from {schema}.{name} as each".encode()
            ).fetchone()
        )
        for schema, name in names
    }


def measure(settings: Settings, arguments: argparse.Namespace) -> None:
    """Build everything, then day by day."""
    started = time.perf_counter()
    prepare(settings, arguments.rows)
    print(f"{arguments.rows:,} rows written in {time.perf_counter() - started:.0f} s")
    full = build(settings)
    show("full build", full, arguments.top)
    with psycopg_connect(settings, autocommit=True) as connection:
        if arguments.plans:
            write_plans(connection, full, arguments.plans, "full")
        for day in range(1, arguments.days + 1):
            synthetic.one_day(connection, arguments.rows, arguments.change, day)
            daily = build(settings)
            show(f"day {day}, {arguments.change:,} rows", daily, arguments.top)
            print(
                f"ratio {daily.seconds / full.seconds:.1%}; "
                f"of the models' times {daily.in_nodes / full.in_nodes:.1%}"
            )
        if arguments.plans:
            write_plans(connection, daily, arguments.plans, "day")
        if arguments.tests:
            tests = run(settings, "test", "--exclude-resource-type=unit_test")
            show("data tests", tests, arguments.top)
        again = build(settings)
        show("again, nothing changed", again, arguments.top)
        if arguments.compare:
            grown = checksums(connection)
            show("the same with --full-refresh", build(settings, "--full-refresh"), 0)
            refreshed = checksums(connection)
            print("differ:", [name for name in grown if grown[name] != refreshed[name]] or "none")


def main() -> None:
    """Measure as asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--change", type=int, default=5_000)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--top", type=int, default=5, help="how many models or tests to show")
    parser.add_argument("--home", type=Path, help="keep the server's data here")
    parser.add_argument("--plans", type=Path, help="write plans of the slowest models here")
    parser.add_argument("--tests", action="store_true", help="the data tests, too")
    parser.add_argument("--compare", action="store_true", help="with a full refresh at the end")
    arguments = parser.parse_args()
    for name in [each for each in os.environ if each.startswith(("INSIGHTS_", "PG"))]:
        del os.environ[name]
    folder = arguments.home or Path(tempfile.mkdtemp(prefix="insights-benchmark-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # a server started by root runs as another user
    server = embedded.start(folder)
    try:
        measure(Settings(database_url=server.url, home=folder), arguments)
    finally:
        embedded.stop(folder)
        if not arguments.home:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
