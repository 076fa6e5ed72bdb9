"""CSV: rows, line numbers, quotes."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import UsageError
from python_jobs.sources import open_source
from python_jobs.sources.options import ReadOptions

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.sources.rows import SourceRow

HEAD = "feedback_id,created_at,feedback_text\n"


def rows(path: Path, content: str | bytes, options: ReadOptions | None = None) -> list[SourceRow]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_source(path, options or ReadOptions()) as source:
        return list(source.rows)


def texts(found: list[SourceRow]) -> list[object]:
    return [row.values["feedback_text"] for row in found]


def test_rows_and_the_lines_they_start_on(tmp_path: Path) -> None:
    found = rows(
        tmp_path / "a.csv",
        HEAD + 'A,2024-01-01,"one\r\ntwo\n\nfive"\r\n\r\nB,2024-01-01,plain\n\n  \nC,2024-01-02,z',
    )
    assert [row.line_number for row in found] == [2, 7, 10]
    assert texts(found) == ["one\r\ntwo\n\nfive", "plain", "z"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end(tmp_path: Path, end: str) -> None:
    found = rows(tmp_path / "a.csv", (HEAD + "A,2024-01-01,x\nB,2024-01-01,y\n").replace("\n", end))
    assert [(row.line_number, row.values["feedback_text"]) for row in found] == [(2, "x"), (3, "y")]


def test_cells_are_kept_to_the_letter(tmp_path: Path) -> None:
    found = rows(tmp_path / "a.csv", HEAD + 'A,N/A," He said ""hi"", then\tleft "\nB,null,\'x\'\n')
    assert texts(found) == [' He said "hi", then\tleft ', "'x'"]
    assert [row.values["created_at"] for row in found] == ["N/A", "null"]


def test_byte_order_mark_and_spaces_around_headings(tmp_path: Path) -> None:
    found = rows(tmp_path / "a.csv", "\ufeff feedback_id ,CREATED_AT,feedback_text\nA,b,c\n")
    assert found[0].values == {"feedback_id": "A", "CREATED_AT": "b", "feedback_text": "c"}


def test_a_very_long_cell(tmp_path: Path) -> None:
    assert texts(rows(tmp_path / "a.csv", HEAD + f"A,b,{'x' * 300_000}\n")) == ["x" * 300_000]


def test_too_many_fields_and_too_few(tmp_path: Path) -> None:
    found = rows(tmp_path / "a.csv", HEAD + "A,b,c,d,e\nB,b,c,, \nC,b\nD,b,c\n")
    assert [row.problem for row in found] == ["too many fields: 5 where there are 3", *[None] * 3]
    assert texts(found[1:]) == ["c", "", "c"]


def test_malformed_quotes_reject_their_row_alone(tmp_path: Path) -> None:
    found = rows(
        tmp_path / "a.csv", HEAD + 'A,b,"He said "hi" to me"\nB,b,c\nC,b,"\\"x\\""\nD,b,d\n'
    )
    assert [row.line_number for row in found] == [2, 3, 4, 5]
    assert [bool(row.problem) for row in found] == [True, False, True, False]
    assert found[0].problem == "malformed quotes: double a quote inside a quoted cell"


def test_a_quote_that_is_never_closed_is_an_error_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="opens in the row on line 3 is never closed"):
        rows(tmp_path / "a.csv", HEAD + 'A,b,c\nB,b,"open\nC,b,c\nD,b,d\n')


def test_unnamed_columns_and_delimiters_at_the_end(tmp_path: Path) -> None:
    found = rows(tmp_path / "a.csv", ",feedback_id,created_at,feedback_text,,\n0,A,b,c,,\n")
    assert found[0].problem is None
    assert found[0].values["column_1"] == "0"


@pytest.mark.parametrize(
    ("name", "delimiter", "options"),
    [
        ("a.tsv", "\t", ReadOptions()),
        ("a.csv", ";", ReadOptions(delimiter=";")),
        ("a.txt", "|", ReadOptions(delimiter="|", format="csv")),
    ],
)
def test_delimiters(tmp_path: Path, name: str, delimiter: str, options: ReadOptions) -> None:
    content = (HEAD + "A,b,c\n").replace(",", delimiter)
    assert texts(rows(tmp_path / name, content, options)) == ["c"]


def test_gzip(tmp_path: Path) -> None:
    whole = gzip.compress((HEAD + "A,b,c\n" * 5_000).encode())
    assert len(rows(tmp_path / "a.csv.gz", whole)) == 5_000
    with pytest.raises(UsageError, match="cut-off gzip"):
        rows(tmp_path / "cut.csv.gz", whole[:-20])


def test_headings_alone_are_no_rows(tmp_path: Path) -> None:
    assert rows(tmp_path / "a.csv", HEAD) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ('"feedback_id,created_at\n', "quotes in the line of headings"),
        ("feedback_id\0,created_at,feedback_text\nA,b,c\n", "NUL bytes"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"PAR1rest", "is Parquet, not text"),
    ],
)
def test_files_that_are_no_csv(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        rows(tmp_path / "a.csv", content)


def test_the_position_reaches_the_size(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + "A,b,c\n" * 10)
    with open_source(path, ReadOptions()) as source:
        assert len(list(source.rows)) == 10
        assert source.position() == source.size == path.stat().st_size
        assert source.unit == "bytes"
