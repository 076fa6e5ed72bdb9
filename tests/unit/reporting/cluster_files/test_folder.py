"""The output folder and how files get into it."""

from __future__ import annotations

import errno
import os
import tempfile
from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import UsageError
from python_jobs.reporting.cluster_files.folder import new_binary, new_file, prepare_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_missing_folder_is_created_with_its_parents(tmp_path: Path) -> None:
    assert prepare_folder(tmp_path / "a" / "b c").is_dir()
    assert list((tmp_path / "a" / "b c").iterdir()) == []
    prepare_folder(tmp_path / "a" / "b c")


@pytest.mark.parametrize("below", ["", "sub"])
def test_a_file_in_its_place_is_a_usage_error(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="is not a folder"):
        prepare_folder(tmp_path / "file" / below)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="cannot write to --output-dir"):
        prepare_folder(tmp_path)


def test_a_read_only_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(UsageError, match="cannot write to --output-dir") as caught:
        prepare_folder(tmp_path)
    assert caught.value.hint


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text("before")
    with new_file(path) as file:
        file.write("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_of_a_file_that_failed(tmp_path: Path) -> None:
    def fail() -> None:
        with new_binary(tmp_path / "a.png") as file:
            file.write(b"half")
            raise ValueError("halfway")

    with pytest.raises(ValueError, match="halfway"):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write .*a\.csv"), new_file(tmp_path / "a.csv"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_halves_of_surrogate_pairs_do_not_stop_it(tmp_path: Path) -> None:
    with new_file(tmp_path / "a.csv") as file:
        file.write("a\ud83d b")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "a? b"
