"""Feedback from a file: rows, duplicates, periods, and what cannot be used."""

from __future__ import annotations

import csv
import json
import logging
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.errors import UsageError
from python_jobs.jobs.file_input import InputFile, read_feedback
from python_jobs.logs import LOGGER_NAME
from python_jobs.sources import ReadOptions
from python_jobs.sources.content import content_hash
from python_jobs.sources.options import parse_scale
from python_jobs.storage.job_inputs import Period

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.jobs.file_input import FileFeedback

HEADINGS = ("feedback_id", "created_at", "rating", "feedback_text")
ROWS = [
    ("a", "2026-05-03", "4", "Nothing  to add"),
    ("b", "2026-05-02", "", "nothing to ADD"),
    ("c", "2026-06-01T23:30:00-02:00", "2", "the sole came off"),
    ("d", "2026-06-05", "1", "too small"),
]
OPEN = Period()


def write(folder: Path, rows: list[Any], headings: tuple[str, ...] = HEADINGS) -> Path:
    path = folder / "feedback.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


def read(
    path: Path, period: Period = OPEN, limit: int | None = None, **options: Any
) -> FileFeedback:
    return read_feedback(InputFile(path, ReadOptions(**options)), period, limit)


def refusal(path: Path, period: Period = OPEN, **options: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(path, period, **options)
    assert caught.value.hint
    return caught.value


def test_duplicates_are_one_text_that_weighs_more(tmp_path: Path) -> None:
    found = read(write(tmp_path, ROWS))
    assert [each.content_hash for each in found.texts] == sorted(
        {content_hash(row[3]) for row in ROWS}
    )
    by_text = {each.text: each.count_feedback for each in found.texts}
    # the earliest gives the spelling, as in dbt
    assert by_text == {"nothing to ADD": 2, "the sole came off": 1, "too small": 1}
    assert [each.feedback_id for each in found.feedback] == ["a", "b", "c", "d"]
    assert [each.rating for each in found.feedback] == [4.0, None, 2.0, 1.0]
    assert found.feedback[2].created_at == datetime(2026, 6, 2, 1, 30)  # noqa: DTZ001
    assert (found.rows_in, found.repeated, found.rejected) == (4, 0, 0)


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    first, second = read(write(tmp_path, ROWS)), read(write(tmp_path, ROWS[::-1]))
    assert (first.texts, first.feedback) == (second.texts, second.feedback)


def test_dates_may_be_absent(tmp_path: Path) -> None:
    bare = read(write(tmp_path, [row[::3] for row in ROWS], ("feedback_id", "feedback_text")))
    assert len(bare.feedback) == 4
    assert {each.created_at for each in bare.feedback} == {None}
    assert {each.rating for each in bare.feedback} == {None}
    assert "Nothing  to add" in {each.text for each in bare.texts}  # the lowest id
    blank = read(write(tmp_path, [(row[0], "", *row[2:]) for row in ROWS]))
    assert len(blank.feedback) == 4


@pytest.mark.parametrize(
    ("period", "ids"),
    [
        (Period(date(2026, 5, 3)), "acd"),
        (Period(None, date(2026, 6, 2)), "abc"),
        (Period(date(2026, 6, 2), date(2026, 6, 2)), "c"),  # in UTC
        (Period(date(2027, 1, 1)), ""),
    ],
)
def test_periods_are_days_in_utc_both_inclusive(tmp_path: Path, period: Period, ids: str) -> None:
    found = read(write(tmp_path, ROWS), period)
    assert "".join(each.feedback_id for each in found.feedback) == ids
    assert sum(each.count_feedback for each in found.texts) == len(ids)


def test_a_period_needs_dates(tmp_path: Path) -> None:
    june = Period(date(2026, 6, 1))
    rows = [(row[0], row[1], row[3]) for row in ROWS]
    error = refusal(write(tmp_path, rows, ("feedback_id", "date", "feedback_text")), june)
    assert "has no column created_at" in error.message
    assert "--map 'date=created_at'" in str(error.hint)
    found = read(write(tmp_path, [*ROWS, ("e", "", "", "undated")]), june)
    assert found.reasons == {"unreadable created_at": 1}


def test_the_limit_takes_the_texts_of_the_latest_feedback(tmp_path: Path) -> None:
    path = write(tmp_path, [*ROWS, ("e", "2026-07-01", "", "NOTHING to add")])
    found = read(path, limit=2)
    assert {each.text for each in found.texts} == {"nothing to ADD", "too small"}
    assert [each.feedback_id for each in found.feedback] == ["a", "b", "d", "e"]
    assert len(read(path, limit=9).texts) == 3


def test_bad_rows_are_counted_with_their_reasons(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(LOGGER_NAME), "propagate", True)
    caplog.set_level(logging.INFO, logger=LOGGER_NAME)
    rows = [
        *ROWS,
        ROWS[0],
        ("a", "2026-05-03", "4", "something else"),
        ("", "2026-05-03", "4", "no id"),
        ("f", "2026-05-03", "4", " \u200b "),
        ("g", "2026-05-03", "4", ""),
        ("h", "03.05.2026", "4", "day first"),
    ]
    found = read(write(tmp_path, rows))
    assert (found.rows_in, found.repeated, found.rejected) == (10, 1, 5)
    assert found.reasons == {
        "missing feedback_text": 2,
        "repeated feedback_id in this file": 1,
        "missing feedback_id": 1,
        "unreadable created_at": 1,
    }
    assert len(found.feedback) == 4
    assert "10 rows = 4 usable + 1 said twice with the same id + 5 rejected" in caplog.text
    assert "missing feedback_text (2, first on line 9)" in caplog.text
    assert "day first" not in caplog.text


def test_json_lines_and_the_options_of_load(tmp_path: Path) -> None:
    path = tmp_path / "reviews.txt"
    lines = [{"key": at, "body": f"text {at}", "nps": at} for at in (0, 10)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="cp1252")
    found = read(
        path,
        format="jsonl",
        encoding="cp1252",
        column_map={"key": "feedback_id", "body": "feedback_text", "nps": "rating"},
        rating_scale=parse_scale("0-10"),
    )
    assert [each.feedback_id for each in found.feedback] == ["0", "10"]
    assert [each.rating for each in found.feedback] == [1.0, 5.0]


def test_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "feedback.parquet"
    days = [datetime(2026, 5, 1), None]  # noqa: DTZ001
    columns = {"feedback_id": [1, 2], "feedback_text": ["a", "b"], "created_at": days}
    parquet.write_table(pa.table(columns), path)
    found = read(path)
    assert [each.feedback_id for each in found.feedback] == ["1", "2"]
    assert [each.created_at for each in found.feedback] == days


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    assert "there is no file" in refusal(tmp_path / "absent.csv").message
    assert "is a folder" in refusal(tmp_path).message
    (tmp_path / "empty.csv").touch()
    assert "is empty" in refusal(tmp_path / "empty.csv").message
    assert "no row of feedback" in refusal(write(tmp_path, [])).message
    (tmp_path / "blank.jsonl").write_text("\n\n")
    assert "no row of feedback" in refusal(tmp_path / "blank.jsonl").message
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 not really")
    assert "Parquet" in refusal(tmp_path / "broken.parquet").message


def test_a_missing_text_column_is_said_with_what_comes_near(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, [("a", "good")], ("feedback_id", "Review Text")))
    assert error.message == (
        "feedback.csv has no column feedback_text; columns found: feedback_id, Review Text"
    )
    assert "--map 'Review Text=feedback_text'" in str(error.hint)


def test_a_file_without_a_usable_row(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, [("a", "", "", " "), ("b", "", "", "")]))
    assert error.message == (
        "feedback.csv: no row of 2 can be used: missing feedback_text (2, first on line 2)"
    )
    error = refusal(write(tmp_path, [("a", "1.2.2026", "", "good")]))
    assert "--date-format" in str(error.hint)
    assert "--rating-scale" in str(refusal(write(tmp_path, [("a", "", "9", "good")])).hint)
