"""Servers that other people wrote to break clients: llmock from PyPI, aimock from npm.

Neither is ours, so neither shares our idea of what the API does. What they do with embeddings:

- llmock answers with 1,536 decimal numbers whatever `dimensions` and `encoding_format` say, the
  same for the same text. Faults: any HTTP error by rate (429 with `retry-after`), and delays.
- aimock honours `dimensions`, not `encoding_format`; the same for the same text. Faults by rate:
  500, malformed JSON with status 200, a closed connection, 429.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes import npm
from tests.fakes.ports import served

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

AIMOCK = "@copilotkit/aimock@1.43.0"


class Stranger:
    """One of these servers, running on loopback."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.url = f"{self.root}/v1"

    def ask(self, path: str, body: object = None) -> Any:
        """Its control API."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.root + path, data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def is_up(self) -> bool:
        try:
            self.ask("/health")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True


@contextmanager
def llmock(*options: str) -> Iterator[Stranger]:
    """A running llmock; the test is skipped where the package is not installed."""
    if importlib.util.find_spec("llmock") is None:
        pytest.skip("llmock is not installed (pip install llmock)")
    command = [sys.executable, "-m", "llmock.cli", "serve", "--log-level", "error", *options]
    with _served(command, "--port") as stranger:
        yield stranger


@contextmanager
def aimock(folder: Path, *options: str) -> Iterator[Stranger]:
    """A running aimock, installed by npm; skipped where that cannot be done."""
    modules = npm.installed(AIMOCK)
    fixtures = folder / "fixtures"
    fixtures.mkdir()
    (fixtures / "none.json").write_text('{"fixtures": []}')
    script = modules / "@copilotkit" / "aimock" / "dist" / "cli.js"
    command = [npm.node(), str(script), "--log-level", "silent", "--journal-max", "0"]
    with _served([*command, "--fixtures", str(fixtures), *options], "--port") as stranger:
        yield stranger


@contextmanager
def _served(command: Sequence[str], port_option: str) -> Iterator[Stranger]:
    def told(port: int) -> list[str]:
        return [*command, port_option, str(port)]

    with served(told, lambda port: Stranger(port).is_up()) as port:
        yield Stranger(port)
