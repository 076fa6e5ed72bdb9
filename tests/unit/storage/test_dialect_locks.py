"""Locks on SQL Server, asked for as its procedures want it; no server has seen them."""

from __future__ import annotations

from typing import Any

import pytest

from python_jobs.errors import BusyError, DatabaseError
from python_jobs.settings import Settings
from python_jobs.storage import lock
from python_jobs.storage.failures import PassingError
from tests.unit.storage.stand_ins import Connection


def asked(connection: Connection) -> dict[str, Any]:
    ((text, values),) = connection.asked
    assert "sp_getapplock" in text
    assert values is not None
    return values


def test_a_lock_of_the_session() -> None:
    free, taken = Connection(0), Connection(-1)
    assert lock.hold(free, "x")  # type: ignore[arg-type]
    assert not lock.hold(taken, "x")  # type: ignore[arg-type]
    values = asked(free)
    assert (values["mode"], values["owner"], values["wait"]) == ("Exclusive", "Session", 0)
    assert len(lock_name("x" * 5_000)) < 255
    assert lock_name("x") != lock_name("X")


def lock_name(name: str) -> str:
    connection = Connection(0)
    lock.hold(connection, name)  # type: ignore[arg-type]
    return str(asked(connection)["resource"])


def test_workers_share_the_pipeline_s_lock() -> None:
    connection = Connection(0)
    lock.hold_pipeline_lock(connection, Settings(), shared=True)  # type: ignore[arg-type]
    assert asked(connection)["mode"] == "Shared"


def test_another_run_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "_LEAVING_SECONDS", -1.0)
    with pytest.raises(BusyError):
        lock.hold_pipeline_lock(Connection(-1), Settings())  # type: ignore[arg-type]


def test_a_turn_is_the_transaction_s_and_waits_for_so_long_only() -> None:
    connection = Connection(1)
    lock.wait_for_turn(connection, "claims of tag")  # type: ignore[arg-type]
    values = asked(connection)
    assert (values["owner"], values["wait"]) == ("Transaction", 120_000)
    text = connection.asked[0][0]
    assert text.index("from sys.schemas") < text.index("exec"), "no transaction, no owner"
    with pytest.raises(PassingError, match="120 seconds"):
        lock.wait_for_turn(Connection(-1), "x")  # type: ignore[arg-type]
    with pytest.raises(PassingError, match="deadlock"):
        lock.wait_for_turn(Connection(-3), "x")  # type: ignore[arg-type]
    with pytest.raises(DatabaseError, match="-999"):
        lock.wait_for_turn(Connection(-999), "x")  # type: ignore[arg-type]


def test_who_lives_is_asked_without_taking() -> None:
    connection = Connection(0)
    assert lock.is_held(connection, "run")  # type: ignore[arg-type]
    assert "applock_test" in connection.asked[0][0]
    assert not lock.is_held(Connection(1), "run")  # type: ignore[arg-type]
