"""Stopping and starting triggers, with a stand-in for Azure's command line."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "azure" / "triggers.sh"
AZ = """#!/bin/bash
echo "$*" >>"$CALLS"
case "$*" in
  "resource list"*) echo /subscriptions/s/factories/f ;;
  "rest --method get"*) printf 'every_night\\nevery_week\\n' ;;
esac
"""


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_all_triggers_of_the_group(tmp_path: Path, verb: str) -> None:
    (tmp_path / "az").write_text(AZ)
    (tmp_path / "az").chmod(0o755)
    calls = tmp_path / "calls"
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CALLS": str(calls)}
    subprocess.run([SCRIPT, verb, "group"], env=environment, check=True, capture_output=True)
    posted = [line for line in calls.read_text().splitlines() if "--method post" in line]
    assert [line.split("/triggers/")[1].split("?")[0] for line in posted] == [
        f"every_night/{verb}",
        f"every_week/{verb}",
    ]


@pytest.mark.parametrize("arguments", [[], ["stop"], ["delete", "group"]])
def test_nothing_else_is_done(arguments: list[str]) -> None:
    finished = subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, check=False)
    assert finished.returncode == 2
    assert finished.stderr.startswith("usage:")
