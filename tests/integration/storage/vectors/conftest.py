"""An empty vector store for each test, and vectors to put into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydantic import SecretStr

from python_jobs.settings import Settings
from python_jobs.storage import vectors
from python_jobs.storage.connection import psycopg_connect
from tests.integration.databases import fresh_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from python_jobs.storage.embedded import ServerInfo

HOSTILE = "x'; drop schema vector_store cascade; --%s {schema} \" \\ 模型"


@pytest.fixture(scope="module")
def store(server: ServerInfo) -> Iterator[Settings]:
    """Settings for a database with an empty store."""
    with fresh_database(server) as (_, url):
        yield Settings(database_url=SecretStr(url))


@pytest.fixture
def connection(store: Settings) -> Iterator[psycopg.Connection]:
    """Rolled back after the test."""
    with psycopg_connect(store) as connection, connection.transaction(force_rollback=True):
        yield connection


@pytest.fixture
def half(connection: psycopg.Connection) -> str:
    """A second store, of half precision."""
    vectors.init_vectors(connection, "half_store", "halfvec")
    return "half_store"


def unit(count: int, dimensions: int, seed: int = 0) -> np.ndarray:
    made = np.random.default_rng(seed).standard_normal((count, dimensions), dtype=np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def names(count: int) -> list[str]:
    return [f"{number:064x}" for number in range(count)]
