"""Programs from npm: installed once by the tests that need them, and skipped where that fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

INSTALL_SECONDS = 240


def node() -> str:
    """Where node is; the test is skipped without it."""
    found = shutil.which("node")
    if not found or not shutil.which("npm"):
        pytest.skip("needs node and npm")
    return found


def installed(package: str) -> Path:
    """The folder `node_modules` that holds `name@version`, kept from run to run.

    The test is skipped, saying so, where npm cannot install it.
    """
    node()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "insights-tests"
    where = cache / package.replace("/", "+")
    if where.is_dir():
        return where / "node_modules"
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        _install(package, Path(folder))
        try:
            Path(folder).rename(where)
        except OSError:
            assert where.is_dir()  # another process was faster
        Path(folder).mkdir(exist_ok=True)  # for the context manager to remove
    return where / "node_modules"


def _install(package: str, folder: Path) -> None:
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), package]
    try:
        finished = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install {package} in {INSTALL_SECONDS} s")
    if finished.returncode:
        pytest.skip(f"npm cannot install {package}")
