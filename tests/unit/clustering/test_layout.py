"""Our layout beside umap-learn's: graph, curve, gradients, the descent itself, the labels."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.pairwise import cosine_distances

from python_jobs.clustering import layout, layout_kernel, measures
from python_jobs.clustering.graph import neighbours as cells
from python_jobs.clustering.graph.weights import fuzzy_graph
from python_jobs.clustering.umap_hdbscan import dense_parts

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.clustering.measures import Matrix
    from tests.unit.clustering.conftest import Plant

# umap-learn compiles what it is compared with here: a dozen seconds
slow = pytest.mark.slow


def graph_of(units: Matrix, k: int = 15) -> Any:
    near = layout.find_neighbours(units, k, 42)
    return fuzzy_graph(near.rows[:, 1:], near.distances[:, 1:])


def umap_learn() -> Any:
    with warnings.catch_warnings():  # on its optional tensorflow
        warnings.simplefilter("ignore")
        from umap import umap_
    return umap_


def umap_learns_layout(graph: Any, start: Matrix, n_epochs: int, rate: float) -> Matrix:
    found, _ = umap_learn().simplicial_set_embedding(
        data=start,
        graph=graph.astype(np.float32),
        n_components=start.shape[1],
        initial_alpha=rate,
        a=layout.curve(0.0)[0],
        b=layout.curve(0.0)[1],
        gamma=1.0,
        negative_sample_rate=layout_kernel.NEGATIVE_SAMPLES,
        n_epochs=n_epochs,
        init=start,
        random_state=np.random.RandomState(42),
        metric="cosine",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
    )
    return np.asarray(found)


def our_layout(graph: Any, start: Matrix, n_epochs: int, rate: float) -> Matrix:
    edges = layout_kernel.Edges.of(graph, n_epochs)
    table = layout_kernel.gradients(*layout.curve(0.0))
    return layout_kernel.descend(start, edges, table, n_epochs, 42, rate)


def exact_start(n: int, width: int) -> Matrix:
    """Of a range that umap-learn's scaling leaves to the bit: it seeds its numbers with bits."""
    found = np.random.default_rng(0).integers(0, 641, size=(n, width)).astype(np.float32) / 64
    found[0], found[1] = 0, 10
    return found


@slow
def test_the_graph_is_umap_learns(blobs: Plant) -> None:
    fuzzy_simplicial_set = umap_learn().fuzzy_simplicial_set
    units = measures.unit_rows(blobs([70, 50])[0])
    theirs = fuzzy_simplicial_set(cosine_distances(units), 15, None, "precomputed")[0]
    np.testing.assert_allclose(graph_of(units).toarray(), theirs.toarray(), atol=1e-3)
    near = layout.find_neighbours(units, 15, 42)
    theirs = fuzzy_simplicial_set(
        units, 15, None, "cosine", knn_indices=near.rows, knn_dists=near.distances
    )[0]
    np.testing.assert_allclose(graph_of(units).toarray(), theirs.toarray(), atol=1e-4)


@slow
@pytest.mark.parametrize("min_dist", [0.0, 0.1, 0.5])
def test_the_curve_is_umap_learns(min_dist: float) -> None:
    theirs = umap_learn().find_ab_params(1.0, min_dist)
    np.testing.assert_allclose(layout.curve(min_dist), theirs, rtol=1e-6)


@slow
@pytest.mark.parametrize("width", [2, 5])
def test_the_descent_is_umap_learns_step_by_step(blobs: Plant, width: int) -> None:
    graph = graph_of(measures.unit_rows(blobs([60, 60, 40])[0]))
    start = exact_start(160, width)
    # at full rate a last-bit difference doubles with every epoch: with small steps every pull,
    # every push, and every random number still has to be the same one
    ours, theirs = (lay(graph, start, 200, 0.01) for lay in (our_layout, umap_learns_layout))
    assert np.abs(ours - start).mean() > 0.5
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


@slow
def test_labels_are_those_of_umap_learns_layout(blobs: Plant) -> None:
    vectors, truth = blobs([80, 60, 60, 40])
    graph = graph_of(measures.unit_rows(vectors))
    start = exact_start(240, 2)
    ours, theirs = (
        dense_parts(lay(graph, start, 500, 1.0), 15, 10).labels
        for lay in (our_layout, umap_learns_layout)
    )
    assert adjusted_rand_score(ours, theirs) == 1.0
    assert adjusted_rand_score(ours, truth) == 1.0


def test_the_table_holds_the_gradients() -> None:
    a, b = 1.93, 0.79
    table = layout_kernel.gradients(a, b)
    x = np.exp(np.random.default_rng(0).uniform(-20, 15, 1000)).astype(np.float32)
    exact = x.astype(np.float64)
    pull = -2 * a * b * exact ** (b - 1) / (1 + a * exact**b)
    push = 2 * b / ((0.001 + exact) * (1 + a * exact**b))
    look_up = layout_kernel._look_up.py_func
    for at, expected in ((0, pull), (2, push)):
        found = [look_up(table, at, value) for value in x]
        np.testing.assert_allclose(found, expected, rtol=5e-5)


def test_squared_distances_off_the_table_take_its_ends() -> None:
    table = layout_kernel.gradients(1.93, 0.79)
    look_up = layout_kernel._look_up.py_func
    assert look_up(table, 2, np.float32(0)) == table[0, 2]
    assert look_up(table, 2, np.float32(1e30)) == pytest.approx(table[-1, 2], rel=0.01)


def test_a_start_has_a_place_for_a_graph_in_pieces(blobs: Plant) -> None:
    units = measures.unit_rows(np.repeat(np.eye(8), 20, axis=0))
    graph = graph_of(units, 5)
    assert connected_components(graph)[0] >= 8
    found = layout.start(units, graph, 2, 42)
    assert np.isfinite(found).all()
    assert found.min() == 0
    assert found.max() == pytest.approx(layout.WIDTH)


def test_a_start_has_as_many_dimensions_as_asked_for_even_beyond_the_vectors() -> None:
    units = measures.unit_rows(np.random.default_rng(0).normal(size=(40, 3)))
    found = layout.start(units, graph_of(units), 6, 42)
    assert found.shape == (40, 6)
    np.testing.assert_allclose(found.max(axis=0), layout.WIDTH)


def test_approximate_neighbours_are_nearly_the_exact_ones(
    blobs: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "EXACT_POINTS", 100)
    monkeypatch.setattr(cells, "CELL_POINTS", 40)
    units = measures.unit_rows(blobs([300] * 4)[0])
    found = layout.approximate_neighbours(units, 10, 42)
    exact, distances = measures.nearest(units, 10)
    assert (found.rows[:, 0] == np.arange(1200)).all()
    assert not found.distances[:, 0].any()
    shared = [len(set(a) & set(b)) for a, b in zip(found.rows, exact, strict=True)]
    assert np.mean(shared) > 9.5
    same = found.rows == exact
    np.testing.assert_allclose(found.distances[same], distances[same], atol=1e-5)


def test_rows_whose_cells_are_too_small_still_get_all_their_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cells, "EXACT_POINTS", 100)
    monkeypatch.setattr(cells, "CELL_POINTS", 2)
    units = measures.unit_rows(np.random.default_rng(0).normal(size=(300, 6)))
    found = layout.approximate_neighbours(units, 40, 42)
    assert found.distances.max() < 2
    assert all(len(set(near)) == 40 for near in found.rows)


@pytest.mark.parametrize("trouble", ["unwritable", "damaged"])
def test_without_a_usable_cache_the_layout_is_the_same(
    trouble: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blobs: Plant
) -> None:
    import numba

    graph = graph_of(measures.unit_rows(blobs([30, 30])[0]))
    start = exact_start(60, 2)
    expected = our_layout(graph, start, 20, 1.0)

    place = tmp_path / "cache"
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(place))
    if trouble == "unwritable":
        place.write_text("not a folder")
    else:
        layout_kernel._compiled.__wrapped__(2)
        for index in place.rglob("*.nbi"):
            index.write_bytes(b"damaged")
        assert list(place.rglob("*.nbi"))
    layout_kernel._compiled.cache_clear()
    try:
        assert our_layout(graph, start, 20, 1.0).tobytes() == expected.tobytes()
    finally:
        layout_kernel._compiled.cache_clear()
