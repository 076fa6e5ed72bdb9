from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from python_jobs.logs import logger
from python_jobs.providers.base import Category, Taxonomy
from python_jobs.settings import Settings
from tests.fakes.openai_server import FakeOpenAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "sk-test-4f9a0c1d2e3b"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, proxy or setting of the machine reaches a test."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
    for name in ("ENDPOINT", "API_KEY", "API_VERSION", "AD_TOKEN"):
        monkeypatch.delenv(f"AZURE_OPENAI_{name}", raising=False)
    for name in (
        *("PROVIDER", "EMBEDDING_MODEL", "EMBEDDING_DIMENSIONS", "CHAT_MODEL", "LONG_TEXTS"),
        *("EMBEDDING_DEPLOYMENT", "CHAT_DEPLOYMENT"),
    ):
        monkeypatch.delenv(f"INSIGHTS_{name}", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[FakeOpenAI]:
    with FakeOpenAI(key=KEY) as running:
        yield running


@pytest.fixture
def settings(server: FakeOpenAI) -> Callable[..., Settings]:
    """Settings for the fake server, with changes by field name."""

    def make(**changes: object) -> Settings:
        values = {"openai_api_key": KEY, "openai_base_url": server.url, "request_timeout": 5.0}
        return Settings(**{**values, **changes})

    return make


@pytest.fixture
def sleeps() -> list[float]:
    """What the client would have slept."""
    return []


@pytest.fixture
def messages(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """The project's log, whatever another test has configured."""
    before, logger.propagate = logger.propagate, True
    caplog.set_level(logging.DEBUG, logger="insights")
    yield caplog
    logger.propagate = before


@pytest.fixture
def taxonomy() -> Taxonomy:
    return Taxonomy(
        (
            Category("Delivery", "Late or lost parcels.", ("My parcel came two weeks late.",)),
            Category("Sizing", "Too small, too big, too narrow.", ("Runs half a size small.",)),
            Category("Waterproofing", "Keeps water out.", ("Feet soaked after a short rain.",)),
            Category("Support", "Help by chat and e-mail.", ("Nobody answered my e-mails.",)),
        )
    )
