from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import UsageError
from python_jobs.sources.one_column import read_column

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "content", "column", "expected"),
    [
        ("a.csv", "feedback_id\nF1\n F2 \n\nF1\n", "feedback_id", ["F1", "F2"]),
        ("a.csv", "\ufeffName, ID \nx,F1\ny\nz,\n", "id", ["F1"]),
        ("a.csv", 'id\n"a ""quoted"", id"\n', "ID", ['a "quoted", id']),
        ("a.tsv", "n\tid\n1\tF,1\n", "id", ["F,1"]),
        ("a.txt", "id\nF1", "id", ["F1"]),
        ("a.csv", "id\n", "id", []),
    ],
)
def test_values(tmp_path: Path, name: str, content: str, column: str, expected: list[str]) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert read_column(tmp_path / name, column) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("secret-1\nsecret-2\n", "a.csv has not one column 'id' in its first line"),
        ("id,ID\n1,2\n", "a.csv has not one column 'id' in its first line"),
        ('id\n"secret\n', "a.csv: malformed quotes on line 2"),
        ("", "a.csv is empty"),
    ],
)
def test_unusable_files(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read_column(tmp_path / "a.csv", "id")
    assert raised.value.message == message
    assert "secret" not in f"{raised.value.message} {raised.value.hint}"


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        read_column(tmp_path / "none.csv", "id")
