from __future__ import annotations

import numpy as np
import psycopg
import pytest

from python_jobs.errors import ConfigurationError, DatabaseError
from python_jobs.storage import vectors
from tests.integration.storage.vectors.conftest import names, unit


def test_a_store_keeps_its_type(connection: psycopg.Connection, half: str) -> None:
    for kind in (None, "halfvec"):
        vectors.init_vectors(connection, half, kind)  # type: ignore[arg-type]
    assert vectors.read_store(connection, half).vector_type == "halfvec"
    assert vectors.read_store(connection).vector_type == "vector"
    with pytest.raises(ConfigurationError, match="as halfvec, not as vector") as caught:
        vectors.init_vectors(connection, half, "vector")
    assert "INSIGHTS_VECTOR_TYPE=halfvec" in (caught.value.hint or "")
    assert vectors.read_store(connection, half).vector_type == "halfvec"


def test_a_store_is_converted_when_asked_to(connection: psycopg.Connection) -> None:
    given = unit(20, 8)
    vectors.write_vectors(connection, names(20), given, model="m")
    assert vectors.convert_vectors(connection, "halfvec")
    assert not vectors.convert_vectors(connection, "halfvec")
    found = vectors.read_vectors(connection, names(20), model="m", dimensions=8)
    np.testing.assert_array_equal(found, given.astype(np.float16).astype(np.float32))
    vectors.write_vectors(connection, names(20), given, model="n")
    assert vectors.convert_vectors(connection, "vector")
    with pytest.raises(psycopg.errors.CheckViolation), connection.transaction():
        connection.execute("update vector_store.embeddings set dimensions = 9")


def test_a_value_too_large_stops_the_conversion(connection: psycopg.Connection) -> None:
    vectors.write_vectors(connection, ["a"], np.full((1, 2), 1e6, np.float32), model="m")
    with pytest.raises(DatabaseError, match="half precision"), connection.transaction():
        vectors.convert_vectors(connection, "halfvec")
    assert vectors.read_store(connection).vector_type == "vector"


def test_a_store_of_another_width_is_said_before_it_costs(connection: psycopg.Connection) -> None:
    assert vectors.check_store(connection, 4) == vectors.Store("vector", None)
    connection.execute("alter table vector_store.embeddings alter embedding type vector(1536)")
    assert vectors.check_store(connection, 1536).width == 1536
    with pytest.raises(ConfigurationError, match="1536 dimensions only, the model makes 384"):
        vectors.check_store(connection, 384)
    with pytest.raises(ConfigurationError, match="the model makes 4"):
        vectors.write_vectors(connection, ["a"], unit(1, 4), model="m")


def test_more_dimensions_than_pgvector_has_are_said(connection: psycopg.Connection) -> None:
    with pytest.raises(ConfigurationError, match="at most 16000"):
        vectors.check_store(connection, 16_001)


def test_a_database_without_tables_says_what_to_run(connection: psycopg.Connection) -> None:
    calls = [
        lambda: vectors.check_store(connection, 4, "nowhere"),
        lambda: vectors.write_vectors(connection, ["a"], unit(1, 4), model="m", schema="nowhere"),
        lambda: vectors.read_vectors(connection, ["a"], model="m", dimensions=4, schema="nowhere"),
        lambda: vectors.has_vectors(connection, model="m", dimensions=4, schema="nowhere"),
    ]
    for call in calls:
        with pytest.raises(DatabaseError) as caught, connection.transaction():
            call()
        assert "init-vectors" in (caught.value.hint or "")


def test_a_column_of_another_kind_is_said(connection: psycopg.Connection) -> None:
    connection.execute("create schema mine create table embeddings (embedding real[])")
    with pytest.raises(DatabaseError, match="holds its vectors as _float4"):
        vectors.read_store(connection, "mine")
