"""Which commands `run_pipeline.sh` calls; the commands are replaced by one that says its name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "run_pipeline.sh"


def called(folder: Path, *arguments: str) -> list[str]:
    """What `insights` was called with, one call a line."""
    programs = folder / "bin"
    programs.mkdir()
    (programs / "insights").write_text('#!/bin/sh\necho "$*"\n', encoding="utf-8")
    (programs / "insights").chmod(0o755)
    finished = subprocess.run(
        [str(SCRIPT), *arguments],
        env=os.environ | {"INSIGHTS_VENV": str(folder), "INSIGHTS_LOCK_HELD": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return finished.stdout.splitlines()


def test_a_full_run_names_and_publishes(tmp_path: Path) -> None:
    calls = called(tmp_path, "--method", "graph")
    at = calls.index("cluster --method graph")
    assert calls[at + 1 : at + 3] == ["name", "runs gate"]


def test_assigning_leaves_a_waiting_candidate_alone(tmp_path: Path) -> None:
    calls = called(tmp_path, "--cluster-mode=assign", "--limit", "9", "--mode", "online")
    assert "cluster --mode assign --limit 9" in calls
    assert "embed --limit 9 --mode online" in calls
    assert not [call for call in calls if call.startswith(("name", "runs"))]
    assert calls[-2].startswith("dbt --quiet build")
    assert calls[-1] == "report"


def test_an_unknown_cluster_mode_is_named_as_the_user_gave_it(tmp_path: Path) -> None:
    finished = subprocess.run(
        [str(SCRIPT), "--cluster-mode", "sideways"],
        env=os.environ | {"INSIGHTS_VENV": str(tmp_path), "INSIGHTS_LOCK_HELD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    assert "--cluster-mode is full or assign, not 'sideways'" in finished.stderr


def test_the_demo_ends_with_a_page_to_look_at(tmp_path: Path) -> None:
    assert called(tmp_path, "--demo")[-1] == "report --output report.html"


def test_a_database_is_loaded_with_its_own_options(tmp_path: Path) -> None:
    given = "--from postgres --table shop.reviews --updated-at changed_at --overlap 2h --full"
    assert called(tmp_path, *given.split())[0] == f"load {given}"
