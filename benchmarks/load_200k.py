"""Load and stage 200,000 generated rows: rows a second and peak memory, beside pandas.

    python benchmarks/load_200k.py [--rows 200000] [--peer-rows 20000]

Needs a database (`insights db start`, or `INSIGHTS_DATABASE_URL`); works in schemas of its own
there (prefix `benchmark_load_`) and drops them. The peer is what one would write without
`insights load`, `pandas.read_csv(...).to_sql(...)`, on fewer rows in the same minute. The peer
neither validates nor merges nor keeps "N/A", so the ratio flatters it.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from psycopg import sql

from python_jobs.settings import Settings
from python_jobs.storage.connection import psycopg_connect

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "benchmark_load_"
WORDS = [
    *("sole", "came", "off", "after", "a", "week", "of", "rain", "but", "the", "grip", "is"),
    *("great", "size", "runs", "small", "heel", "rubs", "delivery", "took", "nine", "days"),
    *("refund", "still", "missing", "app", "crashed", "at", "checkout", "love", "colour"),
]


def generate(path: Path, rows: int) -> None:
    """Write a CSV with about 220 characters of text a row, some of it over two lines."""
    chance = random.Random(7)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["feedback_id", "created_at", "source", "product", "rating", "feedback_text", "country"]
        )
        for number in range(rows):
            text = " ".join(chance.choices(WORDS, k=chance.randint(10, 75)))
            writer.writerow(
                [
                    f"B{number:07d}",
                    (start + timedelta(minutes=number)).isoformat(),
                    chance.choice(["review", "return", "chat"]),
                    chance.choice(["Ridge 2", "Fjord", "Trail Pro"]),
                    "six" if number % 1_000 == 0 else chance.randint(1, 5),
                    f"{text}\r\n“N/A”" if number % 10 == 0 else text,
                    chance.choice(["DE", "FR", "GB"]),
                ]
            )


@contextmanager
def own_schemas() -> Iterator[Settings]:
    """Make the tables under a prefix of their own, and drop them at the end."""
    from python_jobs.jobs.prepare import ensure_tables

    os.environ["INSIGHTS_SCHEMA_PREFIX"] = PREFIX  # dbt reads it too
    settings = Settings.load()
    drop_schemas(settings)
    try:
        ensure_tables(settings)
        yield settings
    finally:
        drop_schemas(settings)


def drop_schemas(settings: Settings) -> None:
    with psycopg_connect(settings) as connection:
        found = connection.execute(
            "select schema_name from information_schema.schemata "
            "where starts_with(schema_name, %s)",
            (PREFIX,),
        )
        for (name,) in found.fetchall():
            connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(name)))


def peak_megabytes() -> float:
    """Peak resident memory of this process: `VmHWM`, which no parent leaks into."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(each for each in status.read_text().splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024**2


def in_child(what: str, path: Path) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    finished = subprocess.run(
        [sys.executable, __file__, "--child", what, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    measured: dict[str, Any] = json.loads(finished.stdout)
    return measured


def child(what: str, path: Path) -> None:
    """Load or run the peer, and print what it took."""
    settings = Settings.load()
    started = time.perf_counter()
    if what == "load":
        from python_jobs.jobs.load import load

        rows = load(settings, path).rows_in
    else:
        import pandas as pd

        from python_jobs.storage.connection import sqlalchemy_engine

        frame = pd.read_csv(path)
        engine = sqlalchemy_engine(settings)
        frame.to_sql("peer", engine, schema=settings.schema_name("raw"), index=False)
        rows = len(frame)
    seconds = time.perf_counter() - started
    print(json.dumps({"rows": rows, "seconds": seconds, "megabytes": peak_megabytes()}))


def stage(settings: Settings) -> dict[str, Any]:
    """Build staging and the pending sets with dbt; peak memory of dbt and of the server."""
    folder = settings.home / "benchmark-target"
    command = [
        *(sys.executable, "-m", "python_jobs", "dbt", "--quiet", "build"),
        *("--select", "+path:models/staging", "+tag:job_inputs", "--indirect-selection"),
        *("buildable", "--exclude-resource-type", "unit_test", "--target-path", str(folder)),
    ]
    started = time.perf_counter()
    running = subprocess.Popen(command)
    most = {"dbt": 0.0, "server": 0.0}
    while running.poll() is None:
        for name, found in (("dbt", processes_of(running.pid)), ("server", server_processes())):
            most[name] = max(most[name], sum(map(proportional_megabytes, found)))
        time.sleep(0.1)
    if running.returncode:
        raise SystemExit("dbt failed")
    with psycopg_connect(settings) as connection:
        row = connection.execute(
            sql.SQL("select count(*) from {}").format(
                sql.Identifier(settings.schema_name("intermediate"), "int_feedback__deduplicated")
            )
        ).fetchone()
    assert row
    seconds = time.perf_counter() - started
    print(f"Postgres peaked at {most['server']:.0f} MB meanwhile (its shared buffers counted once)")
    return {"rows": row[0], "seconds": seconds, "megabytes": most["dbt"]}


def processes_of(pid: int) -> list[psutil.Process]:
    """A process with everything it started."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def server_processes() -> list[psutil.Process]:
    """The embedded server's processes; none where another server is used."""
    from python_jobs.storage import embedded

    settings = Settings.load()
    server = None if settings.database_url else embedded.status(settings.home)
    return processes_of(server.pid) if server else []


def proportional_megabytes(process: psutil.Process) -> float:
    """Memory of a process, what it shares divided among those who share it."""
    try:
        full = process.memory_full_info()
    except psutil.Error:
        return 0.0
    return float(getattr(full, "pss", full.rss)) / 1024**2


def show(name: str, measured: dict[str, Any]) -> float:
    """Print one line; return rows a second."""
    rate = float(measured["rows"] / measured["seconds"])
    print(
        f"{name:<28}{measured['rows']:>9,} rows {measured['seconds']:>7.1f} s "
        f"{rate:>8,.0f} rows/s {measured['megabytes']:>6.0f} MB peak"
    )
    return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--peer-rows", type=int, default=20_000)
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], Path(options.child[1]))
        return
    with tempfile.TemporaryDirectory() as folder, own_schemas() as settings:
        whole, part = Path(folder, "whole.csv"), Path(folder, "part.csv")
        generate(whole, options.rows)
        generate(part, options.peer_rows)
        print(f"{whole.stat().st_size / 1e6:.0f} MB of CSV")
        rate = show("insights load, first", in_child("load", whole))
        show("insights load, again", in_child("load", whole))
        show("dbt staging, first", stage(settings))
        show("dbt staging, again", stage(settings))
        peer = show("pandas read_csv + to_sql", in_child("peer", part))
        print(f"insights load is {rate / peer:.1f} times as fast as the peer")


if __name__ == "__main__":
    main()
