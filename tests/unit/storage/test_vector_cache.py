"""The cache of vectors: nothing wrong comes out of it, whatever happened to its files."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.errors import ConfigurationError
from python_jobs.storage import vector_cache
from python_jobs.storage.vector_cache import VectorCache

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH = 5
ENTRY = vector_cache._ENTRY.size


def named(count: int, prefix: str = "text") -> list[str]:
    return [hashlib.sha256(f"{prefix} {at}".encode()).hexdigest() for at in range(count)]


def vectors_for(hashes: list[str], width: int = WIDTH) -> NDArray[np.float32]:
    """Vectors that say which hash they belong to."""
    rows = [np.random.default_rng(int(each[:8], 16)).normal(size=width) for each in hashes]
    return np.array(rows, dtype=np.float32).reshape(len(hashes), width)


def opened(
    home: Path, model: str = "a-model", width: int = WIDTH, prepared: str = ""
) -> VectorCache:
    return VectorCache(home, model, width, prepared)


def check(cache: VectorCache, hashes: list[str], missing: set[str] | None = None) -> None:
    found = cache.get(hashes)
    assert set(found) == set(hashes) - (missing or set())
    for each, vector in found.items():
        np.testing.assert_array_equal(vector, vectors_for([each])[0])


def test_what_was_added_is_found_by_the_next_one(tmp_path: Path) -> None:
    hashes = named(7)
    first = opened(tmp_path)
    assert first.get(hashes) == {}
    first.add(hashes[:3], vectors_for(hashes[:3]))
    first.add([], vectors_for([]))
    first.add(hashes[3:6], vectors_for(hashes[3:6]))
    check(opened(tmp_path), hashes, {hashes[6]})
    assert opened(tmp_path).get([]) == {}


def test_the_later_of_two_vectors_counts(tmp_path: Path) -> None:
    (key,) = named(1)
    cache = opened(tmp_path)
    cache.add([key], np.ones((1, WIDTH), dtype=np.float32))
    cache.add([key], vectors_for([key]))
    check(cache, [key])


@pytest.mark.parametrize(
    "other",
    [
        {"model": "another"},
        {"model": "a/model"},
        {"width": WIDTH + 1},
        {"prepared": "redacted"},
    ],
)
def test_models_widths_and_preparations_do_not_meet(
    tmp_path: Path, other: dict[str, object]
) -> None:
    hashes = named(2)
    opened(tmp_path).add(hashes, vectors_for(hashes))
    assert opened(tmp_path, **other).get(hashes) == {}  # type: ignore[arg-type]


def test_names_that_look_alike_do_not_meet(tmp_path: Path) -> None:
    assert opened(tmp_path, "a/model").folder != opened(tmp_path, "a:model").folder
    assert opened(tmp_path, "../../x").folder.parent == opened(tmp_path).folder.parent


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        cache = opened(tmp_path / "home")
        cache.add(named(1), vectors_for(named(1)))
    finally:
        os.umask(before)
    files = list(cache.folder.iterdir())
    assert {path.name for path in files} == {"index", "lock", "vectors"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    for folder in (cache.folder, cache.folder.parent, cache.folder.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("cut", [1, 4 * WIDTH - 1, 4 * WIDTH, 4 * WIDTH + 3])
def test_killed_while_writing_vectors(tmp_path: Path, cut: int) -> None:
    """Rows without an entry, the last one in part: as if `add` had got no further."""
    hashes = named(6)
    cache = opened(tmp_path)
    cache.add(hashes[:2], vectors_for(hashes[:2]))
    with (cache.folder / "vectors").open("ab") as file:
        file.write(vectors_for(hashes[2:4]).tobytes()[:cut])
    check(opened(tmp_path), hashes, set(hashes[2:]))
    opened(tmp_path).add(hashes[2:], vectors_for(hashes[2:]))
    check(opened(tmp_path), hashes)


@pytest.mark.parametrize("kept", [1, ENTRY - 1, ENTRY, ENTRY + 1])
def test_killed_while_writing_the_index(tmp_path: Path, kept: int) -> None:
    hashes = named(5)
    cache = opened(tmp_path)
    cache.add(hashes[:1], vectors_for(hashes[:1]))
    cache.add(hashes[1:3], vectors_for(hashes[1:3]))
    os.truncate(cache.folder / "index", ENTRY + kept)
    whole = 1 + kept // ENTRY
    check(opened(tmp_path), hashes, set(hashes[whole:]))
    opened(tmp_path).add(hashes[whole:], vectors_for(hashes[whole:]))
    check(opened(tmp_path), hashes)
    assert (cache.folder / "index").stat().st_size == 5 * ENTRY


def test_a_damaged_vector_is_said_and_made_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_cache.logger, "propagate", True)
    hashes = named(4)
    cache = opened(tmp_path)
    cache.add(hashes, vectors_for(hashes))
    with (cache.folder / "vectors").open("r+b") as file:
        file.seek(4 * WIDTH + 2)
        file.write(b"\xff\xff\xff")
    check(cache, hashes, {hashes[1]})
    assert "1 damaged entries" in caplog.text
    caplog.clear()
    cache.add(hashes[1:2], vectors_for(hashes[1:2]))
    check(cache, hashes)
    assert not caplog.text


def test_a_damaged_index_is_said_once_and_written_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_cache.logger, "propagate", True)
    hashes = named(4)
    cache = opened(tmp_path)
    cache.add(hashes, vectors_for(hashes))
    with (cache.folder / "index").open("r+b") as file:
        file.seek(ENTRY + 35)
        file.write(b"\xff")
    check(cache, hashes, {hashes[1]})
    assert "1 damaged entries" in caplog.text
    caplog.clear()
    check(cache, hashes, {hashes[1]})
    assert not caplog.text
    cache.add(hashes[1:2], vectors_for(hashes[1:2]))
    check(cache, hashes)
    assert (cache.folder / "index").stat().st_size == 4 * ENTRY


@pytest.mark.parametrize("file", ["vectors", "index"])
@pytest.mark.parametrize("content", [None, b"", b"garbage" * 100])
def test_a_file_that_is_lost_or_replaced(tmp_path: Path, file: str, content: bytes | None) -> None:
    hashes = named(4)
    cache = opened(tmp_path)
    cache.add(hashes, vectors_for(hashes))
    if content is None:
        (cache.folder / file).unlink()
    else:
        (cache.folder / file).write_bytes(content)
    check(opened(tmp_path), hashes, set(hashes))
    opened(tmp_path).add(hashes, vectors_for(hashes))
    check(opened(tmp_path), hashes)


_CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tests.unit.storage.test_vector_cache import named, opened, vectors_for
hashes = named(60, sys.argv[2])
cache = opened(Path(sys.argv[1]))
for at in range(0, 60, 3):
    cache.add(hashes[at:at + 3], vectors_for(hashes[at:at + 3]))
    assert len(cache.get(hashes)) == at + 3
"""


def test_two_processes_and_threads_at_once(tmp_path: Path) -> None:
    root = vector_cache.__file__.rpartition("python_jobs")[0]
    children = [
        subprocess.Popen([sys.executable, "-c", _CHILD, str(tmp_path), name, root])
        for name in ("one", "two")
    ]
    mine = named(40, "three")
    cache = opened(tmp_path)

    def add(start: int) -> None:
        for at in range(start, 40, 2):
            cache.add(mine[at : at + 1], vectors_for(mine[at : at + 1]))

    threads = [threading.Thread(target=add, args=(start,)) for start in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [child.wait() for child in children] == [0, 0]
    check(opened(tmp_path), [*named(60, "one"), *named(60, "two"), *mine])


def test_a_folder_that_cannot_be_written_to_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(ConfigurationError, match="cache of vectors") as caught:
        opened(tmp_path)
    assert "INSIGHTS_HOME" in str(caught.value.hint)


def test_no_link_is_followed(tmp_path: Path) -> None:
    cache = opened(tmp_path)
    (tmp_path / "elsewhere").touch()
    (cache.folder / "vectors").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError):
        cache.add(named(1), vectors_for(named(1)))
    assert (tmp_path / "elsewhere").read_bytes() == b""


def test_vectors_of_another_width_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="width"):
        opened(tmp_path).add(named(2), vectors_for(named(2), WIDTH + 1))
