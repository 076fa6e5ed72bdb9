"""`insights load --from` as it is typed; the job itself is replaced."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from python_jobs.cli.load import load as command
from python_jobs.errors import UsageError
from python_jobs.jobs import load_database as job
from python_jobs.jobs.load import LoadResult
from python_jobs.settings import Settings

if TYPE_CHECKING:
    from python_jobs.sources.options import ReadOptions

RESULT = LoadResult("postgres/shop/reviews", 3, 3, 0, 0, 0, 0, 0.5, {})


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    made: list[tuple[Any, ...]] = []

    def fake(
        _: Settings, source: job.DatabaseSource, options: ReadOptions, **flags: bool
    ) -> LoadResult:
        made.append((source, options, flags))
        return RESULT

    monkeypatch.setattr(job, "load_database", fake)
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, obj=Settings())


def test_defaults(calls: list[tuple[Any, ...]]) -> None:
    assert run("--from", "postgres", "--table", "reviews").exit_code == 0
    relation = job.Relation("postgres", table="reviews")
    ((source, _, flags),) = calls
    assert (source, flags) == (job.DatabaseSource(relation), {"strict": False})


def test_every_option(calls: list[tuple[Any, ...]]) -> None:
    given = (
        "--from sqlserver --table dbo.Reviews --updated-at ChangedAt --overlap 2h --full "
        "--origin shop --batch-rows 500 --strict --map Id=feedback_id --timezone Europe/Berlin "
        "--rating-scale 0-10"
    )
    assert run(*given.split()).exit_code == 0
    ((source, options, flags),) = calls
    assert source.relation == job.Relation("sqlserver", table="Reviews", schema="dbo")
    assert (source.updated_at, source.overlap.time) == ("ChangedAt", timedelta(hours=2))
    assert (source.full, source.origin, source.batch_rows) == (True, "shop", 500)
    assert options.column_map == {"Id": "feedback_id"}
    assert str(options.timezone) == "Europe/Berlin"
    assert flags == {"strict": True}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "postgres"], "one --table or one --query"),
        (["--from", "postgres", "--table", "t", "--query", "select 1"], "one --table or one"),
        (["--from", "postgres", "--query", "delete from t"], "no SELECT"),
        (["--from", "postgres", "--table", "t", "own.csv"], "FILE does not go with --from"),
        (["--from", "postgres", "--table", "t", "--demo"], "--demo does not go with --from"),
        (["--from", "postgres", "--table", "t", "--format", "csv"], "--format does not go"),
        (["--from", "postgres", "--table", "t", "--encoding", "utf-8"], "--encoding does not go"),
        (["--from", "postgres", "--table", "t", "--overlap", "1h"], "goes with --updated-at"),
        (["own.csv", "--table", "t"], "--table goes with --from"),
        (["own.csv", "--updated-at", "t"], "--updated-at goes with --from"),
    ],
)
def test_contradictions(calls: list[tuple[Any, ...]], arguments: list[str], message: str) -> None:
    error = run(*arguments).exception
    assert isinstance(error, UsageError)
    assert message in error.message
    assert error.hint
    assert calls == []
