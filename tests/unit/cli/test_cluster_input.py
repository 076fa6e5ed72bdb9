"""`insights cluster --local --input FILE` as it is typed; the job is replaced."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from python_jobs.cli.cluster import cluster
from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.errors import IncompleteError, UsageError
from python_jobs.jobs import cluster_local as job
from python_jobs.jobs.cluster import ClusterResult
from python_jobs.jobs.cluster_local import LocalResult
from python_jobs.jobs.file_input import InputFile
from python_jobs.jobs.pending import Selection
from python_jobs.logs import LOGGER_NAME
from python_jobs.settings import Settings
from python_jobs.sources import ReadOptions
from python_jobs.sources.options import parse_scale
from python_jobs.storage.job_inputs import Period

COUNTS = {
    "rows_in": 12,
    "repeated": 0,
    "rejected": 2,
    "embedded": 4,
    "cached": 5,
    "given_up": 0,
}
WRITTEN = LocalResult(
    ClusterResult(None, False, 9, 10, 2, 0.1), (Path("out/clusters.html"),), COUNTS
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []

    def fake(
        _: Settings, parameters: ClusterParameters, file: InputFile, **given: Any
    ) -> LocalResult:
        made.append({"parameters": parameters, "file": file, **given})
        return WRITTEN

    monkeypatch.setattr(job, "cluster_file", fake)
    for name in ("INSIGHTS_PROVIDER", "BATCH_SIZE", "MAX_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cluster, arguments, obj=Settings())


def test_defaults(calls: list[dict[str, Any]]) -> None:
    assert run("--local", "--input", "own.csv").exit_code == 0
    (call,) = calls
    assert call.pop("budget").ceiling is None
    assert call == {
        "parameters": ClusterParameters(),
        "file": InputFile(Path("own.csv"), ReadOptions()),
        "period": Period(),
        "limit": None,
        "output_dir": Path("cluster_output"),
        "provider": None,
        "selection": Selection(),
    }


def test_every_option(calls: list[dict[str, Any]]) -> None:
    typed = (
        "--local --input own.txt --format csv --map Text=feedback_text --rating-scale 0-10 "
        "--encoding cp1252 --start-date 2026-01-01 --limit 50 --provider openai --max-cost 2.50 "
        "--batch-size 7 --max-workers 3 --method graph --output-dir out"
    )
    assert run(*typed.split()).exit_code == 0
    (call,) = calls
    assert call["file"].options == ReadOptions(
        format="csv",
        encoding="cp1252",
        column_map={"Text": "feedback_text"},
        rating_scale=parse_scale("0-10"),
    )
    assert call["parameters"] == ClusterParameters(method="graph")
    assert call["period"] == Period(date(2026, 1, 1))
    assert (call["limit"], call["provider"]) == (50, "openai")
    assert call["selection"] == Selection(batch_size=7, workers=3)
    assert call["budget"].ceiling == Decimal("2.50")


def test_what_it_says(
    calls: list[dict[str, Any]], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(LOGGER_NAME), "propagate", True)
    caplog.set_level(logging.INFO, logger=LOGGER_NAME)
    result = run("--local", "--input", "own.csv", "--json")
    found = json.loads(result.stdout)
    assert found == {
        "run_id": None,
        "unchanged": False,
        "count_texts": 9,
        "count_feedback": 10,
        "count_clusters": 2,
        "noise_share": 0.1,
        **COUNTS,
        "files": ["out/clusters.html"],
    }
    assert "No database was used" in caplog.text


def test_texts_that_were_given_up_end_with_a_code_of_their_own(
    calls: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    left = replace(WRITTEN, counts=COUNTS | {"given_up": 1})
    monkeypatch.setattr(job, "cluster_file", lambda *_, **__: left)
    result = run("--local", "--input", "own.csv", "--json")
    assert isinstance(result.exception, IncompleteError)
    assert "1 of 10 texts could not be embedded" in result.exception.message
    assert json.loads(result.stdout)["given_up"] == 1


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("--input own.csv", "--input goes with --local"),
        ("--local --map a=feedback_text", "--map goes with --input FILE"),
        ("--local --provider local", "--provider goes with --input FILE"),
        ("--max-cost 1", "--max-cost goes with --input FILE"),
        ("--local --input own.csv --map nonsense", "is not THEIRS=OURS"),
        ("--local --input own.csv --encoding klingon", "there is no text encoding"),
        ("--local --input own.csv --check --rating-scale 5", "is not a rating scale"),
    ],
)
def test_what_cannot_be_used(calls: list[dict[str, Any]], typed: str, message: str) -> None:
    result = run(*typed.split())
    assert isinstance(result.exception, UsageError)
    assert message in result.exception.message
    assert result.exception.hint
    assert not calls


def test_settings_in_the_environment_are_no_options(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INSIGHTS_PROVIDER", "local")
    monkeypatch.setenv("MAX_WORKERS", "2")
    assert run("--local", "--check").exit_code == 0
