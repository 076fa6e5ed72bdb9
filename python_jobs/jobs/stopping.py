"""SIGTERM and Ctrl-C: stop beginning, let end what has begun, leave the rest pending."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from python_jobs.errors import ExitCode, InsightsError
from python_jobs.providers.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class StoppedError(InsightsError):
    """The user or the operating system asked us to stop, and we did, in good order."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"stopped by {signal.Signals(number).name}; what was answered is stored",
            hint="run the same command again: it goes on where it stopped",
        )
        is_interrupt = number == signal.SIGINT
        self.exit_code = ExitCode.INTERRUPTED if is_interrupt else ExitCode.TERMINATED


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """An event that is set by SIGTERM or Ctrl-C; a second Ctrl-C interrupts at once.

    Raises:
        StoppedError: at the end, if a signal came.
    """
    stop = threading.Event()
    received: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        if received and number == signal.SIGINT:
            raise KeyboardInterrupt
        received.append(number)
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop  # signals reach the main thread only; whoever started this one handles them
        return
    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    except Stopped:
        if not received:
            raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if received:
        raise StoppedError(received[0])
