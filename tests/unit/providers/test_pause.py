from __future__ import annotations

import threading

import pytest

from python_jobs.providers import errors, retry
from python_jobs.providers.pause import LONGEST_HEED, STAGGER, Pause, duration


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pause(clock: Clock) -> Pause:
    return Pause(sleep=clock.sleep, clock=clock)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("1h2m3s", 3723),
        ("8.64s", 8.64),
        ("120ms", 0.12),
        ("1m30.5s", 90.5),
        ("1s500ms", 1.5),
        ("7", 7),
        ("0", 0),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("5 s", None),
    ],
)
def test_durations_as_servers_write_them(text: str, seconds: float | None) -> None:
    assert duration(text) == (None if seconds is None else pytest.approx(seconds))


def test_without_a_pause_nobody_waits(pause: Pause, clock: Clock) -> None:
    pause.wait()
    pause.extend(0)
    pause.wait()
    assert clock.slept == []


def test_everybody_waits_for_the_end_one_after_the_other(pause: Pause, clock: Clock) -> None:
    pause.extend(30)
    started = clock.now
    ends = []
    for _ in range(4):
        clock.now = started  # each thread comes at the same time
        pause.wait()
        ends.append(round(clock.now - started, 6))
    assert ends == [round(30 + STAGGER * turn, 6) for turn in range(4)]


def test_the_later_end_counts(pause: Pause, clock: Clock) -> None:
    pause.extend(30)
    pause.extend(5)
    pause.wait()
    assert clock.slept == [30]
    pause.wait()
    assert clock.slept == [30]


def test_a_pause_that_grows_meanwhile_is_waited_for_too(clock: Clock) -> None:
    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if len(clock.slept) == 1:
            pause.extend(7)

    pause = Pause(sleep=sleep, clock=clock)
    pause.extend(2)
    pause.wait()
    assert clock.slept == [2, 7]


@pytest.mark.parametrize(("own", "slept"), [(1.0, [20]), (45.0, [45])])
def test_a_retry_waits_for_both_at_once(
    own: float, slept: list[float], pause: Pause, clock: Clock
) -> None:
    pause.extend(20)
    pause.sleep(own)
    assert clock.slept == slept


@pytest.mark.parametrize(
    ("headers", "slept"),
    [
        ({}, []),
        ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "9s"}, []),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "9s"}, [9]),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "120ms"}, [0.12]),
        ({"x-ratelimit-remaining-tokens": "0"}, []),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "later"}, []),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "8h0m0s"}, []),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": f"{LONGEST_HEED:g}s",
            },
            [LONGEST_HEED],
        ),
    ],
)
def test_a_good_answer_can_say_that_nothing_is_left(
    headers: dict[str, str], slept: list[float], pause: Pause, clock: Clock
) -> None:
    pause.heed(headers)
    pause.wait()
    assert clock.slept == slept


def test_stopping_ends_waits(clock: Clock) -> None:
    stop = threading.Event()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        stop.set()

    pause = Pause(sleep=sleep, stop=stop, clock=clock)
    with pytest.raises(errors.Stopped) as caught:
        pause.sleep(16)
    assert clock.slept == [16]
    assert (caught.value.status, caught.value.transient) == ("stopped", False)
    assert not caught.value.batch_at_fault
    with pytest.raises(errors.Stopped):
        pause.wait()
    assert clock.slept == [16]


def test_stopping_wakes_a_thread_that_sleeps_for_an_hour() -> None:
    stop = threading.Event()
    pause = Pause(stop=stop)
    ended: list[str] = []

    def work() -> None:
        try:
            pause.sleep(3600)
        except errors.Stopped as error:
            ended.append(error.status)

    thread = threading.Thread(target=work)
    thread.start()
    stop.set()
    thread.join(60)
    assert ended == ["stopped"]


@pytest.mark.parametrize(
    ("failure", "others_wait"),
    [
        (errors.RateLimited("slow", retry_after=12.0), 12.0),
        (errors.RateLimited("slow", retry_after=0.25), 0.25),
        (errors.RateLimited("slow"), 1.0),
        (errors.Unavailable("503", retry_after=9.0), 9.0),
        (errors.Unavailable("500"), 0.0),
        (errors.MalformedAnswer("half"), 0.0),
        (errors.InvalidAnswer("bad"), 0.0),
    ],
)
def test_what_the_other_threads_wait_for(
    failure: errors.CallFailed, others_wait: float, clock: Clock
) -> None:
    class Spy(Pause):
        def extend(self, seconds: float) -> None:
            asked.append(seconds)
            super().extend(seconds)

    asked: list[float] = []
    failures = [failure]

    def attempt() -> str:
        if failures:
            raise failures.pop()
        return "done"

    pause = Spy(sleep=clock.sleep, clock=clock)
    assert retry.with_retries(attempt, what="x", pause=pause) == "done"
    assert asked == [others_wait]
    assert clock.slept == [max(1.0, failure.retry_after or 0.0)]


@pytest.mark.parametrize("final", [errors.QuotaExhausted("q"), errors.KeyRejected("k")])
def test_final_errors_hold_nobody_up(final: errors.CallFailed, pause: Pause, clock: Clock) -> None:
    def attempt() -> None:
        raise final

    with pytest.raises(type(final)):
        retry.with_retries(attempt, what="x", pause=pause)
    pause.wait()
    assert clock.slept == []
