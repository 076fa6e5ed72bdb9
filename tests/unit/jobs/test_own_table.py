"""Feedback in a table of one's own: which table, and what then is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_jobs.cli import cli
from python_jobs.errors import ConfigurationError, ExitCode, UsageError
from python_jobs.jobs.forget import Choice, forget
from python_jobs.jobs.own_table import own_table, refuse_load
from python_jobs.jobs.pipeline.runner import run_pipeline
from python_jobs.settings import Settings, project_root

if TYPE_CHECKING:
    from pathlib import Path

NAMED = "vars: {feedback_schema: dbo, feedback_table: Reviews}"


@pytest.fixture(autouse=True)
def _on_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INSIGHTS_DBT_TARGET", raising=False)


def project(folder: Path, text: str) -> Settings:
    (folder / "dbt_project.yml").write_text(text, encoding="utf-8")
    return Settings(home=folder / "home", dbt_project_dir=folder)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (NAMED, "dbo.Reviews"),
        ("vars: {customer_insights: {feedback_schema: dbo, feedback_table: R}}", "dbo.R"),
        ("vars: {feedback_schema: '', feedback_table: ''}", None),
        ("vars:", None),
        ("name: customer_insights", None),
    ],
)
def test_the_table_is_named_by_vars_of_the_project(
    text: str, found: str | None, tmp_path: Path
) -> None:
    table = own_table(project(tmp_path, text))
    assert (table and str(table)) == found


def test_without_vars_feedback_is_loaded(tmp_path: Path) -> None:
    ours = Settings(home=tmp_path, dbt_project_dir=project_root() / "dbt_project")
    assert own_table(ours) is None
    refuse_load(ours)


@pytest.mark.parametrize("text", ["vars: [1", "vars: text", "- 1"])
def test_a_project_that_is_none_is_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"dbt_project\.yml cannot be read"):
        own_table(project(tmp_path, text))


def test_a_load_beside_a_table_of_ones_own_is_refused(tmp_path: Path) -> None:
    settings = project(tmp_path, NAMED)
    with pytest.raises(ConfigurationError, match=r"reads the feedback from dbo\.Reviews"):
        refuse_load(settings)
    assert run_pipeline(settings, ["--demo"]) == ExitCode.CONFIGURATION
    variables = {"INSIGHTS_DBT_PROJECT_DIR": str(tmp_path), "INSIGHTS_HOME": str(tmp_path)}
    result = CliRunner().invoke(cli, ["load", "--demo"], env=variables)
    assert isinstance(result.exception, ConfigurationError)


def test_nothing_is_loaded_into_sql_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSIGHTS_DBT_TARGET", "sqlserver")
    with pytest.raises(ConfigurationError, match="writes to Postgres only") as caught:
        refuse_load(project(tmp_path, "vars: {}"))
    assert "feedback_table" in str(caught.value.hint)


def test_nothing_is_erased_from_a_table_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is in dbo\.Reviews, where only you erase") as caught:
        forget(project(tmp_path, NAMED), Choice(values=("1",)))
    assert "--orphans" in str(caught.value.hint)
