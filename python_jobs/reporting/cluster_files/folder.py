"""The folder that the files go to: checked before the work, written without half files."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def prepare_folder(folder: Path) -> Path:
    """Create the folder and its parents where they are missing, and try to write to it.

    Raises:
        UsageError: it is a file, or may not be created or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (FileExistsError, NotADirectoryError):
        raise UsageError(
            f"--output-dir {folder} is not a folder", hint="name a folder, or one to be created"
        ) from None
    except OSError as error:
        raise UsageError(
            f"cannot write to --output-dir {folder}: {error.strerror}",
            hint="name a folder that you may write to",
        ) from None
    return folder


@contextmanager
def new_file(path: Path, encoding: str | None = "utf-8") -> Iterator[IO[str]]:
    """A text file that takes its name only when it is complete.

    Signs that no encoding knows (halves of surrogate pairs) become question marks.

    Raises:
        UsageError: it cannot be written, as on a full disk.
    """
    with (
        _replacing(path) as part,
        part.open("w", encoding=encoding, errors="replace", newline="") as file,
    ):
        yield file


@contextmanager
def new_binary(path: Path) -> Iterator[IO[bytes]]:
    """A binary file, otherwise as `new_file`."""
    with _replacing(path) as part, part.open("wb") as file:
        yield file


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise UsageError(
            f"cannot write {path}: {error.strerror}", hint="make room, or give another --output-dir"
        ) from None
    finally:
        part.unlink(missing_ok=True)
