"""Connections to a target: psycopg's own, and SQLAlchemy's engine on it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import psycopg

from python_jobs.storage.failures import refused_connection
from python_jobs.storage.target import target

if TYPE_CHECKING:
    import sqlalchemy as sa

    from python_jobs.settings import Settings
    from python_jobs.storage.target import Target

# A server that starts or recovers from a crash says so; that passes.
_PASSING = re.compile(r"is starting up|in recovery mode|not yet accepting connections")
RECOVERY_SECONDS = 30.0


def psycopg_connect(settings: Settings, **kwargs: Any) -> psycopg.Connection:
    """Connect with psycopg.

    Args:
        settings: say where to.
        kwargs: for `psycopg.connect`, as in ``autocommit=True``.

    Raises:
        ConfigurationError: `INSIGHTS_DATABASE_URL` is no Postgres URL.
        DatabaseError: the server cannot be reached or refuses.
    """
    return connect(target(settings), **kwargs)


def connect(where: Target, **kwargs: Any) -> psycopg.Connection:
    """Connect to a target; see `psycopg_connect`."""
    return _connect(where, where.parameters() | kwargs)


def sqlalchemy_engine(settings: Settings, **kwargs: Any) -> sa.Engine:
    """An SQLAlchemy engine on psycopg that checks a pooled connection before it lends it.

    Args:
        settings: say where to.
        kwargs: for `sqlalchemy.create_engine`.

    Raises:
        ConfigurationError, DatabaseError: as `database_url` does; connections that the engine
            makes later raise DatabaseError too.
    """
    return engine_for(target(settings), **kwargs)


def engine_for(where: Target, **kwargs: Any) -> sa.Engine:
    """An engine on a target; see `sqlalchemy_engine`."""
    import sqlalchemy as sa  # a quarter of a second that `insights db` need not spend

    arguments = where.parameters() | kwargs.pop("connect_args", {})
    engine = sa.create_engine(
        "postgresql+psycopg://", **({"pool_pre_ping": True, "connect_args": arguments} | kwargs)
    )

    @sa.event.listens_for(engine, "do_connect")
    def _(_dialect: object, _record: object, _args: object, parameters: dict[str, Any]) -> object:
        return _connect(where, parameters)

    return engine


def _connect(where: Target, parameters: dict[str, Any]) -> psycopg.Connection:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        given = parameters | _token(where)
        try:
            return psycopg.connect(**given)
        except psycopg.Error as error:
            if not _PASSING.search(str(error)) or time.monotonic() > deadline:
                raise refused_connection(error, where, given.get("password")) from None
        time.sleep(0.1)


def _token(where: Target) -> dict[str, str]:
    secret = where.secret() if where.authentication else None
    return {"password": secret.get_secret_value()} if secret else {}
