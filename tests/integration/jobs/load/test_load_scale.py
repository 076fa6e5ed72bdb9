"""`insights load`: memory, and loads at the same time."""

from __future__ import annotations

import threading
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.jobs import load as job
from python_jobs.storage import raw
from tests.integration.conftest import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings

HEAD = "feedback_id,created_at,rating,feedback_text\n"


def write(path: Path, count: int, *, first: int = 0, text: str = "Sole came off") -> Path:
    with path.open("w") as file:
        file.write(HEAD)
        for number in range(first, first + count):
            rating = "x" if number % 10 == 3 else "4"
            file.write(f"F{number},2024-01-02T03:04:05Z,{rating},{text} {number}\n")
    return path


def peak(settings: Settings, path: Path) -> int:
    tracemalloc.start()
    try:
        job.load(settings, path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(loading: Any, tmp_path: Path) -> None:
    text = "Sole came off after a week. " * 10
    small = peak(loading.settings, write(tmp_path / "small.csv", 2_000, text=text))
    path = write(tmp_path / "large.csv", 30_000, first=2_000, text=text)
    assert path.stat().st_size > 8_000_000
    assert peak(loading.settings, path) < small + 1_000_000
    assert small < 5_000_000


def load_together(settings: Settings, paths: list[Path]) -> list[job.LoadResult]:
    results: list[Any] = [None] * len(paths)

    def run(at: int) -> None:
        try:
            results[at] = job.load(settings, paths[at])
        except BaseException as error:
            results[at] = error

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(paths))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(result, job.LoadResult) for result in results), results
    return results


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold every load after its COPY until both are there."""
    barrier, merge = threading.Barrier(2, timeout=PATIENCE), raw.merge

    def merge_together(*arguments: Any) -> raw.MergeCounts:
        barrier.wait()
        return merge(*arguments)

    monkeypatch.setattr(raw, "merge", merge_together)


@pytest.mark.usefixtures("together")
def test_the_same_file_twice_at_once(loading: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "own.csv", 2_000)
    results = load_together(loading.settings, [path, path])
    assert sorted((each.loaded, each.unchanged, each.rejected) for each in results) == [
        (0, 1_800, 200),
        (1_800, 0, 200),
    ]
    feedback, rejected = loading.everything()
    assert (len(feedback), len(rejected)) == (1_800, 200)


@pytest.mark.usefixtures("together")
def test_overlapping_files_at_once(loading: Any, tmp_path: Path) -> None:
    rising = write(tmp_path / "rising.csv", 2_000)
    falling = tmp_path / "falling.csv"
    head, *lines = write(tmp_path / "edit.csv", 2_000, text="Edited").read_text().splitlines()
    falling.write_text("\n".join([head, *reversed(lines)]))
    results = load_together(loading.settings, [rising, falling])
    assert sorted((each.loaded, each.updated) for each in results) == [(0, 1_800), (1_800, 0)]


@pytest.mark.slow
def test_a_fresh_database_needs_no_preparation(settings: Settings, tmp_path: Path) -> None:
    result = job.load(settings, write(tmp_path / "own.csv", 10))
    assert (result.loaded, result.rejected) == (9, 1)
