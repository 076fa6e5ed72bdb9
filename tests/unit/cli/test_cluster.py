"""`insights cluster` and `insights name` as they are typed; the jobs are replaced."""

from __future__ import annotations

import json
import logging
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from python_jobs.cli.cluster import cluster, name
from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.errors import UsageError
from python_jobs.jobs import cluster as cluster_job
from python_jobs.jobs import cluster_local as local_job
from python_jobs.jobs import name as name_job
from python_jobs.jobs.cluster import ClusterResult
from python_jobs.jobs.cluster_local import LocalResult
from python_jobs.logs import LOGGER_NAME
from python_jobs.settings import Settings
from python_jobs.storage.job_inputs import Period

if TYPE_CHECKING:
    from python_jobs.jobs.budget import Budget

STORED = ClusterResult("20260131T120000-abcd1234", False, 2_800, 3_000, 33, 0.339)
FILES = LocalResult(
    ClusterResult(None, False, 2_800, 3_000, 33, 0.339),
    (Path("out/clusters.html"), Path("out/summary_report.txt")),
)


@pytest.fixture(autouse=True)
def propagated(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Let pytest see the log, whatever another test configured."""
    monkeypatch.setattr(logging.getLogger(LOGGER_NAME), "propagate", True)
    caplog.set_level(logging.INFO, logger=LOGGER_NAME)


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The calls to the job that stores a run."""
    calls: list[dict[str, Any]] = []

    def fake(_: Settings, parameters: ClusterParameters, **given: Any) -> ClusterResult:
        calls.append({"parameters": parameters, **given})
        return STORED

    monkeypatch.setattr(cluster_job, "cluster", fake)
    return calls


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The calls to the job that writes files."""
    calls: list[dict[str, Any]] = []

    def fake(_: Settings, parameters: ClusterParameters, **given: Any) -> LocalResult:
        calls.append({"parameters": parameters, **given})
        return FILES

    monkeypatch.setattr(local_job, "cluster_local", fake)
    return calls


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cluster, arguments, obj=Settings())


def test_the_defaults_are_those_of_the_parameters(stored: list[dict[str, Any]]) -> None:
    assert run().exit_code == 0
    assert stored == [
        {"parameters": ClusterParameters(), "period": Period(), "limit": None, "force": False}
    ]


@pytest.mark.parametrize(
    ("typed", "changed"),
    [
        ("--recursive-depth 1", {"recursive_depth": 1}),
        ("--min-cluster-size 100", {"min_cluster_size": 100}),
        ("--min-cluster-pct 0.05", {"min_cluster_pct": 0.05}),
        ("--n-neighbors 30", {"n_neighbors": 30}),
        ("--n-components 5", {"n_components": 5}),
        ("--hdbscan-metric cosine", {"hdbscan_metric": "cosine"}),
        ("--min-samples 3", {"min_samples": 3}),
        ("--seed 7", {"seed": 7}),
    ],
)
@pytest.mark.parametrize("local", [False, True])
def test_each_option_reaches_the_job(
    stored: list[dict[str, Any]],
    written: list[dict[str, Any]],
    typed: str,
    changed: dict[str, Any],
    local: bool,
) -> None:
    assert run(*typed.split(), *["--local"] * local).exit_code == 0
    (call,) = written if local else stored
    assert call["parameters"] == ClusterParameters(**changed)


@pytest.mark.parametrize("local", [False, True])
def test_period_and_limit_reach_the_job(
    stored: list[dict[str, Any]], written: list[dict[str, Any]], local: bool
) -> None:
    arguments = ["--start-date", "2026-01-01", "--end-date", "2026-01-31", "--limit", "500"]
    assert run(*arguments, *["--local"] * local).exit_code == 0
    (call,) = written if local else stored
    assert call["period"] == Period(date(2026, 1, 1), date(2026, 1, 31))
    assert call["limit"] == 500


def test_force(stored: list[dict[str, Any]]) -> None:
    assert run("--force").exit_code == 0
    assert stored[0]["force"]


def test_the_result_names_the_run_and_what_comes_next(
    stored: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    result = run()
    for part in (STORED.run_id, "33 clusters", "3,000", "33.9% noise", "insights runs publish"):
        assert str(part) in caplog.text
    assert result.stdout == ""


def test_an_unchanged_run_does_not_wait(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    same = ClusterResult("20260131T120000-abcd1234", True, 2_800, 3_000, 33, 0.339)
    monkeypatch.setattr(cluster_job, "cluster", lambda *_, **__: same)
    result = run("--json")
    assert "candidate" not in caplog.text
    assert json.loads(result.stdout)["unchanged"] is True


def test_json_has_the_counts(stored: list[dict[str, Any]]) -> None:
    assert json.loads(run("--json").stdout) == {
        "run_id": "20260131T120000-abcd1234",
        "unchanged": False,
        "count_texts": 2_800,
        "count_feedback": 3_000,
        "count_clusters": 33,
        "noise_share": 0.339,
    }


@pytest.mark.parametrize(
    ("typed", "folder"), [([], "cluster_output"), (["--output-dir", "my out"], "my out")]
)
def test_local_writes_to_the_folder(
    stored: list[dict[str, Any]],
    written: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
    typed: list[str],
    folder: str,
) -> None:
    result = run("--local", "--json", *typed)
    assert written[0]["output_dir"] == Path(folder)
    assert not stored
    counts = json.loads(result.stdout)
    assert counts["run_id"] is None
    assert counts["files"] == ["out/clusters.html", "out/summary_report.txt"]
    assert f"2 files in {folder}" in caplog.text
    assert "The database is as it was" in caplog.text


def test_local_with_nothing_to_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = LocalResult(ClusterResult(None, False, 0, 0, 0, 0.0))
    monkeypatch.setattr(local_job, "cluster_local", lambda *_, **__: nothing)
    result = run("--local", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["files"] == []


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("--recursive-depth 0", "--recursive-depth must be between 1 and 10"),
        ("--min-cluster-size 1", "--min-cluster-size must be between 2"),
        ("--min-cluster-pct 0", "--min-cluster-pct must be above 0"),
        ("--min-cluster-pct nan", "--min-cluster-pct must be above 0"),
        ("--n-neighbors 1", "--n-neighbors must be between 2"),
        ("--n-components 0", "--n-components must be between 1"),
        ("--min-samples 0", "--min-samples must be between 1"),
        ("--seed -1", "--seed must be between 0"),
        ("--start-date 2026-02-01 --end-date 2026-01-01", "is after --end-date"),
        ("--output-dir out", "--output-dir does nothing without --local"),
    ],
)
def test_what_cannot_be_used_is_said_before_any_work(
    stored: list[dict[str, Any]], typed: str, message: str
) -> None:
    result = run(*typed.split())
    assert isinstance(result.exception, UsageError)
    assert message in result.exception.message
    assert result.exception.hint
    assert not stored


@pytest.mark.parametrize(
    "typed", ["--hdbscan-metric manhattan", "--limit 0", "--start-date 31.1.2026", "--seed x"]
)
def test_what_click_refuses(stored: list[dict[str, Any]], typed: str) -> None:
    assert run(*typed.split()).exit_code == 2
    assert not stored


def test_help_names_every_option_with_its_default() -> None:
    text = " ".join(run("--help").output.split())
    for option in cluster.params:
        assert option.opts[0] in text
    for default in ("cluster_output", "[default: 2]", "[default: 15]", "[default: 0.01]"):
        assert default in text


def test_options_of_the_other_method_are_refused() -> None:
    for typed in (["--method", "graph", "--n-components", "5"], ["--resolution", "8"]):
        result = CliRunner().invoke(cluster, ["--check", *typed], obj=Settings())
        assert isinstance(result.exception, UsageError)
        assert f"{typed[-2]} is no option of --method" in result.exception.message
    assert (
        CliRunner().invoke(cluster, ["--check", "--method", "graph"], obj=Settings()).exit_code == 0
    )


@pytest.mark.parametrize("provider", [None, "local", "openai"])
def test_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, provider: str | None
) -> None:
    monkeypatch.delenv("INSIGHTS_PROVIDER", raising=False)
    asked: list[object] = []

    def fake(_: Settings, *, provider: object, budget: Budget) -> name_job.NameResult:
        asked.append(provider)
        assert budget.ceiling is None
        return name_job.NameResult(named=33, requests=4)

    monkeypatch.setattr(name_job, "name", fake)
    typed = ["--provider", provider] if provider else []
    assert CliRunner().invoke(name, typed, obj=Settings()).exit_code == 0
    assert asked == [provider]
    assert "Named 33 clusters (4 requests)" in caplog.text
