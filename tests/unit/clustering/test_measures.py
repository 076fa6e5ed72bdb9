from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from python_jobs.clustering import measures
from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int64])
def test_unit_rows_have_length_one_and_leave_the_input_alone(kind: type) -> None:
    vectors = np.array([[3, 4], [-1, 0]], dtype=kind)
    before = vectors.copy()
    units = measures.unit_rows(vectors)
    assert units.dtype == np.float32
    np.testing.assert_allclose(units, [[0.6, 0.8], [-1, 0]], atol=1e-6)
    np.testing.assert_array_equal(vectors, before)


def test_tiny_and_huge_rows_neither_vanish_nor_overflow() -> None:
    units = measures.unit_rows(np.array([[1e-200, 0.0], [1e300, 1e300]]))
    np.testing.assert_allclose(units, [[1, 0], [np.sqrt(0.5)] * 2], atol=1e-6)


def test_no_rows_are_an_empty_matrix() -> None:
    assert measures.unit_rows(np.zeros((0, 8))).shape == (0, 8)
    assert measures.unit_rows(np.array([])).shape == (0, 0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_unusable_rows_are_counted(bad: float) -> None:
    vectors = np.ones((5, 3))
    vectors[1, 2] = bad
    vectors[4] = 0
    with pytest.raises(UsageError, match="2 of 5 vectors are zero or hold NaN"):
        measures.unit_rows(vectors)


@pytest.mark.parametrize(
    "vectors",
    [
        np.ones(3),
        np.ones((2, 2, 2)),
        np.ones((3, 0)),
        np.array([["a", "b"]]),
        np.array([[1, None]], dtype=object),
        np.ones((2, 2), dtype=complex),
        np.ones((2, 2), dtype=bool),
    ],
)
def test_what_is_no_matrix_of_numbers_is_refused(vectors: NDArray[Any]) -> None:
    with pytest.raises(UsageError, match="vectors must be one row of real numbers"):
        measures.unit_rows(vectors)


def test_sameness_allows_rounding_only() -> None:
    units = measures.unit_rows(np.ones((4, 6)) * np.array([[1], [2], [3], [4]]))
    assert measures.all_same(units)
    units[2] += np.float32(1e-3)
    assert not measures.all_same(units)
    assert not measures.all_same(np.zeros((0, 6), np.float32))


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    n=st.integers(1, 30), k=st.integers(1, 30), block=st.integers(1, 4000), seed=st.integers(0, 99)
)
def test_neighbours_are_exact_whatever_the_block(n: int, k: int, block: int, seed: int) -> None:
    k = min(k, n)
    units = measures.unit_rows(np.random.default_rng(seed).normal(size=(n, 5)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measures, "BLOCK_BYTES", block)
        rows, distances = measures.nearest(units, k)
    plain = 1 - units @ units.T
    np.fill_diagonal(plain, 0)
    assert (rows[:, 0] == np.arange(n)).all()
    assert all(len(set(row)) == k for row in rows)
    np.testing.assert_allclose(distances, np.sort(plain, axis=1)[:, :k], atol=2e-6)
    np.testing.assert_allclose(np.take_along_axis(plain, rows, axis=1), distances, atol=2e-6)


def test_a_row_is_its_own_first_neighbour_among_copies() -> None:
    rows, distances = measures.nearest(measures.unit_rows(np.ones((6, 3))), 3)
    assert rows[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(distances, 0, atol=1e-6)


def test_the_medoid_has_the_least_total_distance() -> None:
    units = measures.unit_rows(np.random.default_rng(3).normal(1, 1, size=(60, 8)))
    members = np.arange(5, 45)
    totals = (1 - units[members] @ units[members].T).sum(axis=1)
    assert measures.medoid(units, members) == members[totals.argmin()]
    assert measures.medoid(units, np.array([7])) == 7


@pytest.mark.parametrize(("n", "width"), [(6, 20), (40, 5), (1, 4), (0, 4), (9, 1)])
def test_the_principal_plane_is_finite_and_padded(n: int, width: int) -> None:
    random = np.random.default_rng(0)
    units = measures.unit_rows(random.normal(size=(n, width))) if n else np.zeros((0, width), "f4")
    plane = measures.principal_plane(units, 3)
    assert plane.shape == (n, 3)
    assert np.isfinite(plane).all()
    if width == 1:
        assert not plane[:, 1:].any()


def test_both_ways_to_the_principal_plane_agree() -> None:
    units = measures.unit_rows(np.random.default_rng(0).normal(size=(30, 12)) + np.arange(12))
    wide = np.hstack([units, np.zeros((30, 40), np.float32)])
    narrow, broad = measures.principal_plane(units), measures.principal_plane(wide)
    np.testing.assert_allclose(narrow, broad, atol=1e-4)
    assert narrow[:, 0].var() >= narrow[:, 1].var()
