"""The dbt project reads as one hand wrote it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.children import python_program
from python_jobs.storage.environment import dbt_environment
from tests.integration.dbt_builds import parsed_target

if TYPE_CHECKING:
    from python_jobs.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_sqlfluff_finds_nothing(settings: Settings, tmp_path: Path) -> None:
    shutil.copy(ROOT / "profiles.yml.example", tmp_path / "profiles.yml")
    config = (ROOT / ".sqlfluff").read_text(encoding="utf-8")
    config = config.replace("profiles_dir = .insights/dbt", f"profiles_dir = {tmp_path}")
    (tmp_path / "sqlfluff.cfg").write_text(config, encoding="utf-8")
    finished = subprocess.run(
        [
            *python_program("sqlfluff", "sqlfluff.cli.commands", "cli"),
            *("lint", "--nocolor", "--config", str(tmp_path / "sqlfluff.cfg")),
            *("dbt_project/models", "dbt_project/tests"),
        ],
        cwd=ROOT,
        env=os.environ
        | dbt_environment(settings)
        | {"DBT_TARGET_PATH": parsed_target(tmp_path / "target")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
