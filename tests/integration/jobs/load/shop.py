"""A source database with a hundred reviews, for the tests of `insights load --from postgres`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from pydantic import SecretStr

from python_jobs.jobs import load_database as job
from python_jobs.sources.columns import parse_column_map
from python_jobs.sources.options import ReadOptions
from python_jobs.storage import raw
from python_jobs.storage.connection import psycopg_connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from python_jobs.settings import Settings

MAP = ReadOptions(column_map=parse_column_map(["review_id=feedback_id", "body=feedback_text"]))
SHOP = """
create schema shop;
create table shop.reviews (
    review_id integer primary key, created_at timestamptz not null default '2026-01-02T03:04:05Z',
    body text, rating smallint, country text, token uuid default gen_random_uuid(),
    changed_at timestamptz
);
insert into shop.reviews (review_id, body, rating, country, changed_at)
select n, 'Sole came off ' || n, 1 + n % 5, 'DE', timestamptz '2026-03-01Z' + n * interval '1 min'
from generate_series(1, 100) as n
"""


class Shop:
    """A source with a hundred reviews, and the database they are loaded into."""

    def __init__(self, settings: Settings, url: str, folder: Path) -> None:
        self.settings = settings.model_copy(update={"source_url": SecretStr(url)})
        self.url, self.folder = url, folder
        self.run(SHOP)

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(statement.encode())

    def load(
        self,
        table: str | None = "shop.reviews",
        query: str | None = None,
        options: ReadOptions = MAP,
        strict: bool = False,
        **source: Any,
    ) -> tuple[int, ...]:
        """Load; return rows in, loaded, unchanged, updated, rejected."""
        relation = job.relation_of("postgres", None if query else table, query)
        found = job.load_database(
            self.settings, job.DatabaseSource(relation, **source), options, strict=strict
        )
        return (found.rows_in, found.loaded, found.unchanged, found.updated, found.rejected)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg_connect(self.settings) as connection:
            return connection.execute(statement.encode()).fetchall()

    def count(self) -> tuple[int, int]:
        """Feedback, and distinct texts of it."""
        return self.query(
            "select count(*), count(distinct feedback_text) from raw.customer_feedback"
        )[0]  # type: ignore[return-value]


@contextmanager
def broken(monkeypatch: pytest.MonkeyPatch, at: int, error: Any) -> Iterator[list[int]]:
    """Every call of `raw.merge` from the number `at` on calls `error`."""
    merge, calls = raw.merge, [0]

    def breaking(*arguments: Any) -> raw.MergeCounts:
        calls[0] += 1
        if calls[0] == at:
            error()
        return merge(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(raw, "merge", breaking)
        yield calls
