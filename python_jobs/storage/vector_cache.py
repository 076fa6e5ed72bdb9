"""Vectors on disk, for commands without a database: kept from run to run, safe to lose.

A folder holds the vectors of one model and width, in three files of mode 0600:

- `vectors`: rows of little-endian float32, nothing else;
- `index`: an entry for each vector: content hash, row, CRC-32 of the vector, CRC-32 of the entry;
- `lock`: held (flock) while something is added.

A vector is written before its entry, so a run that is killed leaves at most rows that no entry
names. What was damaged fails its checksum and counts as absent; of two entries of a hash the later
wins. No text is stored.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import struct
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.errors import ConfigurationError
from python_jobs.logs import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

FOLDER = ("cache", "embeddings")
_VERSION = 1
_ENTRY = struct.Struct("<32sQII")
_CHECKED = _ENTRY.size - 4  # bytes of an entry that its checksum covers
_READ = 1 << 16  # entries at a time


class VectorCache:
    """The vectors of one model and width; serves any number of threads and processes.

    Args:
        home: `INSIGHTS_HOME`.
        model: that made the vectors.
        dimensions: of each.
        prepared: what else decides them, as what was redacted; another folder for each.

    Raises:
        ConfigurationError: the folder cannot be made or written to.
    """

    def __init__(self, home: Path, model: str, dimensions: int, prepared: str = "") -> None:
        whole = json.dumps([_VERSION, model, dimensions, prepared]).encode()
        plain = re.sub(r"[^A-Za-z0-9.-]+", "_", model)[:60]
        name = f"{plain}-{dimensions}-{hashlib.sha256(whole).hexdigest()[:8]}"
        self.folder = home.joinpath(*FOLDER, name)
        self._dimensions, self._width = dimensions, 4 * dimensions
        with self._explained():
            home.mkdir(parents=True, exist_ok=True)
            for folder in (self.folder.parent.parent, self.folder.parent, self.folder):
                folder.mkdir(mode=0o700, exist_ok=True)
        with self._locked():
            pass  # else a folder that cannot be written to would be found once a model was paid

    def get(self, hashes: Collection[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are there, by content hash; damaged ones are said and left out."""
        found: dict[str, NDArray[np.float32]] = {}
        self._read(hashes, found.__setitem__)
        return found

    def fill(self, places: Mapping[str, int], out: NDArray[np.float32]) -> set[str]:
        """Put the vectors that are there into rows of an array; `get` for many.

        Args:
            places: the row of each content hash.
            out: (n, dimensions), may be a memory map.

        Returns:
            The hashes whose vectors were there.
        """
        found: set[str] = set()

        def put(content_hash: str, vector: NDArray[np.float32]) -> None:
            out[places[content_hash]] = vector
            found.add(content_hash)

        self._read(places, put)
        return found

    def _read(
        self, hashes: Collection[str], take: Callable[[str, NDArray[np.float32]], object]
    ) -> None:
        with self._explained():
            entries, damaged = self._entries({bytes.fromhex(each) for each in hashes})
            if damaged:
                self._mend_index()
            vectors = self._vectors()
            for key, (row, checksum) in sorted(entries.items(), key=lambda item: item[1][0]):
                if row < len(vectors) and zlib.crc32(vectors[row]) == checksum:
                    take(key.hex(), vectors[row])
                else:
                    damaged += 1
        if damaged:
            logger.warning(
                "the cache of vectors has %d damaged entries; what they held is embedded anew",
                damaged,
            )

    def add(self, hashes: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Keep (n, dimensions) vectors under their content hashes.

        Raises:
            ConfigurationError: they cannot be written, as on a full disk.
        """
        rows = np.ascontiguousarray(vectors, dtype="<f4")
        if rows.shape != (len(hashes), self._dimensions):
            raise ValueError("a vector for each hash, of the cache's width")
        with self._locked(), self._open("vectors") as data, self._open("index") as index:
            # A run that was killed may have left part of a row or of an entry.
            first = -(-os.fstat(data).st_size // self._width)
            _write(data, rows.tobytes(), first * self._width)
            entries = b"".join(
                _entry(bytes.fromhex(each), first + at, zlib.crc32(rows[at]))
                for at, each in enumerate(hashes)
            )
            _write(index, entries, os.fstat(index).st_size // _ENTRY.size * _ENTRY.size)

    def _entries(self, wanted: set[bytes]) -> tuple[dict[bytes, tuple[int, int]], int]:
        """(row, checksum) of the last good entry of each hash, and how many entries are bad."""
        found: dict[bytes, tuple[int, int]] = {}
        damaged = 0
        for entry in self._index():
            key, row, checksum, own = _ENTRY.unpack(entry)
            if zlib.crc32(entry[:_CHECKED]) != own:
                damaged += 1
            elif key in wanted:
                found[key] = row, checksum
        return found, damaged

    def _index(self) -> Iterator[bytes]:
        """Its entries, good or bad; one that is just being written is left out."""
        path = self.folder / "index"
        if not path.exists():
            return
        with path.open("rb") as file:
            while block := file.read(_ENTRY.size * _READ):
                for at in range(0, len(block) - _ENTRY.size + 1, _ENTRY.size):
                    yield block[at : at + _ENTRY.size]

    def _mend_index(self) -> None:
        """Write it anew without the damaged entries."""
        with self._locked(), self._open("index.part") as part:
            good = (
                entry
                for entry in self._index()
                if zlib.crc32(entry[:_CHECKED]) == _ENTRY.unpack(entry)[3]
            )
            os.truncate(part, 0)
            _write(part, b"".join(good), 0)
            (self.folder / "index.part").replace(self.folder / "index")

    def _vectors(self) -> NDArray[np.float32]:
        """(rows, dimensions) vectors, mapped and not read; a part of a row is left out."""
        path = self.folder / "vectors"
        rows = path.stat().st_size // self._width if path.exists() else 0
        if not rows:
            return np.empty((0, self._dimensions), dtype=np.float32)
        return np.memmap(path, dtype="<f4", mode="r", shape=(rows, self._dimensions))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among threads and processes; the kernel frees it when its holder dies."""
        with self._explained(), self._open("lock") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _open(self, name: str) -> Iterator[int]:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(self.folder / name, flags, 0o600)
        try:
            yield handle
        finally:
            os.close(handle)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConfigurationError(
                f"cannot use the cache of vectors {self.folder}: {error.strerror}",
                hint="make room or mend its permissions, or set INSIGHTS_HOME to another folder",
            ) from None


def _entry(key: bytes, row: int, checksum: int) -> bytes:
    own = zlib.crc32(_ENTRY.pack(key, row, checksum, 0)[:_CHECKED])
    return _ENTRY.pack(key, row, checksum, own)


def _write(handle: int, content: bytes, at: int) -> None:
    rest = memoryview(content)
    while rest:
        done = os.pwrite(handle, rest, at)
        rest, at = rest[done:], at + done
