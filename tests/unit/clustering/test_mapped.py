"""Vectors on disk give what vectors in memory give, in any number of blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.clustering import measures, methods
from python_jobs.clustering.exemplars import exemplars
from python_jobs.clustering.tree import ClusterParameters
from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.unit.clustering.conftest import Plant


@pytest.fixture
def mapped(tmp_path: Path, blobs: Plant) -> NDArray[np.float32]:
    vectors, _ = blobs([60, 70, 80])
    found = np.memmap(tmp_path / "v", dtype=np.float32, mode="w+", shape=vectors.shape)
    found[:] = vectors
    return found


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "BLOCK_BYTES", 8 * 48 * 50)


def test_a_map_gives_the_same_tree(mapped: NDArray[np.float32]) -> None:
    parameters = ClusterParameters(method="graph", stability_samples=2)
    one = methods.cluster_with_stability(mapped, parameters)
    other = methods.cluster_with_stability(np.array(mapped), parameters)
    assert one.clusters == other.clusters
    assert (one.labels == other.labels).all()
    assert (one.noise_score == other.noise_score).all()


@pytest.mark.usefixtures("small_blocks")
def test_letting_go_loses_nothing(mapped: NDArray[np.float32]) -> None:
    before = np.array(mapped)
    assert len([*measures.unit_blocks(mapped)]) == 5
    measures.check_vectors(mapped)
    assert (mapped == before).all()
    mapped[0] = 7
    measures.let_go(mapped)  # not yet on the disk
    assert (mapped[0] == 7).all()
    measures.let_go(mapped[3:])
    measures.let_go(before)


def test_changes_of_a_private_map_are_kept(tmp_path: Path) -> None:
    np.zeros(64, dtype=np.float32).tofile(tmp_path / "v")
    private = np.memmap(tmp_path / "v", dtype=np.float32, mode="c", shape=(8, 8))
    private[:] = 3
    measures.let_go(private)
    assert (private == 3).all()


@pytest.mark.usefixtures("small_blocks")
def test_means_and_exemplars_come_in_blocks(
    mapped: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.arange(0, 210, 2)
    sure = np.linspace(0, 1, 210)
    in_blocks = exemplars(mapped, rows, sure)
    mean = measures.mean_row(mapped, rows)
    monkeypatch.undo()
    vectors = np.array(mapped)
    assert exemplars(vectors, rows, sure) == in_blocks
    assert in_blocks[0] == measures.medoid(measures.unit_rows(vectors), rows)
    assert mean == pytest.approx(vectors[rows].mean(axis=0), abs=1e-6)


@pytest.mark.parametrize("method", ["graph", "umap-hdbscan"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_unusable_vectors_are_counted_before_anything_is_clustered(
    mapped: NDArray[np.float32], method: str, bad: float
) -> None:
    mapped[[3, 200]] = bad
    parameters = ClusterParameters(method=method)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="2 of 210 vectors"):
        methods.cluster_with_stability(mapped, parameters)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_huge_and_tiny_vectors_are_directions_all_the_same(
    mapped: NDArray[np.float32], scale: float
) -> None:
    parameters = ClusterParameters(method="graph", stability_samples=0)
    plain = methods.cluster(mapped, parameters)
    # a power of two moves no digit
    moved = methods.cluster(np.array(mapped) * np.float32(2.0 ** round(np.log2(scale))), parameters)
    assert (plain.labels == moved.labels).all()
