"""One dbt, no server: what it would send to SQL Server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from python_jobs.jobs.children import python_program

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Offline:
    """What dbt compiled for SQL Server, and what it would have sent there.

    Attributes:
        models: T-SQL of each model, by name.
        incremental: the incremental form of those that have one.
        tests: T-SQL of each data test, by name.
        snapshots: the query of each snapshot, by name.
        past: models whose T-SQL differs where they tell of a past day, as if in the usual schemas.
        own: the one model that reads feedback, where that is somebody's own table.
        statements: all that `dbt seed`, `dbt run` and an upgrade of the job tables send.
        manifest: dbt's manifest.
    """

    models: dict[str, str]
    incremental: dict[str, str]
    tests: dict[str, str]
    snapshots: dict[str, str]
    past: dict[str, str]
    own: str
    statements: list[str]
    manifest: dict[str, Any]


def without_settings() -> dict[str, str]:
    """The environment with nothing of the developer's own: `.env.example` sets nothing either."""
    ours = ("INSIGHTS_", "DBT_", "PG", "OPENAI_", "AZURE_OPENAI_")
    return {key: value for key, value in os.environ.items() if not key.startswith(ours)}


def dbt_environment(folder: Path, target: str) -> dict[str, str]:
    """The environment of a dbt that leaves everything it writes in `folder`."""
    (folder / "profiles.yml").write_bytes((ROOT / "profiles.yml.example").read_bytes())
    return without_settings() | {
        "DBT_PROJECT_DIR": str(ROOT / "dbt_project"),
        "DBT_PROFILES_DIR": str(folder),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "INSIGHTS_DBT_TARGET": target,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
    }


@pytest.fixture(scope="session")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Offline:
    """Everything at once: dbt needs seconds only to start."""
    folder = tmp_path_factory.mktemp("offline")
    finished = subprocess.run(
        [*python_program("offline", "tests.portability.offline", "main"), str(folder)],
        env=dbt_environment(folder, "sqlserver"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr + finished.stdout
    found = json.loads((folder / "offline.json").read_text(encoding="utf-8"))
    return Offline(
        models=_by_name(found["model"]),
        incremental=_by_name(found["incremental"]),
        tests=_by_name(found["test"]),
        snapshots=_by_name(found["snapshot"]),
        past=_by_name(
            {name: text for name, text in found["as_of"].items() if text != found["model"][name]}
        ),
        own=found["own"],
        statements=found["statements"],
        manifest=json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8")),
    )


def _by_name(nodes: dict[str, str]) -> dict[str, str]:
    return {unique_id.split(".")[2]: code for unique_id, code in nodes.items()}
