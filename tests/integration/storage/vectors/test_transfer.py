from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import psycopg
import pytest
from psycopg import sql

from python_jobs.errors import DatabaseError, UsageError
from python_jobs.storage import vectors
from python_jobs.storage.connection import psycopg_connect
from python_jobs.storage.failures import ConnectionLostError
from python_jobs.storage.vectors import reading
from tests.integration.conftest import PATIENCE
from tests.integration.storage.vectors.conftest import HOSTILE, names, unit

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings


def count_rows(connection: psycopg.Connection) -> int:
    row = connection.execute("select count(*) from vector_store.embeddings").fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize(
    ("count", "dimensions"), [(1, 1), (1, 1536), (300, 384), (7, 2049), (3, 16_000)]
)
def test_vectors_come_back_to_the_bit(
    connection: psycopg.Connection, count: int, dimensions: int
) -> None:
    given, hashes = unit(count, dimensions), names(count)
    vectors.write_vectors(connection, hashes, given, model="m")
    found = vectors.read_vectors(connection, hashes, model="m", dimensions=dimensions)
    assert found.dtype == np.float32
    assert found.tobytes() == given.tobytes()


def test_the_database_sees_the_same_numbers(connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, ["a"], np.array([[1.5, -2, 0]], np.float32), model="m")
    row = connection.execute(
        "select content_hash, model, dimensions, embedding::text from vector_store.embeddings"
    ).fetchone()
    assert row == ("a", "m", 3, "[1.5,-2,0]")


def test_half_precision_comes_back_within_its_rounding(
    connection: psycopg.Connection, half: str
) -> None:
    given, hashes = unit(50, 300), names(50)
    vectors.write_vectors(connection, hashes, given, model="m", schema=half)
    found = vectors.read_vectors(connection, hashes, model="m", dimensions=300, schema=half)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, given.astype(np.float16).astype(np.float32))
    np.testing.assert_allclose(found, given, rtol=2**-11, atol=2**-24)
    stored = connection.execute(
        "select pg_typeof(embedding)::text from half_store.embeddings limit 1"
    ).fetchone()
    assert stored == ("halfvec",)


def test_order_and_repetition_are_those_asked_for(connection: psycopg.Connection) -> None:
    given, hashes = unit(40, 8), names(40)
    vectors.write_vectors(connection, hashes, given, model="m")
    asked = np.random.default_rng(1).integers(0, 40, 100)
    found = vectors.read_vectors(connection, [hashes[i] for i in asked], model="m", dimensions=8)
    np.testing.assert_array_equal(found, given[asked])


@pytest.mark.parametrize("pages_a_lookup", [0, 1e9], ids=["by index", "in one pass"])
def test_both_plans_find_the_same(
    connection: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, pages_a_lookup: float
) -> None:
    monkeypatch.setattr(reading, "_PAGES_A_LOOKUP", pages_a_lookup)
    given, hashes = unit(500, 16), names(500)
    vectors.write_vectors(connection, hashes, given, model="m")
    vectors.write_vectors(connection, hashes, unit(500, 16, seed=9), model="other")
    some = hashes[100:400:7]
    found = vectors.read_vectors(connection, some, model="m", dimensions=16)
    np.testing.assert_array_equal(found, given[100:400:7])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (reading._LOOK_UP, "Index Scan using embeddings_pkey on embeddings"),
        (reading._IN_ONE_PASS, "Seq Scan on embeddings"),
    ],
    ids=["by index", "in one pass"],
)
def test_the_plan_needs_no_statistics(
    connection: psycopg.Connection, query: sql.SQL, expected: str
) -> None:
    vectors.write_vectors(connection, names(500), unit(500, 16), model="m")
    reading._want(connection, {name: place for place, name in enumerate(names(500))})
    statement = query.format(
        table=sql.Identifier("vector_store", "embeddings"),
        model=sql.Literal("m"),
        dimensions=sql.Literal(16),
    ).as_string(connection)
    inner = (
        statement.strip().removeprefix("copy (").removesuffix(") to stdout with (format binary)")
    )
    plan = "\n".join(row[0] for row in connection.execute(f"explain {inner}".encode()))
    assert expected in plan
    assert "Join" not in plan
    assert "Nested Loop" not in plan


def test_reading_leaves_nothing_behind(settings: Settings) -> None:
    with psycopg_connect(settings) as connection:
        read_twice(connection)
    with psycopg_connect(settings, autocommit=True) as connection:
        assert len(vectors.read_vectors(connection, names(5), model="m", dimensions=4)) == 5


def read_twice(connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, names(5), unit(5, 4), model="m")
    for _ in range(2):
        vectors.read_vectors(connection, names(5), model="m", dimensions=4)
    row = connection.execute("select to_regclass('pg_temp.wanted_vectors')").fetchone()
    assert row == (None,)


def test_missing_vectors_are_counted(connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, names(3), unit(3, 4), model="m")
    with pytest.raises(DatabaseError, match="2 texts are recorded as embedded"):
        vectors.read_vectors(connection, [*names(3), "x", "y"], model="m", dimensions=4)
    for model, dimensions in (("n", 4), ("m", 5)):
        with pytest.raises(DatabaseError, match="3 texts"):
            vectors.read_vectors(connection, names(3), model=model, dimensions=dimensions)


def test_nothing_in_nothing_out(connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, [], np.empty((0, 4), np.float32), model="m")
    assert vectors.read_vectors(connection, [], model="m", dimensions=4).shape == (0, 4)
    assert vectors.stored_hashes(connection, [], model="m", dimensions=4) == set()


def test_a_hash_that_comes_twice_is_stored_once(connection: psycopg.Connection) -> None:
    given = unit(3, 4)
    vectors.write_vectors(connection, ["a", "b", "a"], given, model="m")
    found = vectors.read_vectors(connection, ["a", "b"], model="m", dimensions=4)
    np.testing.assert_array_equal(found, given[[2, 1]])


def test_a_second_vector_replaces_the_first(connection: psycopg.Connection) -> None:
    for seed in (1, 2):
        vectors.write_vectors(connection, names(3), unit(3, 4, seed), model="m")
    found = vectors.read_vectors(connection, names(3), model="m", dimensions=4)
    np.testing.assert_array_equal(found, unit(3, 4, 2))
    assert count_rows(connection) == 3


def test_two_who_store_the_same_text_both_get_through(settings: Settings) -> None:
    first, second = unit(3, 4, 1), unit(3, 4, 2)
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg_connect(settings) as one,
        psycopg_connect(settings) as two,
        psycopg_connect(settings, autocommit=True) as watching,
    ):
        vectors.write_vectors(one, names(3), first, model="m")
        later = pool.submit(vectors.write_vectors, two, names(3), second, model="m")
        waiting = "select wait_event_type = 'Lock' from pg_stat_activity where pid = %s"
        while watching.execute(waiting, (two.info.backend_pid,)).fetchone() != (True,):
            assert not later.done()
        one.commit()
        later.result(timeout=PATIENCE)
        two.commit()
        found = vectors.read_vectors(one, names(3), model="m", dimensions=4)
        assert count_rows(one) == 3
    np.testing.assert_array_equal(found, second)


def test_a_failed_write_leaves_the_callers_transaction_usable(
    connection: psycopg.Connection,
) -> None:
    vectors.write_vectors(connection, ["a"], unit(1, 4), model="m")
    with pytest.raises(DatabaseError):
        vectors.write_vectors(connection, ["b"], np.zeros((1, 4), np.float32), model="m")
    assert count_rows(connection) == 1


def test_widths_live_beside_each_other(connection: psycopg.Connection) -> None:
    for dimensions in (4, 8):
        vectors.write_vectors(connection, ["a"], unit(1, dimensions), model="m")
        assert vectors.stored_hashes(connection, ["a", "b"], model="m", dimensions=dimensions) == {
            "a"
        }
    assert count_rows(connection) == 2


def test_hashes_of_several_lengths(connection: psycopg.Connection) -> None:
    hashes = ["", "é", "long" * 50, "short"]
    vectors.write_vectors(connection, hashes, unit(4, 4), model="m")
    found = vectors.read_vectors(connection, hashes, model="m", dimensions=4)
    np.testing.assert_array_equal(found, unit(4, 4))


def test_a_hostile_model_name_is_a_name(connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, ["a"], unit(1, 4), model=HOSTILE)
    found = vectors.read_vectors(connection, ["a"], model=HOSTILE, dimensions=4)
    np.testing.assert_array_equal(found, unit(1, 4))
    assert vectors.has_vectors(connection, model=HOSTILE, dimensions=4)
    near = vectors.nearest(connection, found[0], model=HOSTILE, limit=5)
    assert [each.content_hash for each in near] == ["a"]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 0.0, 1e-30, 1e30])
def test_vectors_without_direction_are_refused(connection: psycopg.Connection, bad: float) -> None:
    given = unit(5, 4)
    given[1], given[3] = bad, [bad, 0, 0, 0]
    with pytest.raises(DatabaseError, match="2 of 5 vectors have no direction"):
        vectors.write_vectors(connection, names(5), given, model="m")
    assert count_rows(connection) == 0


@pytest.mark.parametrize("bad", [1e5, 1e-9])
def test_half_precision_refuses_what_it_cannot_hold(
    connection: psycopg.Connection, half: str, bad: float
) -> None:
    given = unit(3, 4)
    given[1] = bad
    with pytest.raises(DatabaseError, match=r"1 of 3 vectors .* range of halfvec"):
        vectors.write_vectors(connection, names(3), given, model="m", schema=half)


@pytest.mark.parametrize(
    ("count", "shape", "dimensions"),
    [(2, (3, 4), None), (2, (8,), None), (2, (2, 0), None), (2, (2, 4), 8)],
)
def test_shapes_that_do_not_fit_are_refused(
    connection: psycopg.Connection, count: int, shape: tuple[int, ...], dimensions: int | None
) -> None:
    with pytest.raises(UsageError):
        vectors.write_vectors(
            connection, names(count), np.ones(shape, np.float32), model="m", dimensions=dimensions
        )
    assert count_rows(connection) == 0


def test_other_number_types_are_stored_as_float32(connection: psycopg.Connection) -> None:
    given = unit(2, 4).astype(np.float64)[:, ::-1]
    vectors.write_vectors(connection, names(2), given, model="m")  # type: ignore[arg-type]
    found = vectors.read_vectors(connection, names(2), model="m", dimensions=4)
    np.testing.assert_array_equal(found, given.astype(np.float32))


def test_a_file_can_take_what_memory_cannot(connection: psycopg.Connection, tmp_path: Path) -> None:
    vectors.write_vectors(connection, names(30), unit(30, 8), model="m")
    path = tmp_path / "vectors.npy"
    out = np.lib.format.open_memmap(path, "w+", np.float32, (30, 8))
    found = vectors.read_vectors(connection, names(30), model="m", dimensions=8, out=out)
    assert found is out
    out.flush()
    np.testing.assert_array_equal(np.load(path), unit(30, 8))
    for wrong in (np.empty((30, 7), np.float32), np.empty((30, 8))):
        with pytest.raises(UsageError, match="array to fill"):
            vectors.read_vectors(connection, names(30), model="m", dimensions=8, out=wrong)


def test_memory_stays_near_the_array(connection: psycopg.Connection) -> None:
    count, dimensions = 20_000, 256
    given, hashes = unit(count, dimensions), names(count)
    tracemalloc.start()
    try:
        vectors.write_vectors(connection, hashes, given, model="m")
        written = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        found = vectors.read_vectors(connection, hashes, model="m", dimensions=dimensions)
        read = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert found.tobytes() == given.tobytes()
    assert written <= 0.6 * given.nbytes
    assert read <= 1.3 * given.nbytes


def test_a_connection_that_is_lost_can_be_told(store: Settings) -> None:
    connection = psycopg_connect(store)
    with psycopg_connect(store) as other:
        other.execute("select pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
    with pytest.raises(ConnectionLostError):
        vectors.write_vectors(connection, ["a"], unit(1, 4), model="m")
    connection.close()


def test_centroids_are_stored(connection: psycopg.Connection) -> None:
    vectors.write_centroids(connection, "run", {"root.0": np.array([1, 2.5], np.float32)})
    row = connection.execute(
        "select run_id, cluster_path, centroid::text from vector_store.cluster_centroids"
    ).fetchone()
    assert row == ("run", "root.0", "[1,2.5]")
