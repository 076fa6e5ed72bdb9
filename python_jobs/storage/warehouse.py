"""The warehouse: where dbt builds and the jobs read pending sets and write what they did."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
import sqlalchemy as sa
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
)

from python_jobs.errors import DatabaseError, InsightsError
from python_jobs.logs import logger
from python_jobs.storage import dialects, warehouse_address
from python_jobs.storage.failures import PassingError, ended
from python_jobs.storage.tables import schema_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_jobs.settings import Settings

Value = TypeVar("Value")

# Each thread of a job stores its own answers; the settings allow 64 of them.
MOST_WORKERS = 64


class Warehouse:
    """One database with its pool of connections; close it after use (`with`)."""

    def __init__(self, settings: Settings) -> None:
        engine = warehouse_address.engine(
            settings, poolclass=sa.QueuePool, pool_pre_ping=True, max_overflow=MOST_WORKERS
        )
        self._engine = engine.execution_options(schema_translate_map=schema_names(settings))
        self._dialect = dialects.of(engine)

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def patiently(self, work: Callable[[], Value]) -> Value:
        """Do some work in transactions of its own, again where the reason of a failure passes.

        For a server that restarts, or ends one of two transactions that wait for each other, while
        answers that were paid for wait to be stored: up to 5 retries after 1, 2, 4, 8 and 16
        seconds.

        Raises:
            PassingError: it does not pass, as a server that does not come back.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(PassingError),
            wait=wait_exponential(min=1, max=16),
            stop=stop_after_attempt(6),
            before_sleep=_say_again,
            reraise=True,
        )
        return retrying(work)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A connection in a transaction: committed at the end, rolled back on an error.

        Raises:
            DatabaseError: in the words of the user for what they can mend.
        """
        try:
            with dialects.errors_explained(self._dialect), self._engine.begin() as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise ended(error) from None


def fetch(
    connection: sa.Connection, query: sa.Select[Any], kind: Callable[..., Value]
) -> list[Value]:
    """The rows of a query, each as `kind(*columns)`."""
    return [kind(*row) for row in connection.execute(query)]


def native(connection: sa.Connection) -> psycopg.Connection:
    """The psycopg connection below, for COPY in the same transaction."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise DatabaseError(
            "this warehouse is no Postgres", hint="vectors need Postgres with pgvector"
        )
    return driver


def _say_again(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    reason = error.message if isinstance(error, InsightsError) else "it failed"
    logger.warning("Trying again: %s", reason)
