"""What an error of the warehouse means: which pass, which somebody has to see to."""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import errors

from python_jobs.errors import DatabaseError
from python_jobs.settings import Settings
from python_jobs.storage.failures import ConnectionLostError
from python_jobs.storage.warehouse import Warehouse


def raised(error: psycopg.Error, *, by_driver: bool) -> DatabaseError:
    """What becomes of an error in a transaction, of SQLAlchemy's or of a COPY below it."""
    with Warehouse(Settings(database_url="postgresql://h/d")) as warehouse:
        warehouse._engine = sa.create_engine("sqlite://")  # only the error counts
        with pytest.raises(DatabaseError) as caught, warehouse.transaction():
            raise error if by_driver else sa.exc.DBAPIError("select 1", None, error)
    return caught.value


@pytest.mark.parametrize("by_driver", [True, False])
@pytest.mark.parametrize(
    ("error", "passes", "says"),
    [
        (errors.DeadlockDetected(), True, "lost"),
        (errors.AdminShutdown(), True, "lost"),
        (errors.TooManyConnections(), True, "lost"),
        (psycopg.OperationalError("server closed the connection unexpectedly"), True, "lost"),
        (errors.DiskFull("could not extend file"), False, "disk space (SQLSTATE 53100)"),
        (errors.QueryCanceled(), False, "SQLSTATE 57014"),
    ],
)
def test_a_full_disk_is_no_lost_connection(
    error: psycopg.Error, passes: bool, says: str, by_driver: bool
) -> None:
    found = raised(error, by_driver=by_driver)
    assert isinstance(found, ConnectionLostError) == passes
    assert says in found.message
    assert found.hint


def test_a_missing_right_leads_to_the_grant() -> None:
    found = raised(errors.InsufficientPrivilege("permission denied"), by_driver=False)
    assert "insights doctor" in str(found.hint)
