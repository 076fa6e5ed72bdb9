"""One pause for all threads of a provider: when the server says slow down, all of them wait.

Without it each thread would find out by a rejected request of its own, and again after each
wait. Waits end at once when the job is asked to stop.
"""

from __future__ import annotations

import math
import re
import threading
import time
from typing import TYPE_CHECKING

from python_jobs.logs import logger
from python_jobs.providers.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from python_jobs.providers.retry import Sleep

STAGGER = 0.05
"""Seconds between the threads when a pause is over, so that they do not all knock at once."""
LONGEST_HEED = 60.0
"""Seconds. Limits are a minute's; a reset further away (a day's) is left to `retry-after`."""

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_UNITS = (3600.0, 60.0, 1.0, 0.001)


class Pause:
    """When the threads may send again; one instance serves all of them.

    Args:
        sleep: waits for the seconds given; None waits so that `stop` ends it.
        stop: set when no call shall be made any more.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        *,
        sleep: Sleep | None = None,
        stop: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stop = stop or threading.Event()
        self._sleep = sleep or self._stop.wait
        self._clock = clock
        self._lock = threading.Lock()
        self._until = -math.inf
        self._pauses = 0
        self._turns = 0

    def extend(self, seconds: float) -> None:
        """Let nobody send for so long; a pause that ends later stays."""
        with self._lock:
            until = self._clock() + seconds
            if seconds > 0 and until > self._until:
                self._until = until
                self._pauses += 1
                self._turns = 0

    def heed(self, headers: Mapping[str, str]) -> None:
        """Pause where a good answer says that nothing is left for now.

        Reads `x-ratelimit-remaining-requests` and `-tokens` with their `x-ratelimit-reset-…`.
        """
        for what in ("requests", "tokens"):
            if headers.get(f"x-ratelimit-remaining-{what}") == "0":
                rest = duration(headers.get(f"x-ratelimit-reset-{what}", ""))
                if rest is not None and 0 < rest <= LONGEST_HEED:
                    logger.debug("no %s left at the server; waiting %.1f s", what, rest)
                    self.extend(rest)

    def wait(self) -> None:
        """Return when nothing speaks against sending.

        Raises:
            Stopped: the job was asked to stop.
        """
        self.sleep(0.0)

    def sleep(self, seconds: float) -> None:
        """Wait for so long, and on while there is a pause.

        Raises:
            Stopped: the job was asked to stop, now or while waiting.
        """
        known = -1
        while True:
            if self._stop.is_set():
                raise Stopped("the call was given up because the job is stopping")
            known, rest = self._turn(known)
            if max(seconds, rest) <= 0:
                return
            self._sleep(max(seconds, rest))
            seconds = 0.0

    def _turn(self, known: int) -> tuple[int, float]:
        """The pause there is, and this thread's seconds in it: 0 where it has sat it out."""
        with self._lock:
            rest = self._until - self._clock()
            if known == self._pauses or rest <= 0:
                return self._pauses, 0.0
            rest += STAGGER * self._turns
            self._turns += 1
            return self._pauses, rest


def duration(text: str) -> float | None:
    """Seconds in a duration as the servers write it: "6m0s", "1.5s", "120ms", "7".

    None where it is none of these.
    """
    try:
        seconds = float(text)
    except ValueError:
        found = _DURATION.fullmatch(text)
        if not text or found is None:
            return None
        seconds = sum(
            float(part) * unit for part, unit in zip(found.groups(), _UNITS, strict=True) if part
        )
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
