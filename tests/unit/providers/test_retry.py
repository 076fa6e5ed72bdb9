from __future__ import annotations

from datetime import UTC, datetime

import pytest

from python_jobs.providers import errors, retry

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 01 Mar 2026 12:00:30 -0000"}, 30.0),
        ({"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "60"}, 1.5),
        ({"retry-after-ms": "x", "retry-after": "60"}, 60.0),
    ],
)
def test_retry_after_is_read_in_all_its_forms(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry.retry_after(headers, NOW) == seconds


def outcomes(*failures: Exception | None) -> tuple[list[Exception | None], object]:
    waiting = list(failures)

    def attempt() -> str:
        failure = waiting.pop(0)
        if failure:
            raise failure
        return "done"

    return waiting, attempt


def test_six_attempts_with_doubling_waits_and_a_warning_each(
    sleeps: list[float], messages: pytest.LogCaptureFixture
) -> None:
    left, attempt = outcomes(*[errors.Unavailable("down")] * 9)
    with pytest.raises(errors.Unavailable):
        retry.with_retries(attempt, what="embedding request", sleep=sleeps.append)
    assert sleeps == [1, 2, 4, 8, 16]
    assert len(left) == 3
    assert [record.getMessage() for record in messages.records] == [
        f"embedding request: down; retry {n} of 5 in {2 ** (n - 1)} s" for n in range(1, 6)
    ]


@pytest.mark.parametrize(
    ("asked", "slept"), [(None, [1, 2]), (0.2, [1, 2]), (5.0, [5, 5]), (600.0, [600, 600])]
)
def test_retry_after_is_a_floor(
    asked: float | None, slept: list[float], sleeps: list[float]
) -> None:
    slow = errors.RateLimited("slow down", retry_after=asked)
    _, attempt = outcomes(slow, slow, None)
    assert retry.with_retries(attempt, what="x", sleep=sleeps.append) == "done"
    assert sleeps == slept


def test_a_wait_of_hours_ends_the_call(sleeps: list[float]) -> None:
    _, attempt = outcomes(errors.RateLimited("come back tomorrow", retry_after=86_400.0))
    with pytest.raises(errors.RateLimited):
        retry.with_retries(attempt, what="x", sleep=sleeps.append)
    assert sleeps == []


def test_an_invalid_answer_is_asked_for_once_more_only(sleeps: list[float]) -> None:
    bad, down = errors.InvalidAnswer("bad"), errors.Unavailable("down")
    left, attempt = outcomes(bad, down, bad, None)
    with pytest.raises(errors.InvalidAnswer):
        retry.with_retries(attempt, what="x", sleep=sleeps.append)
    assert left == [None]
    assert sleeps == [1, 2]


@pytest.mark.parametrize(
    "final",
    [
        errors.KeyRejected("k"),
        errors.QuotaExhausted("q"),
        errors.BadRequest("b"),
        errors.Misconfigured("m"),
        errors.ContentRefused("c"),
        KeyError("a mistake of ours"),
    ],
)
def test_final_errors_are_not_retried(final: Exception, sleeps: list[float]) -> None:
    left, attempt = outcomes(final, None)
    with pytest.raises(type(final)):
        retry.with_retries(attempt, what="x", sleep=sleeps.append)
    assert left == [None]
    assert sleeps == []
