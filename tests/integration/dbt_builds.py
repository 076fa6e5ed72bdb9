"""What tests ask dbt to build: the models, and their data tests where these are worth their time.

dbt's unit tests look at no data. They run once, in `tests/acceptance/test_demo.py`.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from python_jobs.jobs.dbt import PARTIAL_PARSE, run_dbt

if TYPE_CHECKING:
    from python_jobs.settings import Settings

WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
WITHOUT_TESTS = (*WITHOUT_UNIT_TESTS, "--exclude-resource-type", "test")
_UNREAD = ("--no-write-json", "--log-level-file", "none")
"""Manifest, results and log, an eighth of a build's cost, are not written: nobody reads them."""


def parsed_target(folder: Path) -> str:
    """A folder for dbt's artifacts that begins with what dbt last parsed for these tests."""
    folder.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        shutil.copy(Path(os.environ["DBT_TARGET_PATH"], PARTIAL_PARSE), folder)
    return str(folder)


def build(settings: Settings, *selected: str) -> None:
    """Build models and seeds, of `selected` ones or all, and test nothing."""
    _run(settings, *_UNREAD, *WITHOUT_TESTS, *selected)


def stage(settings: Settings) -> None:
    """Build what the jobs read, as the pipeline's step of that name does, and test nothing."""
    build(settings, "--select", "+path:models/staging", "+tag:job_inputs")


def build_and_test(settings: Settings, *selected: str) -> None:
    """Build as `build` does, and run the data tests on what came out."""
    _run(settings, *WITHOUT_UNIT_TESTS, *selected)


def _run(settings: Settings, *options: str) -> None:
    assert run_dbt(settings, ["build", *options], quiet=True) == 0
