from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_jobs.jobs.batches import in_batches
from python_jobs.providers.errors import BadRequest, QuotaExhausted


def answers(items, size, call, workers=3):
    return list(in_batches(items, size, call, workers))


@given(st.lists(st.integers(), max_size=200), st.integers(1, 50), st.integers(1, 5))
def test_every_item_is_answered_once_and_in_order(items, size, workers) -> None:
    outcomes = answers(items, size, list, workers)
    assert [item for outcome in outcomes for item in outcome.items] == items
    assert all(list(outcome.items) == outcome.answer for outcome in outcomes)
    assert all(len(outcome.items) <= size for outcome in outcomes)


@given(st.sets(st.integers(0, 63), max_size=5))
def test_bad_items_are_found_and_the_others_answered(bad) -> None:
    calls = []

    def call(batch):
        calls.append(batch)
        if bad & set(batch):
            raise BadRequest("no")
        return batch

    outcomes = answers(range(64), 64, call)
    failed = {item for outcome in outcomes if outcome.error for item in outcome.items}
    done = {item for outcome in outcomes if not outcome.error for item in outcome.items}
    assert failed == bad
    assert done == set(range(64)) - bad
    if len(bad) == 1:
        assert len(calls) <= 1 + 2 * 6


def test_an_error_that_no_smaller_batch_helps_ends_the_work() -> None:
    def call(batch):
        if 30 in batch:
            raise QuotaExhausted("no money")
        return batch

    done: list[int] = []
    stream = in_batches(range(100), 10, call, 1)
    with pytest.raises(QuotaExhausted):
        done.extend(item for outcome in stream for item in outcome.items)
    assert done == list(range(30))


def test_calls_run_side_by_side_but_bounded() -> None:
    running = 0
    most = 0
    guard = threading.Lock()
    together = threading.Barrier(4, timeout=10)

    def call(batch):
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        together.wait()  # passes only if four calls are under way at once
        with guard:
            running -= 1
        return batch

    answers(range(8), 1, call, workers=4)
    assert most == 4


def test_items_are_taken_as_they_are_needed() -> None:
    taken = 0

    def items():
        nonlocal taken
        for item in range(1_000):
            taken += 1
            yield item

    stream = in_batches(items(), 10, lambda batch: batch, 2)
    next(stream)
    time.sleep(0.05)
    assert taken <= 60
    stream.close()
