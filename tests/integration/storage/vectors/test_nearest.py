from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.errors import BusyError, UsageError
from python_jobs.storage import vectors
from python_jobs.storage.connection import psycopg_connect
from python_jobs.storage.dialects.postgres import hold_with_psycopg
from python_jobs.storage.vectors.nearest import _set_search, nearest_query
from tests.integration.storage.vectors.conftest import HOSTILE, names, unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from python_jobs.settings import Settings
    from python_jobs.storage.vectors import Index, VectorType


@pytest.fixture
def connection(settings: Settings) -> Iterator[psycopg.Connection]:
    """In autocommit, as an index needs it."""
    with psycopg_connect(settings, autocommit=True) as connection:
        yield connection


def plan(connection: psycopg.Connection, index: Index | None, asked: np.ndarray, model: str) -> str:
    query = nearest_query(
        vectors.read_store(connection), index, asked, model=model, limit=5
    ).as_bytes(connection)
    with connection.transaction(force_rollback=True):
        _set_search(connection, 5, index)
        return "\n".join(row[0] for row in connection.execute(b"explain " + query))


def brute_force(given: np.ndarray, asked: np.ndarray, limit: int) -> list[str]:
    order = np.argsort(-(given @ asked), kind="stable")[:limit]
    return [names(len(given))[row] for row in order]


def clustered(count: int, dimensions: int) -> np.ndarray:
    """Unit vectors around 50 centres, as texts about 50 topics are."""
    centres = unit(50, dimensions, seed=3)[np.arange(count) % 50]
    made = centres + 0.3 * unit(count, dimensions)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def test_without_an_index_the_nearest_are_exact(connection: psycopg.Connection) -> None:
    given, asked = unit(300, 32), unit(1, 32, seed=5)[0]
    vectors.write_vectors(connection, names(300), given, model="m")
    vectors.write_vectors(connection, names(300), unit(300, 32, seed=6), model="other")
    near = vectors.nearest(connection, 7 * asked, model="m", limit=20)
    assert [each.content_hash for each in near] == brute_force(given, asked, 20)
    expected = np.sort(given @ asked)[::-1][:20]
    np.testing.assert_allclose([each.similarity for each in near], expected, atol=1e-6)
    assert len(vectors.nearest(connection, asked, model="m", limit=1_000)) == 300
    assert vectors.nearest(connection, asked, model="nobody's", limit=5) == []


@pytest.mark.parametrize("store", ["vector", "halfvec"])
def test_the_index_is_used_and_finds_what_is_near(
    connection: psycopg.Connection, store: VectorType
) -> None:
    vectors.convert_vectors(connection, store)
    count = 2_000
    given, asked = clustered(count, 32), clustered(1, 32)[0]
    vectors.write_vectors(connection, names(count), given, model=HOSTILE)
    vectors.write_vectors(connection, names(count), given[::-1], model="other")
    index = vectors.build_index(connection, model=HOSTILE, dimensions=32)
    assert index
    assert (index.vector_type, index.is_rounded) == (store, False)
    assert f"Index Scan using {index.name}" in plan(connection, index, asked, HOSTILE)
    assert "Index Scan" not in plan(connection, None, asked, HOSTILE)

    exact = vectors.nearest(connection, asked, model=HOSTILE, limit=10, exact=True)
    fast = vectors.nearest(connection, asked, model=HOSTILE, limit=10)
    assert len({each.content_hash for each in fast} & {each.content_hash for each in exact}) >= 8
    assert [each.similarity for each in fast] == sorted((n.similarity for n in fast), reverse=True)
    # More than one look into the index gives (`hnsw.ef_search` is at most 1,000).
    assert len(vectors.nearest(connection, asked, model=HOSTILE, limit=1_500)) > 1_000


def test_the_index_is_of_one_model_and_width(connection: psycopg.Connection) -> None:
    for model, dimensions in (("m", 8), ("m", 4), ("n", 8)):
        vectors.write_vectors(connection, names(20), unit(20, dimensions), model=model)
    built = vectors.build_index(connection, model="m", dimensions=8)
    assert built
    assert vectors.hnsw_indexes(connection) == [built.name]
    for model, dimensions in (("m", 4), ("n", 8)):
        other = vectors.index_for(built.store, model, dimensions)
        assert other
        assert other.name != built.name
        assert not vectors.has_index(connection, other)
        asked = unit(1, dimensions)[0]
        assert len(vectors.nearest(connection, asked, model=model, limit=50)) == 20
    assert vectors.build_index(connection, model="m", dimensions=8) is None
    vectors.drop_index(connection, built)
    assert vectors.hnsw_indexes(connection) == []


def test_later_vectors_enter_the_index(connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, names(20), unit(20, 8), model="m")
    vectors.build_index(connection, model="m", dimensions=8)
    asked = unit(1, 8, seed=4)
    vectors.write_vectors(connection, ["new"], asked, model="m")
    assert vectors.nearest(connection, asked[0], model="m", limit=1)[0].content_hash == "new"


def test_wide_vectors_are_indexed_in_half_precision_and_ranked_in_full(
    connection: psycopg.Connection,
) -> None:
    given, asked = clustered(60, 3_072), clustered(1, 3_072)[0]
    vectors.write_vectors(connection, names(60), given, model="m")
    index = vectors.build_index(connection, model="m", dimensions=3_072)
    assert index
    assert (index.vector_type, index.is_rounded) == ("halfvec", True)
    assert f"Index Scan using {index.name}" in plan(connection, index, asked, "m")
    near = vectors.nearest(connection, asked, model="m", limit=2)
    expected = np.sort(given @ asked)[::-1][:2]
    np.testing.assert_allclose([each.similarity for each in near], expected, atol=1e-6)


def test_too_many_dimensions_for_an_index_are_said(connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, ["a"], unit(1, 4_001), model="m")
    with pytest.raises(UsageError, match="at most 4000 dimensions"):
        vectors.build_index(connection, model="m", dimensions=4_001)
    assert len(vectors.nearest(connection, unit(1, 4_001)[0], model="m", limit=5)) == 1


def test_a_half_built_index_is_built_again(connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, names(20), unit(20, 8), model="m")
    index = vectors.index_for(vectors.read_store(connection), "m", 8)
    assert index
    # What an interrupted `create index concurrently` leaves: an index that is not valid. A unique
    # one that meets duplicates ends the same way, without a race.
    with pytest.raises(Exception, match="unique"):
        connection.execute(
            f"create unique index concurrently {index.name} "  # type: ignore[arg-type]
            "on vector_store.embeddings (model)"
        )
    assert not vectors.has_index(connection, index)
    assert len(vectors.nearest(connection, unit(1, 8)[0], model="m", limit=5)) == 5
    assert vectors.build_index(connection, model="m", dimensions=8)
    assert vectors.has_index(connection, index)


def test_one_process_builds_at_a_time(settings: Settings, connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, names(20), unit(20, 8), model="m")
    index = vectors.index_for(vectors.read_store(connection), "m", 8)
    assert index
    with psycopg_connect(settings, autocommit=True) as other:
        assert hold_with_psycopg(other, f"index vector_store.{index.name}")
        with pytest.raises(BusyError):
            vectors.build_index(connection, model="m", dimensions=8)
        other.execute("select pg_advisory_unlock_all()")
    assert vectors.build_index(connection, model="m", dimensions=8)


def test_a_search_leaves_nothing_set(connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, names(20), unit(20, 8), model="m")
    vectors.build_index(connection, model="m", dimensions=8)
    with connection.transaction():
        for exact in (True, False):
            vectors.nearest(connection, unit(1, 8)[0], model="m", limit=5, exact=exact)
        row = connection.execute(
            "select current_setting('enable_seqscan'), current_setting('enable_indexscan'), "
            "current_setting('hnsw.ef_search')"
        ).fetchone()
    assert row == ("on", "on", "40")


def test_a_converted_store_is_indexed_anew(connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, names(20), unit(20, 8), model="m")
    vectors.build_index(connection, model="m", dimensions=8)
    vectors.convert_vectors(connection, "halfvec")
    assert vectors.hnsw_indexes(connection) == []
    assert len(vectors.nearest(connection, unit(1, 8)[0], model="m", limit=50)) == 20
