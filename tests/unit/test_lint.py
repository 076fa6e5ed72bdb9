"""Linters are tests: what they find fails the build."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

AZURE = ["azure/triggers.sh", "azure/batch/start-task.sh"]

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
OURS = ("bootstrap", "lock", "venv")
SCRIPTS = ["run_pipeline.sh", ".ci/run", *(f"scripts/{name}.sh" for name in OURS)]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["ruff", "check", "."], id="ruff-check"),
        pytest.param(["ruff", "format", "--check", "."], id="ruff-format"),
        pytest.param(["mypy"], id="mypy", marks=pytest.mark.slow),
        pytest.param(["shellcheck", *SCRIPTS, *AZURE], id="shellcheck"),
        pytest.param(["actionlint"], id="actionlint"),
    ],
)
def test_linter_finds_nothing(command: list[str]) -> None:
    finished = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_every_shell_script_is_checked() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "*.sh"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(tracked.stdout.split()) <= {*SCRIPTS, *AZURE}
