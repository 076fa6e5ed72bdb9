"""`insights load` as it is typed; the job itself is replaced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from python_jobs import logs
from python_jobs.cli.load import load as command
from python_jobs.errors import UsageError
from python_jobs.jobs import load as job
from python_jobs.settings import Settings
from python_jobs.sources.options import ReadOptions

RESULT = job.LoadResult(
    origin="own.csv",
    rows_in=3_130,
    loaded=3_000,
    unchanged=100,
    updated=20,
    rejected=10,
    removed_demo=2_900,
    seconds=0.5,
    reasons={"missing feedback_text": 10},
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    made: list[tuple[Any, ...]] = []

    def fake(_: Settings, path: Path | None, options: ReadOptions, **flags: bool) -> job.LoadResult:
        made.append((path, options, flags))
        return RESULT

    monkeypatch.setattr(job, "load", fake)
    return made


def run(*arguments: str) -> Result:
    runner = CliRunner()
    with runner.isolation():
        pass
    return runner.invoke(command, arguments, obj=Settings())


def test_defaults(calls: list[tuple[Any, ...]]) -> None:
    assert run("own.csv").exit_code == 0
    assert calls == [(Path("own.csv"), ReadOptions(), {"strict": False, "demo": False})]


def test_every_option(calls: list[tuple[Any, ...]]) -> None:
    given = (
        "own.txt --map Text=feedback_text --map Id=feedback_id --format csv --encoding cp1252 "
        "--delimiter tab --rating-scale 0-10 --timezone Europe/Berlin --date-format %d/%m/%Y "
        "--date-format %d.%m.%Y --strict"
    )
    assert run(*given.split()).exit_code == 0
    ((path, options, flags),) = calls
    assert path == Path("own.txt")
    assert flags == {"strict": True, "demo": False}
    assert options.column_map == {"Text": "feedback_text", "Id": "feedback_id"}
    assert (options.format, options.encoding, options.delimiter) == ("csv", "cp1252", "\t")
    assert str(options.rating_scale.highest) == "10"
    assert str(options.timezone) == "Europe/Berlin"
    assert options.date_formats == ("%d/%m/%Y", "%d.%m.%Y")


def test_json_on_stdout_and_counts_on_stderr(
    calls: list[tuple[Any, ...]], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs.logger, "propagate", True)
    monkeypatch.setattr(logs.logger, "level", 20)
    with caplog.at_level("INFO", logs.LOGGER_NAME):
        result = run("own.csv", "--json")
    assert json.loads(result.stdout)["reasons"] == {"missing feedback_text": 10}
    assert json.loads(result.stdout)["rows_in"] == 3_130
    assert caplog.messages == [
        "removed 2,900 demo feedback first",
        "own.csv: 3,130 rows in = 3,000 loaded + 100 unchanged + 20 updated + 10 rejected",
        "  rejected: missing feedback_text (10)",
        "  which and why: select * from raw.rejected_feedback",
        "loaded in 0.5 s, 6,260 rows a second",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["own.csv", "--map", "x"],
        ["own.csv", "--encoding", "x"],
        ["own.csv", "--delimiter", "xy"],
        ["own.csv", "--rating-scale", "x"],
        ["own.csv", "--timezone", "x"],
        ["own.csv", "--date-format", "x"],
    ],
)
def test_bad_options_are_usage_errors(calls: list[tuple[Any, ...]], arguments: list[str]) -> None:
    assert isinstance(run(*arguments).exception, UsageError)
    assert calls == []


def test_help_names_the_required_columns() -> None:
    shown = run("--help").stdout
    for word in ("feedback_id", "created_at", "feedback_text", "--map", "--strict", "--demo"):
        assert word in shown
