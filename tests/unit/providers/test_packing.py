from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_jobs.providers.packing import by_count, pack, packed

MOST = 50
SIZES = st.lists(st.integers(0, MOST), max_size=60)
ITEMS = st.integers(1, 9)


@given(SIZES, ITEMS, st.integers(MOST, 120))
def test_every_item_once_in_order_within_both_limits(
    sizes: list[int], items: int, tokens: int
) -> None:
    runs = pack(sizes, items, tokens)
    assert [i for run in runs for i in run] == list(range(len(sizes)))
    assert all(0 < len(run) <= items for run in runs)
    assert all(sum(sizes[i] for i in run) <= tokens for run in runs)
    for run, after in pairwise(runs):  # nothing more would have fitted
        assert len(run) == items or sum(sizes[i] for i in run) + sizes[after[0]] > tokens


@given(st.lists(st.integers(0, 3 * MOST), max_size=60), ITEMS)
def test_a_stream_gives_what_is_too_large_a_run_of_its_own(sizes: list[int], items: int) -> None:
    asked: list[int] = []

    def measure(block: object) -> list[int]:
        asked.append(len(block))  # type: ignore[arg-type]
        return list(block)  # type: ignore[call-overload]

    runs = list(packed(iter(sizes), measure, items, MOST))
    assert [size for run in runs for size in run] == sizes
    assert all(sum(run) <= MOST or len(run) == 1 for run in runs)
    assert all(0 < len(run) <= items for run in runs)
    assert all(length <= items for length in asked)


@pytest.mark.parametrize(
    ("sizes", "runs"),
    [
        ([], []),
        ([3], [range(1)]),
        ([5, 5, 5], [range(2), range(2, 3)]),
        ([1, 1, 1, 1], [range(3), range(3, 4)]),
        ([10, 1, 10], [range(1), range(1, 2), range(2, 3)]),
        ([0, 0, 10, 0], [range(3), range(3, 4)]),
    ],
)
def test_runs_of_at_most_three_items_and_ten_tokens(sizes: list[int], runs: list[range]) -> None:
    assert pack(sizes, 3, 10) == runs


def test_an_item_above_the_limit_is_the_caller_s_mistake() -> None:
    with pytest.raises(ValueError, match="larger than a request"):
        pack([1, 11], 3, 10)


def test_a_stream_is_not_read_ahead_of_need() -> None:
    stream = iter(range(1000))
    runs = packed(stream, lambda block: [1] * len(block), 10, 100)
    assert next(runs) == tuple(range(10))
    assert next(stream) == 20


def test_by_count() -> None:
    assert list(by_count(iter("abcde"), 2)) == [("a", "b"), ("c", "d"), ("e",)]
    assert list(by_count([], 2)) == []
