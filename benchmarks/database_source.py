"""Load 200,000 rows from another database: rows a second and peak memory, beside pandas and dlt.

    python benchmarks/database_source.py [--rows 200000] [--peer-rows 200000] [--dlt FOLDER]

Needs a database (`insights db start`, or `INSIGHTS_DATABASE_URL`), which is source and target at
once: the source is a table in schemas of its own (prefix `benchmark_load_`), dropped at the end.
pandas' peer is `read_sql` + `to_sql` of the whole table, as one would write it; its second form
reads and writes in chunks. Neither validates, merges, tracks a position or can go on after a
kill, so the ratio flatters them. dlt (`sql_database` to Postgres, merge by key) runs where it is
importable, or installed into FOLDER: `pip install --target FOLDER 'dlt[postgres,sql_database]'`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from psycopg import sql

from benchmarks.load_200k import WORDS, own_schemas, peak_megabytes
from python_jobs.settings import Settings
from python_jobs.storage.connection import psycopg_connect, sqlalchemy_engine
from python_jobs.storage.target import database_url

TABLE = "peer_source"
GENERATE = """
create table {table} as
select
    'B' || lpad(n::text, 7, '0') as feedback_id,
    timestamptz '2024-01-01Z' + n * interval '1 minute' as created_at,
    (array['review', 'return', 'chat'])[1 + n %% 3] as source,
    (array['Ridge 2', 'Fjord', 'Trail Pro'])[1 + n %% 3] as product,
    1 + n %% 5 as rating,
    (
        select string_agg((%(words)s::text[])[1 + (n * 7919 + k * k * 104729) %% 28], ' ')
        from generate_series(1, 10 + n %% 65) as k
    ) as feedback_text,
    (array['DE', 'FR', 'GB'])[1 + n %% 3] as country,
    timestamptz '2024-01-01Z' + n * interval '1 minute' as updated_at
from generate_series(1::bigint, %(rows)s) as n
"""


def generate(settings: Settings, rows: int) -> None:
    """Make the source, with about 220 characters of text a row."""
    table = sql.Identifier(settings.schema_name("raw"), TABLE)
    with psycopg_connect(settings) as connection:
        connection.execute(sql.SQL(GENERATE).format(table=table), {"rows": rows, "words": WORDS})
        connection.execute(sql.SQL("alter table {} add primary key (feedback_id)").format(table))
        connection.execute(sql.SQL("create index on {} (updated_at)").format(table))


def run_load(settings: Settings) -> int:
    from python_jobs.jobs.load_database import DatabaseSource, load_database, relation_of

    relation = relation_of("postgres", f"{settings.schema_name('raw')}.{TABLE}", None)
    url = database_url(settings)
    settings = settings.model_copy(update={"source_url": url})
    return load_database(settings, DatabaseSource(relation, updated_at="updated_at")).rows_in


def run_pandas(settings: Settings, rows: int, chunk: int | None) -> int:
    import pandas as pd

    engine, schema = sqlalchemy_engine(settings), settings.schema_name("raw")
    done = 0
    with engine.connect().execution_options(stream_results=bool(chunk)) as connection:
        query = f"select * from {schema}.{TABLE} limit {rows}"
        found = pd.read_sql(query, connection, chunksize=chunk)
        for frame in found if chunk else [found]:
            frame.to_sql(
                f"peer_{chunk or 'whole'}", engine, schema=schema, index=False, if_exists="append"
            )
            done += len(frame)
    return done


def run_dlt(settings: Settings, folder: str) -> int:
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt
    from dlt.sources.sql_database import sql_database

    schema, url = settings.schema_name("raw"), database_url(settings).get_secret_value()
    pipeline = dlt.pipeline(
        "insights_benchmark",
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(credentials=url),
        dataset_name=f"{schema}_dlt",
        progress=None,
    )
    address = url.replace("postgresql://", "postgresql+psycopg://", 1)
    source = sql_database(address, schema=schema, table_names=[TABLE])
    incremental = dlt.sources.incremental("updated_at")
    source.resources[TABLE].apply_hints(
        primary_key="feedback_id", write_disposition="merge", incremental=incremental
    )
    pipeline.run(source)
    counts = pipeline.last_trace.last_normalize_info.row_counts
    return int(counts[TABLE])


def in_child(what: str, rows: int, dlt_folder: str | None) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    environment = dict(os.environ)
    if dlt_folder and what == "dlt":
        environment["PYTHONPATH"] = f"{dlt_folder}:{environment.get('PYTHONPATH', '')}"
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.database_source", "--child", what, str(rows)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment,
    )
    measured: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return measured


def child(what: str, rows: int) -> None:
    import tempfile

    settings = Settings.load()
    started = time.perf_counter()
    if what == "load":
        done = run_load(settings)
    elif what == "dlt":
        with tempfile.TemporaryDirectory() as folder:
            done = run_dlt(settings, folder)
    else:
        done = run_pandas(settings, rows, 10_000 if what == "chunks" else None)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps({"rows": done, "seconds": seconds, "cpu": cpu, "megabytes": peak_megabytes()}))


def show(name: str, measured: dict[str, Any]) -> float:
    """Print one line; return rows a second."""
    rate = float(measured["rows"] / measured["seconds"])
    print(
        f"{name:<34}{measured['rows']:>9,} rows {measured['seconds']:>7.1f} s "
        f"{measured['cpu']:>6.1f} CPU s {rate:>8,.0f} rows/s {measured['megabytes']:>6.0f} MB peak",
        flush=True,
    )
    return rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--peer-rows", type=int, default=200_000, help="of pandas")
    parser.add_argument("--dlt", metavar="FOLDER", help="where dlt is installed")
    parser.add_argument("--child", nargs=2, metavar=("WHAT", "ROWS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], int(options.child[1]))
        return
    has_dlt = importlib.util.find_spec("dlt") or (options.dlt and Path(options.dlt, "dlt").is_dir())
    with own_schemas() as settings:
        generate(settings, options.rows)
        rate = show("insights load --from, first", in_child("load", options.rows, None))
        show("insights load --from, again", in_child("load", options.rows, None))
        whole = show("pandas read_sql + to_sql", in_child("pandas", options.peer_rows, None))
        chunks = show("pandas, in chunks of 10,000", in_child("chunks", options.peer_rows, None))
        print(
            f"insights load is {rate / whole:.1f} and {rate / chunks:.1f} times as fast as pandas"
        )
        if has_dlt:
            peer = show("dlt sql_database, merge", in_child("dlt", options.rows, options.dlt))
            print(f"insights load is {rate / peer:.1f} times as fast as dlt")
        else:
            print("dlt is not installed: skipped (see --dlt)")


if __name__ == "__main__":
    main()
