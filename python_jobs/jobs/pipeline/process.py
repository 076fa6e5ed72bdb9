"""One command of `insights` as a process: its messages pass through us, signals through to it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from python_jobs.jobs.children import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

    from python_jobs.jobs.pipeline.relay import Relay

BEAT_SECONDS = 10.0
GRACE_SECONDS = 45.0
"""A job that is asked to stop has 25 s for the calls under way; after this it is killed."""
_LINGER_SECONDS = 2.0
"""For messages that are still on their way; a server that a command left behind keeps its end."""


class Stop:
    """SIGTERM and Ctrl-C: noted, and passed on to the process under way."""

    def __init__(self) -> None:
        self.number: int | None = None
        self._child: subprocess.Popen[str] | None = None
        self._since = 0.0

    def exit_code(self) -> int | None:
        """128 and the signal, once one came."""
        return None if self.number is None else 128 + self.number

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle both signals meanwhile."""
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, self._handle) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def passed_on_to(self, child: subprocess.Popen[str]) -> Iterator[None]:
        """Signals go to this process meanwhile, also one that came while it started."""
        self._child = child
        try:
            if self.number is not None:
                child.send_signal(self.number)
            yield
        finally:
            self._child = None

    @property
    def is_overdue(self) -> bool:
        """Whether the process had its time to end."""
        return self.number is not None and time.monotonic() > self._since + GRACE_SECONDS

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self.number is None:
            self.number, self._since = number, time.monotonic()
        # A terminal sends Ctrl-C to the process, too.
        if self._child and not (number == signal.SIGINT and sys.stdin and sys.stdin.isatty()):
            self._child.send_signal(number)


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        returncode: as `subprocess` gives it: negative for a signal.
        warnings, errors: of its log.
        printed: its stdout, where that was asked for.
    """

    returncode: int
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    printed: str = ""


@dataclass(frozen=True)
class Launcher:
    """Starts the commands of `insights`, each as a process.

    Attributes:
        program: makes a command line of a command.
        environment: of the processes, all of it.
        relay: where their messages go.
        stop: passes signals on.
    """

    program: Callable[[Sequence[str]], Sequence[str]]
    environment: Mapping[str, str]
    relay: Relay
    stop: Stop

    def run(
        self,
        command: Sequence[str],
        step: str,
        *,
        keep_stdout: bool = False,
        variables: Mapping[str, str] | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> Ended:
        """Run a command to its end.

        Args:
            command: of `insights`.
            step: for its messages.
            keep_stdout: return what it prints instead of letting it through.
            variables: more of the environment.
            beat: is called every few seconds; what it raises ends the process.
        """
        return _run(
            self.program(command),
            step,
            environment={**self.environment, **(variables or {})},
            relay=self.relay,
            stop=self.stop,
            beat=beat,
            keep_stdout=keep_stdout,
        )


def _run(
    command: Sequence[str],
    step: str,
    *,
    environment: Mapping[str, str],
    relay: Relay,
    stop: Stop,
    beat: Callable[[], None],
    keep_stdout: bool,
) -> Ended:
    warnings: list[str] = []
    errors: list[str] = []
    printed: list[str] = []
    with subprocess.Popen(
        list(command),
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if keep_stdout else None,
        stderr=subprocess.PIPE if relay.is_needed else None,
        text=True,
        errors="replace",
        preexec_fn=die_with_parent,
    ) as child:
        threads = []
        if child.stderr:
            told = (child.stderr, step, warnings, errors)
            threads.append(threading.Thread(target=relay.pass_on, args=told, daemon=True))
        if child.stdout:
            kept = (child.stdout,)
            threads.append(threading.Thread(target=printed.extend, args=kept, daemon=True))
        for thread in threads:
            thread.start()
        with stop.passed_on_to(child):
            try:
                _wait(child, stop, beat)
            except BaseException:
                _end(child)
                raise
            finally:
                for thread in threads:
                    thread.join(_LINGER_SECONDS)
    return Ended(child.returncode, warnings, errors, "".join(printed))


def _wait(child: subprocess.Popen[str], stop: Stop, beat: Callable[[], None]) -> None:
    while True:
        try:
            child.wait(BEAT_SECONDS)
        except subprocess.TimeoutExpired:
            if stop.is_overdue:
                child.kill()
            beat()
        else:
            return


def _end(child: subprocess.Popen[str]) -> None:
    child.terminate()
    try:
        child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
