"""A fake provider whose batches end at the first look, and ways to look at what was stored."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.errors import IncompleteError
from python_jobs.jobs.batch import (
    Fetched,
    fetch,
)
from python_jobs.jobs.pending import Selection
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.jobs.conftest import TEXTS, query, with_openai

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.settings import Settings

SMALL = Selection(batch_size=4, workers=2)
DISTINCT = len({text.lower() for _, _, text in TEXTS})
LINES = -(-DISTINCT // 4)


@pytest.fixture
def api() -> Iterator[FakeOpenAI]:
    """Batches end at the first look."""
    with FakeOpenAI() as running:
        running.batch_api.steps = ("completed",)
        yield running


@pytest.fixture
def live(staged: Settings, api: FakeOpenAI) -> Settings:
    return with_openai(staged, api)


def counted(live: Settings, table: str) -> int:
    return int(query(live, f"select count(*) from {table}")[0][0])


def stored(live: Settings) -> int:
    return counted(live, "vector_store.embeddings")


def pending(live: Settings) -> int:
    rows = query(live, "select count(distinct content_hash) from marts.pending_embeddings")
    return int(rows[0][0])


def items(live: Settings) -> dict[str, int]:
    rows = query(
        live, "select status, count(*) from customer_insights.api_batch_items group by status"
    )
    return {status: count for status, count in rows}  # noqa: C416 - typed


def fetched(live: Settings, **options: Any) -> Fetched:
    """Fetch, whatever was left behind."""
    found: list[Fetched] = []
    with suppress(IncompleteError):
        fetch(live, report=found.append, **options)
    return found[0]


class Killed(BaseException):
    """The process ends here."""


def killed(*args: object, **options: object) -> None:
    raise Killed


@contextmanager
def dies(owner: object, name: str, replacement: object = killed) -> Iterator[None]:
    """The process ends where `name` is called."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, replacement)
        with pytest.raises(Killed):
            yield
