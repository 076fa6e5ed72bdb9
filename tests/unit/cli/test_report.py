from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from python_jobs.cli.report import report
from python_jobs.errors import UsageError
from python_jobs.jobs import report as report_job
from python_jobs.jobs.report import HtmlReport
from python_jobs.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the jobs were asked; the page is `<p>ü</p>`."""
    calls: list[dict[str, Any]] = []

    def html_report(settings: Settings, **given: Any) -> HtmlReport:
        calls.append(given)
        return HtmlReport("<p>ü</p>\n", 2, 1)

    def summary(settings: Settings, **given: Any) -> str:
        calls.append(given)
        return "the summary"

    monkeypatch.setattr(report_job, "html_report", html_report)
    monkeypatch.setattr(report_job, "report", summary)
    return calls


def run(*arguments: str) -> Result:
    return CliRunner().invoke(report, list(arguments), obj=SETTINGS)


def test_without_output_it_is_the_summary(asked: list[dict[str, Any]]) -> None:
    assert run().output == "the summary\n"
    assert run("--redact").output == "the summary\n"
    assert asked == [{"redacted": False}, {"redacted": True}]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {}),
        (
            ["--redact", "--max-texts", "5", "--title", "Ours", "--wording", "azure"],
            {"title": "Ours", "redacted": True, "max_texts": 5, "wording": "azure"},
        ),
    ],
)
def test_output_is_written_with_what_was_asked(
    asked: list[dict[str, Any]], tmp_path: Path, arguments: list[str], expected: dict[str, Any]
) -> None:
    file = tmp_path / "new" / "report.html"
    finished = run("--output", str(file), *arguments)
    assert finished.exit_code == 0, finished.output
    assert file.read_bytes() == "<p>ü</p>\n".encode()
    (given,) = asked
    assert (given.pop("budget") is None) == ("wording" not in expected)
    plain = {"title": "Customer insights", "redacted": False, "max_texts": None, "wording": None}
    assert given == plain | expected


@pytest.mark.parametrize("arguments", [["--max-texts", "3"], ["--wording", "openai"]])
def test_what_is_for_the_page_asks_for_a_page(
    asked: list[dict[str, Any]], arguments: list[str]
) -> None:
    finished = run(*arguments)
    assert isinstance(finished.exception, UsageError)
    assert asked == []


def test_a_file_that_cannot_be_written_is_a_mistake_one_can_mend(
    asked: list[dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    finished = run("--output", str(tmp_path / "file" / "report.html"))
    assert isinstance(finished.exception, UsageError)
