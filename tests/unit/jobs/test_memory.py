from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.clustering.memory import most_rows, need, shown
from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.errors import ConfigurationError, UsageError
from python_jobs.jobs import memory
from python_jobs.jobs.memory import room_for
from python_jobs.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

GIB = 2**30
GRAPH = ClusterParameters(method="graph")
UMAP = ClusterParameters(method="umap-hdbscan", stability_samples=0)


def within(home: Path, limit: int | None) -> Settings:
    return Settings(home=home, memory_limit=limit)


def test_a_graph_needs_next_to_nothing_of_mapped_vectors() -> None:
    assert need(GRAPH, 200_000, 1536).rest < 1.6 * GIB < need(GRAPH, 200_000, 1536).held
    assert need(GRAPH, 200_000, 1536).rest == need(GRAPH, 200_000, 384).rest
    assert need(UMAP, 200_000, 1536).rest > 3 * 4 * 200_000 * 1536


def test_resamples_of_umap_count() -> None:
    asked = ClusterParameters(stability_samples=3)
    assert need(asked, 10_000, 1536).rest > need(UMAP, 10_000, 1536).rest


def test_most_rows_is_the_last_that_fits() -> None:
    rows = most_rows(GRAPH, 1536, 2 * GIB)
    assert need(GRAPH, rows, 1536).rest <= 2 * GIB < need(GRAPH, rows + 1, 1536).rest
    assert most_rows(UMAP, 1536, 1000) == 0


@pytest.mark.parametrize(
    ("size", "text"), [(1, "1 MiB"), (300 * 2**20, "300 MiB"), (2 * GIB, "2.0 GiB")]
)
def test_sizes_are_rounded_up(size: int, text: str) -> None:
    assert shown(size) == text


def test_what_fits_is_in_memory(tmp_path: Path) -> None:
    array = room_for(within(tmp_path, 2 * GIB), GRAPH)(100, 8)
    assert (array.shape, array.dtype) == ((100, 8), np.float32)
    assert not isinstance(array, np.memmap)
    assert not [*tmp_path.iterdir()]


def test_what_does_not_fit_is_mapped_and_leaves_no_file(tmp_path: Path) -> None:
    settings = within(tmp_path, need(GRAPH, 1_000, 384).held - 1)
    array = room_for(settings, GRAPH)(1_000, 384)
    assert isinstance(array, np.memmap)
    array[:] = np.arange(384)
    assert (array[999] == np.arange(384)).all()
    assert not [*(tmp_path / "cache").iterdir()]


def test_more_than_the_limit_stops_and_names_the_ways_out(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the limit is") as raised:
        room_for(within(tmp_path, 4 * GIB), UMAP)(2_000_000, 1536)
    hint = raised.value.hint or ""
    assert "--limit 1" in hint
    assert "--method graph" not in hint  # too many for that as well
    assert "--memory-limit" in hint
    with pytest.raises(UsageError) as raised:
        room_for(within(tmp_path, 4 * GIB), UMAP)(400_000, 1536)
    assert "--method graph" in (raised.value.hint or "")
    assert not (tmp_path / "cache").exists()


def test_without_a_limit_the_machine_decides_and_nothing_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = within(tmp_path, None)
    monkeypatch.setattr(memory, "free_memory", lambda: 1)
    assert isinstance(room_for(settings, GRAPH)(10, 4), np.memmap)
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    assert not isinstance(room_for(settings, GRAPH)(10, 4), np.memmap)


def test_a_folder_without_room_says_so(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, no folder")
    with pytest.raises(ConfigurationError, match="no room"):
        room_for(within(tmp_path, 1 + need(GRAPH, 10, 4).rest), GRAPH)(10, 4)


def test_a_container_has_less_than_its_machine(tmp_path: Path) -> None:
    for name, content in (
        ("memory.max", "1000\n"),
        ("memory.current", "700\n"),
        ("memory.stat", "anon 100\ninactive_file 250\n"),
    ):
        (tmp_path / name).write_text(content)
    assert memory._container(tmp_path) == 550
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._container(tmp_path) is None
    assert memory._container(tmp_path / "none") is None
    assert memory._machine(tmp_path / "none") is None
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    2 kB\n")
    assert memory._machine(tmp_path / "meminfo") == 2048
