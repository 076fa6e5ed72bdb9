"""What every test may rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs import logs

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def _own_dbt_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No other process of pytest, and no developer's dbt, writes over what dbt writes here."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first: while the last of them ends, the other worker has quick ones."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def _untouched_log() -> Iterator[None]:
    """A command configures the project's log; the next test finds it as it was."""
    handlers, level, propagate = logs.logger.handlers[:], logs.logger.level, logs.logger.propagate
    yield
    logs.logger.handlers[:], logs.logger.propagate = handlers, propagate
    logs.logger.setLevel(level)  # not the attribute: the logger remembers what it let through
