"""`insights cluster --local` without a database: what is read is replaced."""

from __future__ import annotations

import csv
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from python_jobs.clustering import umap_hdbscan
from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.errors import UsageError
from python_jobs.jobs import cluster_local as job
from python_jobs.jobs.cluster import ClusterInput
from python_jobs.settings import Settings
from python_jobs.storage.job_inputs import ClusteredFeedback, ClusteringText, Period

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

THEMES = ("the sole came off", "parcel arrived late", "size runs small", "app crashed again")
PARAMETERS = ClusterParameters(min_cluster_size=6)


def given(texts: int) -> ClusterInput:
    """Texts of four themes, far apart; the first is said three times."""
    random = np.random.default_rng(11)
    middles = 4 * random.normal(size=(len(THEMES), 16))
    rows = np.arange(texts)
    vectors = middles[rows % len(THEMES)] + random.normal(0, 0.5, (texts, 16))
    said = [
        ClusteringText(f"{row:064x}", f"{THEMES[row % len(THEMES)]} {row}", 1 + 2 * (row == 0))
        for row in rows
    ]
    return ClusterInput(said, vectors.astype(np.float32), "a-model", 16, Period())


def feedback(of: ClusterInput) -> list[ClusteredFeedback]:
    hashes = [text.content_hash for text in of.texts for _ in range(text.count_feedback)]
    first = datetime(2025, 1, 1, tzinfo=UTC)
    return [
        ClusteredFeedback(f"F-{at}", content_hash, first + timedelta(days=at), 1.0 + at % 5)
        for at, content_hash in enumerate(hashes)
    ]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> dict[str, ClusterInput | None]:
    """What the database holds under "input"; the connection itself may not be used."""
    held: dict[str, ClusterInput | None] = {"input": None}

    class Unused:
        def __init__(self, _: Settings) -> None: ...
        def __enter__(self) -> Unused:
            return self

        def __exit__(self, *_: object) -> None: ...

        @contextmanager
        def transaction(self) -> Iterator[object]:
            yield object()

    def read(*_: object) -> list[ClusteredFeedback]:
        assert held["input"]
        return feedback(held["input"])

    monkeypatch.setattr(job, "Warehouse", Unused)
    monkeypatch.setattr(job, "read_input", lambda *_, **__: held["input"])
    monkeypatch.setattr(job, "read_clustered_feedback", read)
    return held


def run(folder: Path, parameters: ClusterParameters = PARAMETERS, **more: Any) -> job.LocalResult:
    return job.cluster_local(Settings(), parameters, period=Period(), output_dir=folder, **more)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_the_files_agree_with_the_result(
    database: dict[str, ClusterInput | None], tmp_path: Path
) -> None:
    database["input"] = given(100)
    found = run(tmp_path / "out")
    assert found.result.run_id is None
    assert (found.result.count_texts, found.result.count_feedback) == (100, 102)
    assert found.result.count_clusters >= len(THEMES)
    assert all(path.is_file() for path in found.files)
    (assignments,) = (tmp_path / "out").glob("cluster_assignments_*.csv")
    rows = table(assignments)
    assert len(rows) == 102
    noise = sum(row["cluster_path"].endswith(".noise") for row in rows)
    assert noise / 102 == pytest.approx(found.result.noise_share)
    (analysis,) = (tmp_path / "out").glob("cluster_analysis_*.csv")
    clusters = table(analysis)
    proper = [row for row in clusters if row["is_noise"] == "false"]
    assert len(proper) == found.result.count_clusters
    names = [row["cluster_name"] for row in clusters if row["depth"] == "1"]
    assert len({name.casefold() for name in names}) == len(names)
    assert any("sole" in name.casefold() for name in names)


@pytest.mark.slow
@pytest.mark.parametrize("n_components", [2, 3])
def test_divided_clusters_get_a_map_of_their_own(
    monkeypatch: pytest.MonkeyPatch, n_components: int
) -> None:
    spaces: dict[str, np.ndarray] = {}
    original = umap_hdbscan._Run._space

    def spy(run: umap_hdbscan._Run, units: np.ndarray, path: str) -> np.ndarray:
        spaces[path] = original(run, units, path)
        return spaces[path]

    monkeypatch.setattr(umap_hdbscan._Run, "_space", spy)
    source = given(200)
    parameters = ClusterParameters(
        min_cluster_size=6,
        n_neighbors=5,
        n_components=n_components,
        max_cluster_share=1.0,
        stability_samples=0,
    )
    segments = job.segments_of(source, parameters)
    found = job.describe(source, segments, feedback(source))
    assert found.layouts
    assert {each.path for each in found.divided()} == set(found.layouts)
    for path, layout in found.layouts.items():
        assert layout.shape == (segments.tree.cluster(path).count_members, 2)
        assert np.isfinite(layout).all()
        if n_components == 2:
            # the very space in which the cluster was divided
            np.testing.assert_array_equal(layout, spaces[path])


@pytest.mark.parametrize("texts", [1, 5])
def test_too_few_texts_to_cluster_are_noise_in_every_file(
    database: dict[str, ClusterInput | None], tmp_path: Path, texts: int
) -> None:
    database["input"] = given(texts)
    found = run(tmp_path)
    assert found.result.noise_share == 1.0
    assert found.result.count_clusters == 0
    assert len(found.files) == 6
    assert "everything is noise" in (tmp_path / "summary_report.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("nothing", [None, given(0)], ids=["no vectors", "none in the period"])
def test_nothing_to_cluster_writes_nothing(
    database: dict[str, ClusterInput | None], tmp_path: Path, nothing: ClusterInput | None
) -> None:
    database["input"] = nothing
    assert run(tmp_path).files == ()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_said_before_the_database_is_read(
    database: dict[str, ClusterInput | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "read_input", lambda *_, **__: pytest.fail("read"))
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="--output-dir"):
        run(tmp_path / "file")
