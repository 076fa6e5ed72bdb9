"""Files as bytes and as text: formats, compression, encodings and their errors."""

from __future__ import annotations

import gzip
import zlib
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from python_jobs.errors import UsageError
from python_jobs.sources import encodings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from python_jobs.sources.options import FileFormat, ReadOptions

EXTENSIONS: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
# How other kinds of file begin
_PARQUET, _GZIP = b"PAR1", b"\x1f\x8b"
_SIGNATURES = {
    b"PK\x03\x04": "an Excel workbook or a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    _PARQUET: "Parquet",
}


@dataclass(frozen=True, slots=True)
class TextFile:
    """An open text file.

    Attributes:
        stream: its text, line ends untouched.
        position: how many bytes of the file have been read.
        size: bytes of the file.
        errors: to read within: makes a `UsageError` of what goes wrong in the file.
    """

    stream: TextIOWrapper
    position: Callable[[], int]
    size: int
    errors: Callable[[], AbstractContextManager[None]]


def file_format(path: Path, asked: FileFormat | None) -> FileFormat:
    """Return the format asked for, else that of the file's extension.

    Raises:
        UsageError: nothing there, a folder, not readable, or an extension of no known format.
    """
    if path.is_dir():
        raise UsageError(f"{path.name or path} is a folder", hint="name one file in it")
    try:
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}", hint="check the path") from None
    except OSError as error:
        raise UsageError(
            f"{path.name} cannot be read: {error.strerror}", hint="check its permissions"
        ) from None
    if asked:
        return asked
    extension = extension_of(path)
    if extension in EXTENSIONS:
        return EXTENSIONS[extension]
    raise UsageError(
        f"{path.name}: files that end in {extension or 'no extension'} are not known",
        hint="save it as CSV (UTF-8), or say what it is: --format csv, jsonl or parquet",
    )


def extension_of(path: Path) -> str:
    """The extension in lower case, `.gz` apart: `.csv` of `a.CSV.gz`."""
    return (Path(path.stem) if path.suffix.lower() == ".gz" else path).suffix.lower()


@contextmanager
def open_text(path: Path, options: ReadOptions) -> Iterator[TextFile]:
    """Open a text file, gunzipped where need be.

    Raises:
        UsageError: it is empty, or its first bytes are not those of text in that encoding.
    """
    encoding = options.encoding or "utf-8-sig"
    with path.open("rb") as raw:
        zipped = raw.read(2) == _GZIP
        raw.seek(0)
        binary = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if zipped else raw
        errors = partial(_explained, path, binary, encoding)
        with errors():
            _check_head(path, binary.read(4096), encoding)
            binary.seek(0)
            stream = TextIOWrapper(binary, encoding=encoding, newline="")
        yield TextFile(stream, raw.tell, path.stat().st_size, errors)


@contextmanager
def _explained(path: Path, binary: IO[bytes], encoding: str) -> Iterator[None]:
    try:
        yield
    except UnicodeError:
        binary.seek(0)
        raise encodings.undecodable(path.name, binary, encoding) from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise UsageError(
            f"{path.name} is a damaged or cut-off gzip file", hint="copy it again"
        ) from None
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read: {error.strerror}") from None


def _check_head(path: Path, head: bytes, encoding: str) -> None:
    if not head:
        raise UsageError(f"{path.name} is empty", hint="it has not even a line of headings")
    for signature, kind in _SIGNATURES.items():
        if head.startswith(signature):
            way = "--format parquet" if signature == _PARQUET else "save it as CSV (UTF-8)"
            raise UsageError(f"{path.name} is {kind}, not text", hint=way)
    wide = encodings.wide(head)
    if wide and encoding == "utf-8-sig":
        raise UsageError(
            f"{path.name} is not UTF-8 text from its first byte on: it looks like {wide}",
            hint=f"--encoding {wide}",
        )
