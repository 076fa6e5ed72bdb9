"""When a failed call is made again: the only place that retries.

Up to 5 retries, waiting 1, 2, 4, 8, 16 s and never less than the server's `retry-after`,
a warning each. An answer that fails its checks has been paid for and is asked for once more
only. Quota, key and bad-request errors and refusals are final.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from tenacity import RetryCallState, Retrying, stop_after_attempt

from python_jobs.logs import logger
from python_jobs.providers.errors import CallFailed, InvalidAnswer, RateLimited

if TYPE_CHECKING:
    from python_jobs.providers.pause import Pause

T = TypeVar("T")
Sleep = Callable[[float], None]

MAX_RETRIES = 5
MAX_INVALID = 1
LONGEST_RETRY_AFTER = 600.0
"""Seconds. A server that asks for more (a daily quota) ends the call instead."""


def with_retries(
    attempt: Callable[[], T],
    *,
    what: str,
    sleep: Sleep = time.sleep,
    pause: Pause | None = None,
) -> T:
    """Call `attempt` until it returns, or fails for good.

    Args:
        attempt: raises `CallFailed`; any other exception passes through at once.
        what: the call's name in the warnings.
        sleep: waits for the seconds given; not used where there is a pause.
        pause: shared with other threads: it is waited for before each attempt, and extended
            where the server asks to slow down.

    Raises:
        CallFailed: the last attempt's; `Stopped` where the pause says so.
    """
    invalid = 0

    def again(state: RetryCallState) -> bool:
        nonlocal invalid
        error = _failure(state)
        if isinstance(error, InvalidAnswer):
            invalid += 1
            return invalid <= MAX_INVALID
        if not isinstance(error, CallFailed) or not error.transient:
            return False
        return (error.retry_after or 0.0) <= LONGEST_RETRY_AFTER

    def warn(state: RetryCallState) -> None:
        logger.warning(
            "%s: %s; retry %d of %d in %g s",
            what,
            _failure(state),
            state.attempt_number,
            MAX_RETRIES,
            round(state.upcoming_sleep, 1),
        )
        if pause is not None:
            pause.extend(_slow_down(_failure(state), state.upcoming_sleep))

    if pause is not None:
        pause.wait()
        sleep = pause.sleep
    retrying = Retrying(
        retry=again,
        wait=_wait,
        stop=stop_after_attempt(MAX_RETRIES + 1),
        before_sleep=warn,
        sleep=sleep,
        reraise=True,
    )
    return retrying(attempt)


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds the server asks to wait: `retry-after-ms`, or `retry-after` as seconds or date.

    None where it does not say, or says something unreadable.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    asked = headers.get("retry-after")
    seconds = _number(asked)
    if seconds is not None or asked is None:
        return seconds
    try:
        until = parsedate_to_datetime(asked)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def _wait(state: RetryCallState) -> float:
    error = _failure(state)
    asked = error.retry_after if isinstance(error, CallFailed) else None
    return max(2.0 ** (state.attempt_number - 1), asked or 0.0)


def _slow_down(error: BaseException | None, own_wait: float) -> float:
    """Seconds that the other threads wait too: what the server asked for.

    A rate limit without `retry-after` holds for all as long as for the call that met it. A
    server that fails without a word (500, no connection) may fail this one request only.
    """
    if not isinstance(error, CallFailed):
        return 0.0
    if error.retry_after is not None:
        return error.retry_after
    return own_wait if isinstance(error, RateLimited) else 0.0


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
