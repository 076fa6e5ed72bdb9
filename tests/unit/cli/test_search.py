from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from python_jobs.cli.search import index, search
from python_jobs.errors import UsageError
from python_jobs.jobs import index as index_job
from python_jobs.jobs import search as search_job
from python_jobs.jobs.search import Hit
from python_jobs.settings import Settings
from python_jobs.storage.vectors import Index, Store
from tests.unit.reporting.test_search import TEXT

SETTINGS = Settings()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the job was asked; it finds one text."""
    calls: list[dict[str, Any]] = []

    def job(settings: Settings, words: str, **given: Any) -> list[Hit]:
        calls.append({"words": words, **given})
        return [Hit(0.912345678, TEXT)]

    monkeypatch.setattr(search_job, "search", job)
    return calls


def run(*arguments: str) -> Result:
    return CliRunner().invoke(search, list(arguments), obj=SETTINGS)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["late", "delivery"], {"words": "late delivery", "limit": 10, "provider": None}),
        (["late delivery", "--limit", "3"], {"words": "late delivery", "limit": 3}),
        (["x", "--min-similarity", "0.5"], {"min_similarity": 0.5, "exact": False}),
        (["x", "--provider", "local", "--exact"], {"provider": "local", "exact": True}),
        (["--", "-5", "degrees"], {"words": "-5 degrees"}),
    ],
)
def test_options_reach_the_job(asked: list[dict[str, Any]], arguments, expected) -> None:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert expected.items() <= asked[0].items()
    assert "The parcel came late" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["x", "--limit", "0"],
        ["x", "--limit", "-3"],
        ["x", "--limit", "1001"],
        ["x", "--min-similarity", "1.5"],
        ["x", "--provider", "nobody"],
    ],
)
def test_wrong_options_are_refused(asked: list[dict[str, Any]], arguments) -> None:
    assert run(*arguments).exit_code == 2
    assert asked == []


def test_the_provider_of_the_jobs_is_not_that_of_the_vectors(
    asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSIGHTS_PROVIDER", "openai")
    run("x")
    assert asked[0]["provider"] is None


def test_json_has_one_row_a_line(asked: list[dict[str, Any]]) -> None:
    (line,) = run("x", "--json").stdout.splitlines()
    row = json.loads(line)
    assert row.keys() == {"similarity", *vars(TEXT)}
    assert (row["similarity"], row["feedback_text"]) == (0.912346, TEXT.feedback_text)
    assert row["first_at"] == "2026-05-01T12:00:00+00:00"


def test_nothing_found_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_job, "search", lambda *_, **__: [])
    result = run("x")
    assert (result.exit_code, result.stdout) == (0, "")


@pytest.mark.parametrize("built", [None, Index("i", "m", 8, "vector", Store("vector", None))])
def test_the_index_is_built_or_there(monkeypatch: pytest.MonkeyPatch, built) -> None:
    given: list[dict[str, Any]] = []

    def job(settings: Settings, **options: Any) -> Index | None:
        given.append(options)
        return built

    monkeypatch.setattr(index_job, "build_index", job)
    result = CliRunner().invoke(index, ["--m", "8", "--ef-construction", "32"], obj=SETTINGS)
    assert result.exit_code == 0, result.output
    assert given == [{"m": 8, "ef_construction": 32}]


def test_an_index_can_be_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[Settings] = []
    monkeypatch.setattr(index_job, "drop_index", lambda settings: dropped.append(settings))
    assert CliRunner().invoke(index, ["--drop"], obj=SETTINGS).exit_code == 0
    assert dropped == [SETTINGS]


def test_too_few_candidates_are_refused_before_the_database_is_asked() -> None:
    with pytest.raises(UsageError, match="less than twice"):
        index_job.build_index(SETTINGS, m=40, ef_construction=64)
