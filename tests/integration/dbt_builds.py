"""What tests ask dbt to build: the models, and their data tests where these are worth their time.

dbt's unit tests look at no data. They run once, in `tests/acceptance/test_demo.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.jobs.dbt import run_dbt

if TYPE_CHECKING:
    from python_jobs.settings import Settings

WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
WITHOUT_TESTS = (*WITHOUT_UNIT_TESTS, "--exclude-resource-type", "test")


def build(settings: Settings, *selected: str) -> None:
    """Build models and seeds, of `selected` ones or all, and test nothing."""
    _run(settings, *WITHOUT_TESTS, *selected)


def build_and_test(settings: Settings, *selected: str) -> None:
    """Build as `build` does, and run the data tests on what came out."""
    _run(settings, *WITHOUT_UNIT_TESTS, *selected)


def _run(settings: Settings, *options: str) -> None:
    assert run_dbt(settings, ["build", *options], quiet=True) == 0
