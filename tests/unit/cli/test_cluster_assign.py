"""`insights cluster --mode assign` as it is typed; the job is replaced."""

from __future__ import annotations

import json
import logging
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner, Result

from python_jobs.cli.cluster import cluster
from python_jobs.errors import UsageError
from python_jobs.jobs import assign as job
from python_jobs.jobs.assign import AssignResult
from python_jobs.logs import LOGGER_NAME
from python_jobs.settings import Settings
from python_jobs.storage.job_inputs import Period

ASSIGNED = AssignResult(
    run_id="20260131T120000-abcd1234",
    count_feedback=1_300,
    count_texts=1_200,
    count_noise_feedback=90,
    count_noise_texts=80,
    noise_share=0.07,
    expected_noise_share=0.04,
    far_share=0.12,
    expected_far_share=0.1,
    added_share=0.1,
)
DRIFTED = AssignResult(run_id="20260131T120000-abcd1234", reason="much fits nowhere")


@pytest.fixture(autouse=True)
def propagated(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Let pytest see the log, whatever another test configured."""
    monkeypatch.setattr(logging.getLogger(LOGGER_NAME), "propagate", True)
    caplog.set_level(logging.INFO, logger=LOGGER_NAME)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def fake(_: Settings, **given: Any) -> AssignResult:
        found.append(given)
        return ASSIGNED

    monkeypatch.setattr(job, "assign", fake)
    return found


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cluster, ["--mode", "assign", *arguments], obj=Settings())


def test_period_and_limit_reach_the_job(calls: list[dict[str, Any]]) -> None:
    assert run().exit_code == 0
    assert run("--start-date", "2026-01-01", "--limit", "5").exit_code == 0
    assert calls == [
        {"period": Period(), "limit": None},
        {"period": Period(date(2026, 1, 1)), "limit": 5},
    ]


def test_the_mode_of_other_jobs_is_not_this_one(
    calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSIGHTS_MODE", "batch")
    monkeypatch.setenv("BATCH_SIZE", "7")  # in .env for `insights embed`, and no option here
    assert run().exit_code == 0
    assert len(calls) == 1


def test_counts_are_said_and_printed(
    calls: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    counts = json.loads(run("--json").stdout)
    assert counts == vars(ASSIGNED) | {"full_run_recommended": False}
    for part in (ASSIGNED.run_id, "1,300", "1,200", "90", "80 texts", "dbt build"):
        assert part in caplog.text
    assert "recommended" not in caplog.text


def test_drift_is_a_warning_that_names_the_way_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(job, "assign", lambda *_, **__: DRIFTED)
    result = run("--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["full_run_recommended"] is True
    assert "much fits nowhere" in caplog.text
    assert "insights cluster" in caplog.text


@pytest.mark.parametrize(
    "typed",
    [
        "--method graph",
        "--min-cluster-size 9",
        "--seed 42",
        "--force",
        "--local",
        "--output-dir out",
        "--input file.csv",
        "--provider local",
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_what_only_a_full_run_knows_is_refused(
    calls: list[dict[str, Any]], typed: str, check: bool
) -> None:
    result = run(*typed.split(), *["--check"] * check)
    assert isinstance(result.exception, UsageError)
    assert f"{typed.split()[0]} does nothing with --mode assign" in result.exception.message
    assert result.exception.hint
    assert not calls


def test_check_does_nothing(calls: list[dict[str, Any]]) -> None:
    assert run("--check").exit_code == 0
    assert not calls


def test_there_is_no_third_mode(calls: list[dict[str, Any]]) -> None:
    assert CliRunner().invoke(cluster, ["--mode", "batch"], obj=Settings()).exit_code == 2
