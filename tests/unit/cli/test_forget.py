"""`insights forget` as it is typed; the job itself is replaced."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from python_jobs import logs
from python_jobs.cli import forget as module
from python_jobs.errors import UsageError
from python_jobs.jobs import forget as job
from python_jobs.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

RESULT = job.ForgetResult(
    feedback=1_200,
    unknown=2,
    already_erased=3,
    texts_gone=1_100,
    texts_shared=4,
    tombstones=1_200,
    keywords=5,
    clusters_to_name=6,
    removed={"raw.customer_feedback": 1_200, "vector_store.embeddings": 1_100},
    model_rows=2_400,
    models=("marts.feedback",),
    not_cleared=("snapshots.feedback",),
    batches=("b1",),
    not_deleted=1,
    not_vacuumed=("raw.customer_feedback",),
    seconds=0.5,
    dry_run=False,
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    made: list[Any] = []

    def fake(_: Settings, choice: job.Choice, **flags: bool) -> job.ForgetResult:
        made.append((choice, flags))
        return replace(RESULT, dry_run=flags["dry_run"])

    monkeypatch.setattr(job, "forget", fake)
    monkeypatch.setattr(job, "build", lambda _: made.append("build"))
    return made


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(module.forget, arguments, obj=Settings(), input=answer)


REAL = {"dry_run": False, "strict": False}


def test_ids(calls: list[Any]) -> None:
    assert run("--feedback-id", "F1", "--feedback-id", " F2", "--yes").exit_code == 0
    assert calls == [(job.Choice(values=("F1", "F2")), REAL)]


def test_a_file_of_another_column(calls: list[Any], tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("Customer,n\nC1,1\nC2,2\n", encoding="utf-8")
    given = ("--file", str(tmp_path / "c.csv"), "--by", "customer_id", "--column", "Customer")
    assert run(*given, "--yes", "--strict", "--build").exit_code == 0
    choice = job.Choice(values=("C1", "C2"), by="customer_id")
    assert calls == [(choice, {"dry_run": False, "strict": True}), "build"]


def test_conditions_and_orphans(calls: list[Any]) -> None:
    assert run("--where", "a=b=c", "--where", "source = chat", "--yes").exit_code == 0
    assert run("--orphans", "--dry-run", "--build").exit_code == 0
    assert calls == [
        (job.Choice(where=(("a", "b=c"), ("source", "chat"))), REAL),
        (job.Choice(orphans=True), {"dry_run": True, "strict": False}),
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--feedback-id", " "],
        ["--feedback-id", "F1", "--file", "x.csv"],
        ["--feedback-id", "F1", "--where", "a=b"],
        ["--feedback-id", "F1", "--orphans"],
        ["--feedback-id", "F1", "--by", "customer_id"],
        ["--feedback-id", "F1", "--column", "x"],
        ["--where", "a"],
        ["--where", "=a"],
        ["--where", "a="],
    ],
)
def test_bad_options_are_usage_errors(calls: list[Any], arguments: list[str]) -> None:
    assert isinstance(run(*arguments, "--yes").exception, UsageError)
    assert calls == []


def test_an_empty_list_is_said(calls: list[Any], tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("feedback_id\n", encoding="utf-8")
    result = run("--file", str(tmp_path / "c.csv"), "--yes")
    assert str(result.exception) == "c.csv lists nothing"


def test_nobody_there_to_confirm(calls: list[Any]) -> None:
    result = run("--feedback-id", "F1")
    assert isinstance(result.exception, UsageError)
    assert "--yes" in str(result.exception.hint)
    assert calls == []


@pytest.mark.parametrize(("answer", "made"), [("y\n", [True, False]), ("n\n", [True])])
def test_a_terminal_is_asked(
    calls: list[Any], monkeypatch: pytest.MonkeyPatch, answer: str, made: list[bool]
) -> None:
    monkeypatch.setattr(module, "_refuse_without_terminal", lambda: None)
    result = run("--feedback-id", "F1", answer=answer)
    assert [flags["dry_run"] for _, flags in calls] == made
    assert "Erase 1,200 feedback for good (1,100 texts, 2,300 rows)?" in result.output
    assert result.exit_code == (0 if len(made) == 2 else 1)


def test_what_is_said(
    calls: list[Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs.logger, "propagate", True)
    monkeypatch.setattr(logs.logger, "level", 20)
    with caplog.at_level("INFO", logs.LOGGER_NAME):
        result = run("--feedback-id", "F1", "--yes", "--json")
    assert json.loads(result.stdout)["removed"]["vector_store.embeddings"] == 1_100
    assert caplog.messages == [
        "1,200 feedback erased",
        "  raw.customer_feedback: 1,200 rows",
        "  vector_store.embeddings: 1,100 rows",
        "  models of dbt: 2,400 rows",
        "4 of the texts others have sent as well: their vectors and tags stay",
        "6 clusters leaned on it: described by keywords until `insights name` runs",
        "3 ids were erased before",
        "2 of what you named is unknown",
        "the provider still has the files of 1 batches that hold it; "
        "`insights batch list` shows them",
        "this role may not delete from snapshots.feedback: they hold it until dbt rebuilds them",
        "dead rows stay on disk until these are vacuumed by their owner: raw.customer_feedback",
        "marts that add up or quote may hold it until the next dbt build: `insights dbt build`",
    ]
    assert "F1" not in result.stdout + " ".join(caplog.messages)
