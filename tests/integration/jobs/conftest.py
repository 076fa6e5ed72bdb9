"""A database that dbt has built, with a little feedback in it: made once, copied for each test."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from python_jobs.jobs.load import load
from python_jobs.jobs.prepare import ensure_tables
from python_jobs.settings import Settings
from python_jobs.storage.connection import psycopg_connect
from tests.integration.databases import fresh_database, template_database
from tests.integration.dbt_builds import build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_jobs.storage.embedded import ServerInfo
    from tests.fakes.openai_server import FakeOpenAI

# Five topics of a few texts each, duplicates that differ in case only, and one that servers hate.
_TOPICS = {
    "sole": [
        "the sole came off",
        "sole fell off after a week",
        "glue failed and the sole is loose",
    ],
    "delivery": [
        "the parcel came late",
        "courier left it in the rain",
        "delivery took weeks",
    ],
    "size": ["runs a size small", "too narrow for my feet", "size up if your feet are wide"],
    "app": ["the app crashes at checkout", "cannot log in to the app", "app empties my basket"],
    "praise": ["very good", "great boots", "love them"],
}
TEXTS: list[tuple[str, str, str]] = [
    (f"{topic}-{month}-{number}", f"2026-{month:02}-1{number}T12:00:00Z", f"{text} {topic} {month}")
    for topic, texts in _TOPICS.items()
    for month in (5, 6)
    for number, text in enumerate(texts)
]
TEXTS += [
    ("same-1", "2026-05-01T00:00:00Z", "Nothing to add"),
    ("same-2", "2026-06-01T00:00:00Z", "nothing to ADD"),
    ("same-3", "2026-06-02T00:00:00Z", "nothing to add"),
    ("poison", "2026-07-01T00:00:00Z", "the poisonous one"),
]


@pytest.fixture(scope="session")
def empty_tables(server: ServerInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with the job tables: running dbt for every test would take minutes."""
    home = tmp_path_factory.mktemp("loading")

    def fill(url: str) -> None:
        ensure_tables(Settings(database_url=SecretStr(url), home=home))

    with template_database(server, fill) as name:
        yield name


@pytest.fixture
def prepared(server: ServerInfo, empty_tables: str, own_home: Path) -> Iterator[Settings]:
    """Settings for a copy of that database."""
    with fresh_database(server, empty_tables) as (_, url):
        yield Settings(database_url=SecretStr(url), home=own_home)


@pytest.fixture(scope="session")
def staged_template(server: ServerInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with `TEXTS` loaded and everything built by dbt."""
    folder = tmp_path_factory.mktemp("staged")
    file = folder / "feedback.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["feedback_id", "created_at", "feedback_text"])
        writer.writerows(TEXTS)

    def fill(url: str) -> None:
        settings = Settings(database_url=SecretStr(url), home=folder / "home")
        load(settings, file)
        build(settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("INSIGHTS_DBT_TARGET", raising=False)
        with template_database(server, fill) as name:
            yield name


@pytest.fixture
def staged(server: ServerInfo, staged_template: str, own_home: Path) -> Iterator[Settings]:
    """Settings for a copy of that database, with nothing of the developer's own environment."""
    with fresh_database(server, staged_template) as (_, url):
        yield Settings(database_url=SecretStr(url), home=own_home)


def with_openai(settings: Settings, server: FakeOpenAI) -> Settings:
    """The same settings with the fake server as the provider."""
    return settings.model_copy(
        update={"openai_api_key": SecretStr("sk-test"), "openai_base_url": server.url}
    )


def query(settings: Settings, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement; its rows, if it has any."""
    with psycopg_connect(settings) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
