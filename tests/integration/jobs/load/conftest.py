"""A database with empty raw tables, and what every test of loading does with it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.jobs import load as job
from python_jobs.settings import Settings
from python_jobs.storage.connection import psycopg_connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from python_jobs.sources.options import ReadOptions
    from python_jobs.storage.embedded import ServerInfo

HEADINGS = ("feedback_id", "created_at", "source", "product", "rating", "feedback_text")

# As dbt's macro raw_tables writes it: running dbt for every test would take minutes.
TABLES = """
create schema if not exists raw;
create table raw.customer_feedback (
    feedback_id text collate "C" not null primary key,
    created_at timestamp with time zone not null,
    source text,
    product text,
    rating numeric(6, 3),
    feedback_text text not null,
    attributes jsonb default '{}' not null,
    row_hash text collate "C" not null,
    origin text collate "C" not null,
    loaded_at timestamp with time zone not null,
    updated_at timestamp with time zone not null
);
create table raw.rejected_feedback (
    origin text collate "C" not null,
    line_number bigint not null,
    reason text collate "C" not null,
    feedback_id text,
    rejected_at timestamp with time zone not null,
    primary key (origin, line_number, reason)
);
"""


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
def loading(server: ServerInfo, tmp_path: Path) -> Iterator[Loading]:
    """Fresh raw tables in the server's own database: a database for each test takes a second."""
    ready = Loading(Settings(database_url=server.url, home=tmp_path / "home"), tmp_path)
    ready.run("drop schema if exists raw cascade")
    ready.run(TABLES)
    yield ready
    ready.run("drop schema if exists raw cascade")
