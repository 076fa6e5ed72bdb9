"""`insights load` on a database: what arrives, what changes, what is refused."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from python_jobs.errors import DatabaseError, InsightsError, UsageError
from python_jobs.jobs import load as job
from python_jobs.sources.options import ReadOptions, parse_scale
from python_jobs.storage import raw
from python_jobs.storage.connection import psycopg_connect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import psycopg

    from python_jobs.settings import Settings

HEADINGS = ("feedback_id", "created_at", "source", "product", "rating", "feedback_text")

# As dbt's macro raw_tables writes it: running dbt for every test would take minutes.
TABLES = """
create schema if not exists raw;
create table raw.customer_feedback (
    feedback_id text not null primary key, created_at timestamptz not null, source text,
    product text, rating numeric(6, 3), feedback_text text not null,
    attributes jsonb not null default '{}', row_hash text not null, origin text not null,
    loaded_at timestamptz not null, updated_at timestamptz not null
);
create table raw.rejected_feedback (
    origin text not null, line_number bigint not null, reason text not null, feedback_id text,
    rejected_at timestamptz not null, primary key (origin, line_number, reason)
);
"""


@pytest.fixture
def tables(settings: Settings) -> Settings:
    with psycopg_connect(settings) as connection:
        connection.execute(TABLES)  # type: ignore[call-overload]
    return settings


def query(settings: Settings, text: str) -> list[tuple[Any, ...]]:
    with psycopg_connect(settings) as connection:
        return connection.execute(text).fetchall()  # type: ignore[call-overload, no-any-return]


def everything(settings: Settings) -> list[list[tuple[Any, ...]]]:
    return [
        query(settings, "select * from raw.customer_feedback order by feedback_id"),
        query(settings, "select * from raw.rejected_feedback order by origin, line_number"),
    ]


def write(path: Path, *rows: Sequence[str], headings: Sequence[str] = HEADINGS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


def row(number: int, text: str = "Sole came off", rating: str = "4") -> list[str]:
    return [f"F{number}", "2024-01-02T03:04:05Z", "web", "Ridge 2", rating, text]


def outcome(result: job.LoadResult) -> tuple[int, int, int, int, int]:
    counts = (result.loaded, result.unchanged, result.updated, result.rejected)
    assert result.rows_in == sum(counts)
    return (result.rows_in, *counts)


def test_a_row_arrives_to_the_letter(tables: Settings, tmp_path: Path) -> None:
    text = '  "quoted"\r\nline, 👍 שלום N/A \\N \t' + "x" * 20_000
    path = write(
        tmp_path / "own.csv",
        ["F1", "2024-01-02 03:04:05+02:00", "web", "None", "4,5", text, " Köln ", ""],
        headings=[*HEADINGS, "Store", "Size"],
    )
    started = datetime.now(UTC)
    assert outcome(job.load(tables, path)) == (1, 1, 0, 0, 0)
    ((*values, row_hash, origin, loaded_at, updated_at),) = query(
        tables, "select * from raw.customer_feedback"
    )
    assert values == [
        "F1",
        datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC),
        "web",
        "None",
        Decimal("4.500"),
        text,
        {"Store": " Köln "},
    ]
    assert len(row_hash) == 64
    assert origin == "own.csv"
    assert started <= loaded_at == updated_at


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@hypothesis_settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(texts=st.lists(TEXTS, min_size=20, max_size=60))
def test_any_text_survives(tables: Settings, tmp_path: Path, texts: list[str]) -> None:
    with psycopg_connect(tables) as connection:
        connection.execute("truncate raw.customer_feedback")
    written = {f"F{number}": f".{text}" for number, text in enumerate(texts)}
    path = tmp_path / "any.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["feedback_id", "created_at", "feedback_text", "again"])
        writer.writerows([key, "2024-01-02", text, text] for key, text in written.items())
    job.load(tables, path)
    found = query(
        tables, "select feedback_id, feedback_text, attributes from raw.customer_feedback"
    )
    assert {key: text for key, text, _ in found} == written
    assert all(attributes == {"again": text} for _, text, attributes in found)


def test_the_same_file_again_changes_nothing(tables: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "own.csv", row(1), row(2), ["", *row(3)[1:]], row(4, rating="six"))
    assert outcome(job.load(tables, path)) == (4, 2, 0, 0, 2)
    before = everything(tables)
    assert outcome(job.load(tables, path)) == (4, 0, 2, 0, 2)
    assert everything(tables) == before


def test_unchanged_rows_are_not_even_locked(tables: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "own.csv", row(1), row(2))
    where = "select ctid, xmin, xmax from raw.customer_feedback order by 1"
    job.load(tables, path)
    before = query(tables, where)
    job.load(tables, path)
    assert query(tables, where) == before


def test_an_edited_row_is_updated(tables: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "own.csv", row(1), row(2), row(3))
    job.load(tables, path)
    write(path, row(1), row(2, "Sole came off twice"), row(3), row(4))
    assert outcome(job.load(tables, path)) == (4, 1, 2, 1, 0)
    found = query(
        tables,
        "select feedback_id, feedback_text, updated_at > loaded_at "
        "from raw.customer_feedback order by 1",
    )
    assert found[:3] == [
        ("F1", "Sole came off", False),
        ("F2", "Sole came off twice", True),
        ("F3", "Sole came off", False),
    ]


def test_rows_of_several_files_stay(tables: Settings, tmp_path: Path) -> None:
    job.load(tables, write(tmp_path / "one.csv", row(1), row(2)))
    result = job.load(tables, write(tmp_path / "two.csv", row(2), row(3)))
    assert outcome(result) == (2, 1, 1, 0, 0)
    found = query(tables, "select feedback_id, origin from raw.customer_feedback order by 1")
    assert found == [("F1", "one.csv"), ("F2", "one.csv"), ("F3", "two.csv")]


def test_every_kind_of_bad_row_is_kept_with_line_and_reason(
    tables: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    lines = [
        "feedback_id,created_at,rating,feedback_text",
        'F1,2024-01-02,5,"good\ntwo lines"',
        ",2024-01-02,5,no id",
        "F3,2024-01-02,5,  ",
        "F4,soon,5,date",
        "F5,01/02/2024,5,date",
        "F6,2024-01-02,five,rating",
        "F7,2024-01-02,5.5,rating",
        "F8,2024-01-02,5,a\0b",
        "F9,2024-01-02,5,too,many",
        "x" * 201 + ",2024-01-02,5,long id",
        'G1,2024-01-02,5,"a "quote" inside"',
        "F1,2024-01-02,5,other",
        'F1,2024-01-02,5,"good\ntwo lines"',
    ]
    path.write_text("\n".join(lines), newline="")
    result = job.load(tables, path)
    assert outcome(result) == (13, 1, 1, 0, 11)
    found = query(
        tables,
        "select line_number, reason, feedback_id from raw.rejected_feedback "
        "where origin = 'bad.csv' order by line_number",
    )
    assert found == [
        (4, "missing feedback_id", None),
        (5, "missing feedback_text", "F3"),
        (6, "unreadable created_at: not ISO 8601", "F4"),
        (7, "unreadable created_at: day or month first, say which with --date-format", "F5"),
        (8, "impossible rating: not a number", "F6"),
        (9, "impossible rating: not within 1 to 5", "F7"),
        (10, "NUL byte", "F8"),
        (11, "too many fields: 5 where there are 4", "F9"),
        (12, "feedback_id longer than 200 characters", "x" * 200),
        (13, "malformed quotes: double a quote inside a quoted cell", None),
        (14, "repeated feedback_id in this file: other content than line 2", "F1"),
    ]
    assert result.reasons == {
        "impossible rating": 2,
        "unreadable created_at": 2,
        "NUL byte": 1,
        "feedback_id longer than 200 characters": 1,
        "malformed quotes": 1,
        "missing feedback_id": 1,
        "missing feedback_text": 1,
        "repeated feedback_id in this file": 1,
        "too many fields": 1,
    }
    assert sum(result.reasons.values()) == result.rejected


def test_a_mended_file_clears_its_rejections(tables: Settings, tmp_path: Path) -> None:
    other = job.load(tables, write(tmp_path / "other.csv", row(9), row(10, rating="x")))
    path = write(tmp_path / "own.csv", row(1), row(2, rating="x"), row(3, rating="y"))
    job.load(tables, path)
    write(path, row(1), row(2), row(3, rating="y"))
    assert outcome(job.load(tables, path)) == (3, 1, 1, 0, 1)
    found = query(tables, "select origin, line_number from raw.rejected_feedback order by 1")
    assert found == [("other.csv", 3), ("own.csv", 4)]
    assert other.rejected == 1


def test_the_first_of_a_repeated_id_counts(tables: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "own.csv", row(1, "a"), row(1, "b"), row(1, "a"), row(1, "c"))
    assert outcome(job.load(tables, path)) == (4, 1, 1, 0, 2)
    before = everything(tables)
    assert outcome(job.load(tables, path)) == (4, 0, 2, 0, 2)
    assert everything(tables) == before
    assert query(tables, "select feedback_text from raw.customer_feedback") == [("a",)]


def test_a_decode_error_far_into_the_file_leaves_nothing(tables: Settings, tmp_path: Path) -> None:
    job.load(tables, write(tmp_path / "first.csv", row(1), row(2, rating="x")))
    before = everything(tables)
    path = write(tmp_path / "own.csv", *(row(number) for number in range(5_000)))
    path.write_bytes(path.read_bytes() + "F,2024-01-02,,,,déçu\n".encode("cp1252"))
    with pytest.raises(UsageError, match="not UTF-8: line 5002"):
        job.load(tables, path)
    assert everything(tables) == before
    result = job.load(tables, path, ReadOptions(encoding="cp1252"))
    assert outcome(result) == (5_001, 4_999 + 1, 0, 1, 0)[:1] + outcome(result)[1:]
    assert query(tables, "select feedback_text from raw.customer_feedback where feedback_id = 'F'")


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_nothing(
    tables: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def interrupted(options: ReadOptions) -> Callable[..., object]:
        def validate(source_row: Any) -> object:
            if source_row.line_number > 3_000:
                raise error
            return good(source_row)

        return validate

    good = job.validator(ReadOptions())
    path = write(tmp_path / "own.csv", *(row(number) for number in range(5_000)))
    with monkeypatch.context() as patch:
        patch.setattr(job, "validator", interrupted)
        with pytest.raises(error):
            job.load(tables, path)
    assert everything(tables) == [[], []]
    assert outcome(job.load(tables, path)) == (5_000, 5_000, 0, 0, 0)


@pytest.mark.parametrize("moment", ["copy", "merge"])
def test_a_lost_connection_leaves_nothing(
    tables: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def cut() -> None:
        with psycopg_connect(tables, autocommit=True) as other:
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
    path = write(tmp_path / "own.csv", *(row(number) for number in range(20_000)))
    with monkeypatch.context() as patch:
        if moment == "copy":
            patch.setattr(raw, "stage", cut_in_copy)
        else:
            patch.setattr(raw, "merge", cut_before_merge)
        with pytest.raises(DatabaseError, match="nothing was loaded") as raised:
            job.load(tables, path)
    assert raised.value.hint
    assert everything(tables) == [[], []]


def test_strict_loads_all_or_nothing(tables: Settings, tmp_path: Path) -> None:
    path = write(tmp_path / "own.csv", row(1), row(2, rating="x"), row(3, rating="y"))
    with pytest.raises(UsageError) as raised:
        job.load(tables, path, strict=True)
    assert raised.value.message == (
        "own.csv: 2 of 3 rows rejected: impossible rating (2, first on line 3); "
        "nothing was loaded (--strict)"
    )
    assert everything(tables) == [[], []]
    write(path, row(1), row(2))
    assert outcome(job.load(tables, path, strict=True)) == (2, 2, 0, 0, 0)


def test_a_file_without_one_good_row_is_an_error(tables: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2 of 2 rows rejected: unreadable created_at") as raised:
        job.load(
            tables, write(tmp_path / "own.csv", *([f"F{n}", "?", "", "", "", "x"] for n in "ab"))
        )
    assert "raw.rejected_feedback" in str(raised.value.hint)
    feedback, rejected = everything(tables)
    assert (len(feedback), len(rejected)) == (0, 2)


def test_headings_alone_load_no_rows(tables: Settings, tmp_path: Path) -> None:
    assert outcome(job.load(tables, write(tmp_path / "own.csv"))) == (0, 0, 0, 0, 0)


def test_other_formats_and_gzip(tables: Settings, tmp_path: Path) -> None:
    content = write(tmp_path / "own.csv", row(1)).read_bytes()
    (tmp_path / "own.csv.gz").write_bytes(gzip.compress(content))
    record = dict(zip(HEADINGS, row(1), strict=True))
    (tmp_path / "own.jsonl").write_text(json.dumps(record | {"rating": 4}) + "\n")
    assert outcome(job.load(tables, tmp_path / "own.csv.gz")) == (1, 1, 0, 0, 0)
    # the same content, whatever the format
    assert outcome(job.load(tables, tmp_path / "own.csv")) == (1, 0, 1, 0, 0)
    assert outcome(job.load(tables, tmp_path / "own.jsonl")) == (1, 0, 1, 0, 0)


def test_parquet(tables: Settings, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    record = dict(zip(HEADINGS, row(1), strict=True)) | {"rating": 4.0, "size": 43}
    pq.write_table(pa.Table.from_pylist([record]), tmp_path / "own.parquet")
    assert outcome(job.load(tables, tmp_path / "own.parquet")) == (1, 1, 0, 0, 0)
    assert query(tables, "select rating, attributes from raw.customer_feedback") == [
        (Decimal("4.000"), {"size": 43})
    ]


def test_another_scale_and_other_headings(tables: Settings, tmp_path: Path) -> None:
    path = write(
        tmp_path / "own.csv",
        ["F1", "2024-01-02", "9", "x"],
        headings=["ID", "Date", "NPS", "Comment"],
    )
    mapping = {"id": "feedback_id", "Date": "created_at", "nps": "rating"}
    options = ReadOptions(
        column_map={**mapping, "Comment": "feedback_text"}, rating_scale=parse_scale("0-10")
    )
    job.load(tables, path, options)
    assert query(tables, "select rating, attributes from raw.customer_feedback") == [
        (Decimal("4.600"), {"rating_original": "9"})
    ]


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "root" / "demo").mkdir(parents=True)
    monkeypatch.setattr(job, "project_root", lambda: tmp_path / "root")
    return write(tmp_path / "root" / "demo" / "feedback.csv", row(1), row(2), row(3, rating="x"))


def test_own_feedback_removes_the_demo(tables: Settings, tmp_path: Path, demo: Path) -> None:
    assert outcome(job.load(tables, None, demo=True)) == (3, 2, 0, 0, 1)
    assert query(tables, "select distinct origin from raw.customer_feedback") == [("demo",)]
    assert outcome(job.load(tables, None, demo=True)) == (3, 0, 2, 0, 1)
    result = job.load(tables, write(tmp_path / "own.csv", row(1), row(9)))
    assert outcome(result) == (2, 2, 0, 0, 0)
    assert result.removed_demo == 2
    found = query(tables, "select feedback_id, origin from raw.customer_feedback order by 1")
    assert found == [("F1", "own.csv"), ("F9", "own.csv")]
    assert query(tables, "select * from raw.rejected_feedback") == []


def test_a_file_without_a_good_row_leaves_the_demo(
    tables: Settings, tmp_path: Path, demo: Path
) -> None:
    job.load(tables, None, demo=True)
    with pytest.raises(UsageError, match="1 of 1 rows rejected"):
        job.load(tables, write(tmp_path / "own.csv", row(1, rating="x")))
    job.load(tables, write(tmp_path / "none.csv"))
    assert query(tables, "select count(*) from raw.customer_feedback") == [(2,)]


def test_the_demo_does_not_join_own_feedback(tables: Settings, tmp_path: Path, demo: Path) -> None:
    job.load(tables, write(tmp_path / "own.csv", row(1)))
    before = everything(tables)
    with pytest.raises(UsageError, match="would mix") as raised:
        job.load(tables, None, demo=True)
    assert "another database" in str(raised.value.hint)
    assert everything(tables) == before


def test_which_file(tables: Settings, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file to load"):
        job.load(tables, None)
    with pytest.raises(UsageError, match="no FILE goes with it"):
        job.load(tables, tmp_path / "own.csv", demo=True)
    with pytest.raises(UsageError, match="would pass for the demo"):
        job.load(tables, tmp_path / "demo", ReadOptions(format="csv"))


def test_counts_that_do_not_reconcile_load_nothing(
    tables: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = raw.stage
    monkeypatch.setattr(raw, "stage", lambda *arguments: stage(*arguments) + 1)
    with pytest.raises(InsightsError, match="do not reconcile: 2 rows in, 1 accounted for"):
        job.load(tables, write(tmp_path / "own.csv", row(1)))
    assert everything(tables) == [[], []]


def test_missing_tables_and_rights_are_explained(
    tables: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "own.csv", row(1))
    with psycopg_connect(tables) as connection:
        connection.execute("drop table raw.rejected_feedback")
    with pytest.raises(DatabaseError, match="missing") as raised:
        job.load(tables, path)
    assert "create_tables" in str(raised.value.hint)


def test_a_schema_prefix(tables: Settings, tmp_path: Path) -> None:
    prefixed = tables.model_copy(update={"schema_prefix": "ada_"})
    with psycopg_connect(tables) as connection:
        connection.execute("alter schema raw rename to ada_raw")
    job.load(prefixed, write(tmp_path / "own.csv", row(1)))
    assert query(tables, "select count(*) from ada_raw.customer_feedback") == [(1,)]
