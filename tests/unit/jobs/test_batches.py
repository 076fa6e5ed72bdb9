from __future__ import annotations

import threading
import time
from itertools import count
from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_jobs.jobs import batches
from python_jobs.jobs.batches import in_threads, isolating
from python_jobs.providers.errors import BadRequest, QuotaExhausted


def done_by(batches, work, workers=3, stop=None):
    return list(in_threads(batches, work, workers, stop or threading.Event()))


@given(st.lists(st.integers(), max_size=200), st.integers(1, 5))
def test_every_batch_is_done_once(items, workers) -> None:
    assert sorted(done_by(items, lambda item: item, workers)) == sorted(items)


@given(st.integers(1, 200), st.sets(st.integers(0, 199), max_size=5))
def test_bad_items_are_found_and_the_others_answered(size, bad) -> None:
    calls = 0

    def call(batch):
        nonlocal calls
        calls += 1
        if bad & set(batch):
            raise BadRequest("no")
        return batch

    outcomes = list(isolating(call, tuple(range(size))))
    failed = {item for outcome in outcomes if outcome.error for item in outcome.items}
    answered = [item for outcome in outcomes if outcome.error is None for item in outcome.items]
    assert failed == {item for item in bad if item < size}
    assert sorted(answered) == [item for item in range(size) if item not in bad]
    if len(failed) == 1:
        assert calls - 1 <= 2 * ceil(log2(size)) + 1


def test_what_is_good_is_yielded_before_the_next_call() -> None:
    asked = []

    def call(batch):
        asked.append(batch)
        if 0 in batch:
            raise BadRequest("no")
        return batch

    stream = isolating(call, (0, 1, 2, 3))
    assert next(stream).error is not None
    assert next(stream).items == (1,)
    assert (2, 3) not in asked


def test_an_error_that_no_smaller_batch_helps_ends_the_work() -> None:
    begun = []
    stop = threading.Event()

    def work(number):
        begun.append(number)
        if number == 3:
            raise QuotaExhausted("no money")
        return number

    finished = []
    with pytest.raises(QuotaExhausted):
        finished.extend(in_threads(range(100), work, 1, stop))
    assert finished == [0, 1, 2]
    assert begun == [0, 1, 2, 3]
    assert stop.is_set()


def test_what_is_under_way_ends_before_a_failure_is_raised() -> None:
    slow_may_end = threading.Event()

    def work(name):
        if name == "bad":
            slow_may_end.set()
            raise QuotaExhausted("no money")
        assert slow_may_end.wait(60)
        time.sleep(0.05)
        return name

    finished = []
    with pytest.raises(QuotaExhausted):
        finished.extend(in_threads(["slow", "bad"], work, 2, threading.Event()))
    assert finished == ["slow"]


def test_nothing_new_begins_after_a_stop() -> None:
    stop = threading.Event()
    begun = []

    def work(number):
        begun.append(number)
        if number == 4:
            stop.set()
        return number

    assert done_by(count(), work, workers=1, stop=stop) == [0, 1, 2, 3, 4]
    assert begun == [0, 1, 2, 3, 4]


def test_a_call_that_never_ends_is_left_behind(monkeypatch) -> None:
    monkeypatch.setattr(batches, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(batches, "LOOK_SECONDS", 0.05)
    forever, stop = threading.Event(), threading.Event()

    def work(number):
        if number == 0:
            stop.set()
            forever.wait(600)
        return number

    try:
        assert 0 not in done_by([0, 1], work, workers=2, stop=stop)
    finally:
        forever.set()


def test_calls_run_side_by_side() -> None:
    together = threading.Barrier(4, timeout=60)

    def work(number):
        together.wait()  # passes only if four calls are under way at once
        return number

    assert sorted(done_by(range(8), work, workers=4)) == list(range(8))


def test_no_batch_is_taken_before_a_worker_is_free() -> None:
    taken = 0
    gate = threading.Semaphore(0)

    def source():
        nonlocal taken
        for number in range(100):
            taken += 1
            yield number

    def work(number):
        gate.acquire()
        return number

    stream = in_threads(source(), work, 3, threading.Event())
    gate.release()
    next(stream)
    assert taken == 3
    gate.release(100)
    assert len(list(stream)) == 99
