"""The report in a real browser: Chromium from the system, driven by Playwright."""

from __future__ import annotations

import importlib
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@dataclass
class Opened:
    """A tab with the report in it.

    Attributes:
        tab: of Playwright.
        faults: of the console, and requests for anything but the file itself.
    """

    tab: Any
    faults: list[str] = field(default_factory=list)

    def count(self) -> int:
        """How many feedback the filters leave, as the bar says."""
        return int(self.tab.inner_text("#filters .count b").replace(",", ""))

    def until(self, expression: str) -> None:
        """Wait for something to be true; the page's policy forbids Playwright's own way."""
        deadline = time.monotonic() + 30
        while not self.tab.evaluate(expression):
            assert time.monotonic() < deadline, expression
            self.tab.wait_for_timeout(30)

    def address(self) -> str:
        """What stands behind # in the address."""
        return str(self.tab.evaluate("location.hash.slice(1)"))


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; skips where Playwright or Chromium is absent."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("there is no chromium on this machine")
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ImportError:
        pytest.skip("Playwright is not installed")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Any, file: Path, fragment: str = "", *, before: str = "", **options: Any
) -> Iterator[Opened]:
    """The file in a tab of its own; at its end nothing may have gone wrong in it."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    tab = context.new_page()
    found = Opened(tab)
    address = file.as_uri()
    tab.on("console", lambda message: found.faults.append(f"{message.type}: {message.text}"))
    tab.on("pageerror", lambda error: found.faults.append(f"error: {error}"))
    tab.on("dialog", lambda dialog: (found.faults.append("a dialog"), dialog.dismiss()))
    tab.on(
        "request",
        lambda request: request.url.split("#")[0] == address or found.faults.append(request.url),
    )
    if before:
        tab.add_init_script(before)
    try:
        tab.goto(address + fragment)
        tab.wait_for_selector("html[data-ready=yes]", timeout=60_000)
        yield found
    finally:
        context.close()
    assert found.faults == []
