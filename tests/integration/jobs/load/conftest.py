"""A database with empty raw tables, and what every test of loading does with it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from python_jobs.jobs import load as job
from python_jobs.jobs import load_database
from python_jobs.settings import Settings
from python_jobs.storage.connection import psycopg_connect
from tests.integration.databases import fresh_database
from tests.integration.jobs.load.shop import Shop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from python_jobs.sources.options import ReadOptions
    from python_jobs.storage.embedded import ServerInfo

HEADINGS = ("feedback_id", "created_at", "source", "product", "rating", "feedback_text")


class Loading:
    """Write files into a folder, load them, look at the tables."""

    headings = HEADINGS

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder

    @staticmethod
    def row(number: int, text: str = "Sole came off", rating: str = "4") -> list[str]:
        return [f"F{number}", "2024-01-02T03:04:05Z", "web", "Ridge 2", rating, text]

    def write(self, name: str, *rows: Sequence[str], headings: Sequence[str] = HEADINGS) -> Path:
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([headings, *rows])
        return path

    def load(
        self, path: Path | None, options: ReadOptions | None = None, **flags: bool
    ) -> job.LoadResult:
        result = job.load(self.settings, path, options, **flags)
        assert sum(result.reasons.values()) == result.rejected
        return result

    def counts(self, path: Path | None, *arguments: Any, **flags: bool) -> tuple[int, ...]:
        """Load; return rows in, loaded, unchanged, updated, rejected."""
        result = self.load(path, *arguments, **flags)
        counts = (result.loaded, result.unchanged, result.updated, result.rejected)
        assert result.rows_in == sum(counts)
        return (result.rows_in, *counts)

    def query(self, text: str) -> list[tuple[Any, ...]]:
        with psycopg_connect(self.settings) as connection:
            return connection.execute(text).fetchall()

    def run(self, text: str) -> None:
        with psycopg_connect(self.settings) as connection:
            connection.execute(text)

    def everything(self) -> list[list[tuple[Any, ...]]]:
        return [
            self.query("select * from raw.customer_feedback order by feedback_id"),
            self.query("select * from raw.rejected_feedback order by origin, line_number"),
        ]


@pytest.fixture
def loading(server: ServerInfo, empty_tables: str, tmp_path: Path) -> Iterator[Loading]:
    """A database of its own with empty raw tables."""
    with fresh_database(server, empty_tables) as (_, url):
        yield Loading(Settings(database_url=SecretStr(url), home=tmp_path / "home"), tmp_path)


@pytest.fixture
def shop(loading: Any, server: ServerInfo, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A source with a hundred reviews; what breaks is tried again at once."""
    monkeypatch.setattr(load_database, "FIRST_WAIT", 0.01)
    with fresh_database(server) as (_, url):
        yield Shop(loading.settings, url, loading.folder)
