"""Vectors in and out: rows a second and peak memory, beside pgvector-python's own ways.

    python benchmarks/vectors.py [--rows 200000] [--new-rows 10000] [--dimensions 1536]

Needs a database (`insights db start`, or `INSIGHTS_DATABASE_URL`) with about 10 kB of disk a row;
works in a schema of its own there (`benchmark_vectors`) and drops it. The peers are what
pgvector-python shows for psycopg, on the same table with Postgres's own settings:

- insert: `register_vector`, then one `insert` a row with autocommit, as in all of its examples;
- executemany: the same in one transaction and one call;
- copy: its example `loading`, which writes row by row into a binary COPY;
- select: `select embedding`, `fetchall`, `np.array`; and the same with a binary cursor.

Each measurement runs in a process of its own; its memory is the peak above what the process took
before, as a multiple of the array's. The peers read fewer rows (`--peer-rows`): theirs take several
times the array's memory, and rates are compared.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pgvector.psycopg import register_vector
from psycopg import sql

from python_jobs.settings import Settings
from python_jobs.storage import vectors
from python_jobs.storage.connection import psycopg_connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg

SCHEMA = "benchmark_vectors"
TABLE = sql.Identifier(SCHEMA, "embeddings")
MODEL = "benchmark"
COLUMNS = sql.SQL("content_hash, model, dimensions, embedding")
INSERT = sql.SQL("insert into {} ({}) values (%s, %s, %s, %s)").format(TABLE, COLUMNS)
PART = 10_000


def unit_vectors(count: int, dimensions: int, seed: int) -> np.ndarray:
    made = np.random.default_rng(seed).standard_normal((count, dimensions), dtype=np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    return made


def names(start: int, end: int) -> list[str]:
    return [f"{number:064x}" for number in range(start, end)]


@contextmanager
def own_schema(
    settings: Settings, vector_type: vectors.VectorType, *, plain: bool
) -> Iterator[None]:
    """An empty vector store, dropped at the end; `plain` without our settings for the table."""
    drop = sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(SCHEMA))
    with psycopg_connect(settings) as connection:
        connection.execute(drop)
        vectors.init_vectors(connection, SCHEMA, vector_type)
        if plain:
            connection.execute(sql.SQL("alter table {} reset (toast_tuple_target)").format(TABLE))
    try:
        yield
    finally:
        with psycopg_connect(settings) as connection:
            connection.execute(drop)


def write(connection: psycopg.Connection, hashes: list[str], given: np.ndarray) -> None:
    vectors.write_vectors(connection, hashes, given, model=MODEL, schema=SCHEMA)


def insert(connection: psycopg.Connection, hashes: list[str], given: np.ndarray) -> None:
    register_vector(connection)
    for key, vector in zip(hashes, given, strict=True):
        connection.execute(INSERT, (key, MODEL, len(vector), vector))
        connection.commit()


def executemany(connection: psycopg.Connection, hashes: list[str], given: np.ndarray) -> None:
    register_vector(connection)
    rows = [(key, MODEL, len(vector), vector) for key, vector in zip(hashes, given, strict=True)]
    connection.cursor().executemany(INSERT, rows)


def copy(connection: psycopg.Connection, hashes: list[str], given: np.ndarray) -> None:
    register_vector(connection)
    statement = sql.SQL("copy {} ({}) from stdin with (format binary)").format(TABLE, COLUMNS)
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        stream.set_types(["text", "text", "int4", "vector"])
        for key, vector in zip(hashes, given, strict=True):
            stream.write_row((key, MODEL, len(vector), vector))


def read(connection: psycopg.Connection, hashes: list[str], dimensions: int) -> np.ndarray:
    return vectors.read_vectors(
        connection, hashes, model=MODEL, dimensions=dimensions, schema=SCHEMA
    )


def select(
    connection: psycopg.Connection, hashes: list[str], _: int, *, binary: bool = False
) -> np.ndarray:
    register_vector(connection)
    query = sql.SQL("select embedding from {} where content_hash <= %s").format(TABLE)
    rows = connection.cursor(binary=binary).execute(query, (hashes[-1],)).fetchall()
    return np.array([as_array(row[0]) for row in rows], dtype=np.float32)


def as_array(value: Any) -> np.ndarray:
    # pgvector-python gives arrays in some versions, and `Vector` in others.
    return value if isinstance(value, np.ndarray) else value.to_numpy()


WAYS: dict[str, Callable[..., Any]] = {
    "write": write,
    "peer: insert": insert,
    "peer: executemany": executemany,
    "peer: copy": copy,
    "read": read,
    "peer: select": select,
    "peer: select, binary": partial(select, binary=True),
}


def child(what: str, rows: int, dimensions: int) -> None:
    """One measurement; prints seconds, and peak memory as a multiple of the array's."""
    hashes = names(0, rows)
    stores = "read" not in what and "select" not in what
    given = unit_vectors(rows, dimensions, seed=0) if stores else dimensions
    with psycopg_connect(Settings.load()) as connection:
        connection.execute("select 1")
        forget_peak()
        before = resident("VmRSS")
        started = time.perf_counter()
        found = WAYS[what](connection, hashes, given)
        connection.commit()
        seconds = time.perf_counter() - started
    if found is not None:
        assert found.shape == (rows, dimensions)
        np.testing.assert_allclose(np.linalg.norm(found[::97], axis=1), 1, atol=1e-3)
    ratio = (resident("VmHWM") - before) / (rows * dimensions * 4)
    print(json.dumps({"rows": rows, "seconds": seconds, "ratio": ratio}))


def resident(name: str) -> float:
    """Resident memory in bytes: `VmRSS` now, `VmHWM` at its peak. Linux only, else not a number."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    line = next(each for each in status.read_text().splitlines() if each.startswith(name))
    return float(line.split()[1]) * 1024


def forget_peak() -> None:
    """Let `VmHWM` begin again from here."""
    control = Path("/proc/self/clear_refs")
    if control.exists():
        control.write_text("5")


def measured(what: str, rows: int, dimensions: int) -> float:
    """Measure in a process of its own and print a line; rows a second."""
    finished = subprocess.run(
        [sys.executable, __file__, "--child", what, str(rows), str(dimensions)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result = json.loads(finished.stdout)
    rate = float(result["rows"] / result["seconds"])
    print(
        f"{what:<22}{result['rows']:>9,} × {dimensions} {result['seconds']:>8.2f} s "
        f"{rate:>9,.0f} rows/s   memory {result['ratio']:.2f} × the array",
        flush=True,
    )
    return rate


def fill(settings: Settings, rows: int, dimensions: int) -> None:
    """Store what is to be read."""
    with psycopg_connect(settings) as connection:
        for at in range(0, rows, PART):
            end = min(at + PART, rows)
            write(connection, names(at, end), unit_vectors(end - at, dimensions, seed=at))
            connection.commit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000, help="to read")
    parser.add_argument("--new-rows", type=int, default=10_000, help="to store")
    parser.add_argument("--peer-rows", type=int, default=50_000, help="for the peers to read")
    parser.add_argument("--dimensions", type=int, default=1536)
    parser.add_argument("--vector-type", choices=vectors.VECTOR_TYPES, default="vector")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], int(options.child[1]), int(options.child[2]))
        return
    settings, dimensions = Settings.load(), options.dimensions
    kind: vectors.VectorType = options.vector_type
    rates: dict[str, float] = {}
    for way in ("peer: insert", "peer: executemany", "peer: copy", "write"):
        if way != "write" and kind == "halfvec":
            continue  # pgvector-python takes arrays for vectors
        with own_schema(settings, kind, plain=way != "write"):
            rates[way] = measured(way, options.new_rows, dimensions)
    compare(rates, "write")
    rates.clear()
    for way in ("peer: select", "peer: select, binary", "read"):
        rows = options.rows if way == "read" else min(options.rows, options.peer_rows)
        with own_schema(settings, kind, plain=way != "read"):
            fill(settings, rows, dimensions)
            rates[way] = measured(way, rows, dimensions)
    compare(rates, "read")


def compare(rates: dict[str, float], ours: str) -> None:
    for way, rate in rates.items():
        if way != ours:
            print(f"{ours} is {rates[ours] / rate:.1f} times as fast as {way}", flush=True)


if __name__ == "__main__":
    main()
