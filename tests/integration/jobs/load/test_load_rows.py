"""What arrives in the raw tables, and what is rejected."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from python_jobs.jobs import load as job
from python_jobs.sources.options import ReadOptions, parse_scale


def test_a_row_arrives_to_the_letter(loading: Any) -> None:
    text = '  "quoted"\r\nline, 👍 שלום N/A \\N \t' + "x" * 20_000
    path = loading.write(
        "own.csv",
        ["F1", "2024-01-02 03:04:05+02:00", "web", "None", "4,5", text, " Köln ", ""],
        headings=[*loading.headings, "Store", "Size"],
    )
    started = datetime.now(UTC)
    assert loading.counts(path) == (1, 1, 0, 0, 0)
    ((*values, row_hash, origin, loaded_at, updated_at),) = loading.query(
        "select * from raw.customer_feedback"
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
def test_any_text_survives(loading: Any, texts: list[str]) -> None:
    loading.run("truncate raw.customer_feedback")
    written = {f"F{number}": f".{text}" for number, text in enumerate(texts)}
    path = loading.folder / "any.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(["feedback_id", "created_at", "feedback_text", "again"])
        writer.writerows([key, "2024-01-02", text, text] for key, text in written.items())
    loading.load(path)
    found = loading.query(
        "select feedback_id, feedback_text, attributes from raw.customer_feedback"
    )
    assert {key: text for key, text, _ in found} == written
    assert all(attributes == {"again": text} for _, text, attributes in found)


def test_the_same_file_again_changes_nothing(loading: Any) -> None:
    path = loading.write(
        "own.csv",
        loading.row(1),
        loading.row(2),
        ["", *loading.row(3)[1:]],
        loading.row(4, rating="six"),
    )
    assert loading.counts(path) == (4, 2, 0, 0, 2)
    before = loading.everything()
    assert loading.counts(path) == (4, 0, 2, 0, 2)
    assert loading.everything() == before


def test_unchanged_rows_are_not_even_locked(loading: Any) -> None:
    path = loading.write("own.csv", loading.row(1), loading.row(2))
    where = "select ctid, xmin, xmax from raw.customer_feedback order by 1"
    loading.load(path)
    before = loading.query(where)
    loading.load(path)
    assert loading.query(where) == before


def test_an_edited_row_is_updated(loading: Any) -> None:
    path = loading.write("own.csv", loading.row(1), loading.row(2), loading.row(3))
    loading.load(path)
    loading.write(
        path.name,
        loading.row(1),
        loading.row(2, "Sole came off twice"),
        loading.row(3),
        loading.row(4),
    )
    assert loading.counts(path) == (4, 1, 2, 1, 0)
    found = loading.query(
        "select feedback_id, feedback_text, updated_at > loaded_at "
        "from raw.customer_feedback order by 1",
    )
    assert found[:3] == [
        ("F1", "Sole came off", False),
        ("F2", "Sole came off twice", True),
        ("F3", "Sole came off", False),
    ]


def test_rows_of_several_files_stay(loading: Any) -> None:
    loading.load(loading.write("one.csv", loading.row(1), loading.row(2)))
    two = loading.write("two.csv", loading.row(2), loading.row(3))
    assert loading.counts(two) == (2, 1, 1, 0, 0)
    found = loading.query("select feedback_id, origin from raw.customer_feedback order by 1")
    assert found == [("F1", "one.csv"), ("F2", "one.csv"), ("F3", "two.csv")]


def test_every_kind_of_bad_row_is_kept_with_line_and_reason(loading: Any) -> None:
    path = loading.folder / "bad.csv"
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
    assert loading.counts(path) == (13, 1, 1, 0, 11)
    found = loading.query(
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
    assert loading.load(path).reasons == {
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


def test_a_mended_file_clears_its_rejections(loading: Any) -> None:
    loading.load(loading.write("other.csv", loading.row(9), loading.row(10, rating="x")))
    path = loading.write(
        "own.csv", loading.row(1), loading.row(2, rating="x"), loading.row(3, rating="y")
    )
    loading.load(path)
    loading.write(path.name, loading.row(1), loading.row(2), loading.row(3, rating="y"))
    assert loading.counts(path) == (3, 1, 1, 0, 1)
    found = loading.query("select origin, line_number from raw.rejected_feedback order by 1")
    assert found == [("other.csv", 3), ("own.csv", 4)]


def test_the_first_of_a_repeated_id_counts(loading: Any) -> None:
    path = loading.write(
        "own.csv",
        loading.row(1, "a"),
        loading.row(1, "b"),
        loading.row(1, "a"),
        loading.row(1, "c"),
    )
    assert loading.counts(path) == (4, 1, 1, 0, 2)
    before = loading.everything()
    assert loading.counts(path) == (4, 0, 2, 0, 2)
    assert loading.everything() == before
    assert loading.query("select feedback_text from raw.customer_feedback") == [("a",)]


def test_other_formats_and_gzip(loading: Any) -> None:
    content = loading.write("own.csv", loading.row(1)).read_bytes()
    (loading.folder / "own.csv.gz").write_bytes(gzip.compress(content))
    record = dict(zip(loading.headings, loading.row(1), strict=True))
    (loading.folder / "own.jsonl").write_text(json.dumps(record | {"rating": 4}) + "\n")
    assert loading.counts(loading.folder / "own.csv.gz") == (1, 1, 0, 0, 0)
    # the same content, whatever the format
    assert loading.counts(loading.folder / "own.csv") == (1, 0, 1, 0, 0)
    assert loading.counts(loading.folder / "own.jsonl") == (1, 0, 1, 0, 0)


def test_parquet(loading: Any) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    record = dict(zip(loading.headings, loading.row(1), strict=True)) | {"rating": 4.0, "size": 43}
    pq.write_table(pa.Table.from_pylist([record]), loading.folder / "own.parquet")
    assert loading.counts(loading.folder / "own.parquet") == (1, 1, 0, 0, 0)
    assert loading.query("select rating, attributes from raw.customer_feedback") == [
        (Decimal("4.000"), {"size": 43})
    ]


def test_another_scale_and_other_headings(loading: Any) -> None:
    path = loading.write(
        "own.csv",
        ["F1", "2024-01-02", "9", "x"],
        headings=["ID", "Date", "NPS", "Comment"],
    )
    mapping = {"id": "feedback_id", "Date": "created_at", "nps": "rating"}
    options = ReadOptions(
        column_map={**mapping, "Comment": "feedback_text"}, rating_scale=parse_scale("0-10")
    )
    loading.load(path, options)
    assert loading.query("select rating, attributes from raw.customer_feedback") == [
        (Decimal("4.600"), {"rating_original": "9"})
    ]


def test_a_schema_prefix(loading: Any) -> None:
    prefixed = loading.settings.model_copy(update={"schema_prefix": "ada_"})
    for schema in ("raw", "customer_insights"):
        loading.run(f"alter schema {schema} rename to ada_{schema}")
    job.load(prefixed, loading.write("own.csv", loading.row(1)))
    assert loading.query("select count(*) from ada_raw.customer_feedback") == [(1,)]
