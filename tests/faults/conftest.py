"""Databases full of pending texts, made in SQL: one dbt run for all, a copy for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from python_jobs.jobs.dbt import run_dbt
from python_jobs.providers.openai import client
from python_jobs.providers.pause import Pause
from python_jobs.settings import Settings
from tests.faults.texts import BUILD, fill
from tests.integration.conftest import database, own_home, server, settings  # noqa: F401
from tests.integration.databases import fresh_database, template_database
from tests.integration.jobs.conftest import query
from tests.integration.vectors_apart import vectors_apart

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from python_jobs.storage.embedded import ServerInfo

MOST = 20_000
DIMENSIONS = 8


@pytest.fixture(scope="session")
def full_template(
    server: ServerInfo,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The name of a database with `MOST` distinct texts, what jobs read, and no job ever run."""
    home = tmp_path_factory.mktemp("filled") / "home"

    def build_and_fill(url: str) -> None:
        assert run_dbt(Settings(database_url=SecretStr(url), home=home), BUILD, quiet=True) == 0
        fill(url, MOST)

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("INSIGHTS_DBT_TARGET", raising=False)
        with template_database(server, build_and_fill) as name:
            yield name


@pytest.fixture
def pending(
    server: ServerInfo,  # noqa: F811
    full_template: str,
    own_home: Path,  # noqa: F811
) -> Iterator[Callable[[int], Settings]]:
    """Settings for a database in which so many texts are pending; vectors have 8 dimensions."""
    with fresh_database(server, full_template) as (_, url):

        def with_texts(count: int) -> Settings:
            return _with_texts(Settings(database_url=SecretStr(url), home=own_home), count)

        yield with_texts


@pytest.fixture
def pending_apart(
    server: ServerInfo,  # noqa: F811
    full_template: str,
    settings: Settings,  # noqa: F811
) -> Iterator[Callable[[int], tuple[Settings, Settings]]]:
    """The same with the vectors in a database of their own: settings of the jobs, and of that."""
    with vectors_apart(server, settings, full_template) as (both, store):

        def with_texts(count: int) -> tuple[Settings, Settings]:
            return _with_texts(both, count), store

        yield with_texts


def _with_texts(settings: Settings, count: int) -> Settings:  # noqa: F811
    made = settings.model_copy(update={"embedding_dimensions": DIMENSIONS})
    query(
        made,
        f"delete from intermediate.int_feedback__deduplicated where feedback_id > 'f{count:05}'",
    )
    query(made, "analyze intermediate.int_feedback__deduplicated")
    return made


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits between attempts, which are noted instead of slept."""
    seconds: list[float] = []

    def pause(*, sleep: object, stop: threading.Event | None) -> Pause:
        return Pause(sleep=seconds.append, stop=stop)

    monkeypatch.setattr(client, "Pause", pause)
    return seconds
