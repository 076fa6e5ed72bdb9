"""Parquet."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.errors import UsageError
from python_jobs.sources import open_source
from python_jobs.sources.options import ReadOptions
from python_jobs.sources.records import validator
from python_jobs.sources.rows import Feedback, Rejection

if TYPE_CHECKING:
    from pathlib import Path

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def outcomes(path: Path, columns: dict[str, Any], **write: Any) -> list[Feedback | Rejection]:
    pq.write_table(pa.table(columns), path, **write)
    with open_source(path, ReadOptions()) as source:
        assert source.unit == "rows"
        validate = validator(ReadOptions())
        return [validate(row) for row in source.rows]


def test_typed_columns(tmp_path: Path) -> None:
    moment = datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    found = outcomes(
        tmp_path / "a.parquet",
        {
            "feedback_id": pa.array([1, 2, 3]),
            "created_at": pa.array([moment] * 3, pa.timestamp("ns", "Europe/Berlin")),
            "feedback_text": ["N/A", "line\r\nbreak", None],
            "rating": pa.array([Decimal("4.50"), None, Decimal("1.00")]),
            "store": pa.array(["a", "b", "a"]).dictionary_encode(),
            "tags": [["x", "y"], None, []],
        },
    )
    assert isinstance(found[0], Feedback)
    assert isinstance(found[1], Feedback)
    assert found[0][:8] == (
        *(1, "1", "2024-01-02T03:04:05.000678+00:00", None, None, "4.500", "N/A"),
        '{"store":"a","tags":["x","y"]}',
    )
    assert (found[1].feedback_text, found[1].rating) == ("line\r\nbreak", None)
    assert found[2] == Rejection(3, "missing feedback_text", "3")


def test_dates_as_days_and_as_text(tmp_path: Path) -> None:
    days = pa.array([19_724], pa.date32())
    for created_at in (days, ["2024-01-02"], pa.array([datetime(2024, 1, 2)])):  # noqa: DTZ001
        (row,) = outcomes(
            tmp_path / "a.parquet",
            {"feedback_id": ["A"], "created_at": created_at, "feedback_text": ["x"]},
        )
        assert isinstance(row, Feedback)
        assert row.created_at == "2024-01-02T00:00:00+00:00"


def test_rows_are_numbered_through_groups_and_batches(tmp_path: Path) -> None:
    count = 2_500
    found = outcomes(
        tmp_path / "a.parquet",
        {
            "feedback_id": [str(number) for number in range(count)],
            "created_at": ["2024-01-02"] * count,
            "feedback_text": ["x"] * count,
        },
        row_group_size=700,
    )
    assert [row.line_number for row in found] == list(range(1, count + 1))


def test_no_rows(tmp_path: Path) -> None:
    empty = pa.array([], pa.string())
    columns = {"feedback_id": empty, "created_at": empty, "feedback_text": empty}
    assert outcomes(tmp_path / "a.parquet", columns) == []


@pytest.mark.parametrize("content", [b"", b"PAR1", b"feedback_id,created_at\n", b"PAR1" * 100])
def test_what_is_no_parquet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with (
        pytest.raises(UsageError, match="no Parquet file"),
        open_source(tmp_path / "a.parquet", ReadOptions()),
    ):
        pass


def test_a_damaged_page_is_an_error_while_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    texts = [f"text {number}" for number in range(20_000)]
    columns = {"feedback_id": texts, "created_at": texts, "feedback_text": texts}
    pq.write_table(pa.table(columns), path, compression="zstd")
    whole = bytearray(path.read_bytes())
    whole[1_000:40_000] = b"\xff" * 39_000
    path.write_bytes(bytes(whole))
    with (
        open_source(path, ReadOptions()) as source,
        pytest.raises(UsageError, match="damaged"),
    ):
        list(source.rows)


def test_a_missing_column(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column feedback_text"):
        outcomes(tmp_path / "a.parquet", {"feedback_id": ["A"], "created_at": ["2024-01-02"]})
