"""Which file, and in which format."""

from __future__ import annotations

from pathlib import Path

import pytest

from python_jobs.errors import UsageError
from python_jobs.sources.files import extension_of, file_format


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.csv", "csv"),
        ("a.CSV", "csv"),
        ("a.tsv", "csv"),
        ("a.b.jsonl", "jsonl"),
        ("a.ndjson.gz", "jsonl"),
        ("a.parquet", "parquet"),
    ],
)
def test_the_extension_tells(tmp_path: Path, name: str, found: str) -> None:
    path = tmp_path / name
    path.touch()
    assert file_format(path, None) == found
    assert file_format(path, "jsonl") == "jsonl"


@pytest.mark.parametrize("name", ["a.xlsx", "a.json", "feedback", "a.gz", ".csv"])
def test_an_extension_that_is_not_known(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    with pytest.raises(UsageError, match="are not known") as raised:
        file_format(path, None)
    assert "--format" in str(raised.value.hint)


def test_nothing_there_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no file"):
        file_format(tmp_path / "a.csv", None)
    with pytest.raises(UsageError, match="is a folder"):
        file_format(tmp_path, None)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UsageError, match="cannot be read: Permission denied"):
        file_format(tmp_path / "a.csv", None)


def test_gz_is_looked_through() -> None:
    assert extension_of(Path("a.CSV.gz")) == ".csv"
    assert extension_of(Path("a.csv")) == ".csv"
