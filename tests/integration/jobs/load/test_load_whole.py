"""A load is whole or it is nothing, whatever interrupts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.errors import DatabaseError, InsightsError, UsageError
from python_jobs.jobs import load as job
from python_jobs.sources.options import ReadOptions
from python_jobs.storage import raw
from python_jobs.storage.connection import psycopg_connect

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg


def test_a_decode_error_far_into_the_file_leaves_nothing(loading: Any) -> None:
    loading.load(loading.write("first.csv", loading.row(1), loading.row(2, rating="x")))
    before = loading.everything()
    path = loading.write("own.csv", *(loading.row(number) for number in range(5_000)))
    path.write_bytes(path.read_bytes() + "F,2024-01-02,,,,déçu\n".encode("cp1252"))
    with pytest.raises(UsageError, match="not UTF-8: line 5002"):
        loading.load(path)
    assert loading.everything() == before
    assert loading.counts(path, ReadOptions(encoding="cp1252")) == (5_001, 5_000, 1, 0, 0)
    assert loading.query("select feedback_text from raw.customer_feedback where feedback_id = 'F'")


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_nothing(
    loading: Any, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def interrupted(options: ReadOptions) -> Callable[..., object]:
        def validate(source_row: Any) -> object:
            if source_row.line_number > 3_000:
                raise error
            return good(source_row)

        return validate

    good = job.validator(ReadOptions())
    path = loading.write("own.csv", *(loading.row(number) for number in range(5_000)))
    with monkeypatch.context() as patch:
        patch.setattr(job, "validator", interrupted)
        with pytest.raises(error):
            loading.load(path)
    assert loading.everything() == [[], []]
    assert loading.counts(path) == (5_000, 5_000, 0, 0, 0)


@pytest.mark.parametrize("moment", ["copy", "merge"])
def test_a_lost_connection_leaves_nothing(
    loading: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def cut() -> None:
        with psycopg_connect(loading.settings, autocommit=True) as other:
            other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where pid <> pg_backend_pid() and datname = current_database()"
            )

    def cut_in_copy(connection: psycopg.Connection, rows: Any) -> int:
        def cutting() -> Any:
            for number, each in enumerate(rows):
                if number == 10_000:
                    cut()
                yield each

        return stage(connection, cutting())

    def cut_before_merge(*arguments: Any) -> raw.MergeCounts:
        cut()
        return merge(*arguments)

    stage, merge = raw.stage, raw.merge
    path = loading.write("own.csv", *(loading.row(number) for number in range(20_000)))
    with monkeypatch.context() as patch:
        if moment == "copy":
            patch.setattr(raw, "stage", cut_in_copy)
        else:
            patch.setattr(raw, "merge", cut_before_merge)
        with pytest.raises(DatabaseError, match="nothing was loaded") as raised:
            loading.load(path)
    assert raised.value.hint
    assert loading.everything() == [[], []]


def test_strict_loads_all_or_nothing(loading: Any) -> None:
    path = loading.write(
        "own.csv", loading.row(1), loading.row(2, rating="x"), loading.row(3, rating="y")
    )
    with pytest.raises(UsageError) as raised:
        loading.load(path, strict=True)
    assert raised.value.message == (
        "own.csv: 2 of 3 rows rejected: impossible rating (2, first on line 3); "
        "nothing was loaded (--strict)"
    )
    assert loading.everything() == [[], []]
    loading.write(path.name, loading.row(1), loading.row(2))
    assert loading.counts(path, strict=True) == (2, 2, 0, 0, 0)


def test_a_file_without_one_good_row_is_an_error(loading: Any) -> None:
    with pytest.raises(UsageError, match="2 of 2 rows rejected: unreadable created_at") as raised:
        loading.load(loading.write("own.csv", *([f"F{n}", "?", "", "", "", "x"] for n in "ab")))
    assert "raw.rejected_feedback" in str(raised.value.hint)
    feedback, rejected = loading.everything()
    assert (len(feedback), len(rejected)) == (0, 2)


def test_headings_alone_load_no_rows(loading: Any) -> None:
    assert loading.counts(loading.write("own.csv")) == (0, 0, 0, 0, 0)


def test_counts_that_do_not_reconcile_load_nothing(
    loading: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = raw.stage
    monkeypatch.setattr(raw, "stage", lambda *arguments: stage(*arguments) + 1)
    with pytest.raises(InsightsError, match="do not reconcile: 2 rows in, 1 accounted for"):
        loading.load(loading.write("own.csv", loading.row(1)))
    assert loading.everything() == [[], []]


def test_missing_tables_are_explained(loading: Any) -> None:
    path = loading.write("own.csv", loading.row(1))
    loading.run("drop table raw.rejected_feedback")
    with pytest.raises(DatabaseError, match="missing") as raised:
        loading.load(path)
    assert "create_tables" in str(raised.value.hint)
