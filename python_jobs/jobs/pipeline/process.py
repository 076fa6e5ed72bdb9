"""One command of `insights` as a process: its messages pass through us, signals through to it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from python_jobs.jobs.children import die_with_parent
from python_jobs.logs import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

    from python_jobs.settings import Settings

BEAT_SECONDS = 10.0
GRACE_SECONDS = 45.0
"""A job that is asked to stop has 25 s for the calls under way; after this it is killed."""
_LINGER_SECONDS = 2.0
"""For messages that are still on their way; a server that a command left behind keeps its end."""
_SECRET = re.compile(r"KEY|SECRET|PASSWORD|TOKEN|CREDENTIAL|SAS\b", re.IGNORECASE)
_SHORTEST_SECRET = 8
MASK = "***"


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
class Relay:
    """What becomes of a process's messages on stderr.

    Attributes:
        as_json: each line becomes a JSON event, whoever wrote it.
        secrets: values that are masked, whoever let them out.
    """

    as_json: bool
    secrets: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        """On a terminal a process talks to the user itself, with its progress bars."""
        return self.as_json or not sys.stderr.isatty()

    def masked(self, text: str) -> str:
        """The text without secrets."""
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        return text

    def pass_on(self, stream: IO[str], step: str, warnings: list[str], errors: list[str]) -> None:
        """Forward line by line until the other end is closed."""
        for raw in stream:
            line = self.masked(raw.rstrip("\n"))
            event = _event(line)
            if event is None:
                if line.startswith("error: "):
                    errors.append(line.removeprefix("error: "))
            elif event.get("level") == "warning":
                warnings.append(str(event.get("message")))
            elif event.get("level") == "error":
                errors.append(str(event.get("message")))
            self._say(line, event, step)

    def _say(self, line: str, event: dict[str, Any] | None, step: str) -> None:
        if not self.as_json:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
        elif event is not None:
            sys.stderr.write(json.dumps(event | {"step": step}, ensure_ascii=False) + "\n")
            sys.stderr.flush()
        elif line.strip():
            report = logger.error if line.startswith("error: ") else logger.info
            report("%s", line.removeprefix("error: "), extra={"step": step})


def run(
    command: Sequence[str],
    step: str,
    *,
    environment: Mapping[str, str],
    relay: Relay,
    stop: Stop,
    beat: Callable[[], None],
    keep_stdout: bool = False,
) -> Ended:
    """Run a command to its end.

    Args:
        command: program and arguments.
        step: for its messages.
        environment: all of it.
        relay: where its messages go.
        stop: passes signals on.
        beat: is called every few seconds; what it raises ends the process.
        keep_stdout: return what it prints instead of letting it through.
    """
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


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Values of the settings and of the environment that must not be seen; the longest first."""
    from python_jobs.storage.connection import parse_url

    found = {
        value for name, value in os.environ.items() if _SECRET.search(name) and not _is_path(value)
    }
    for key in (settings.openai_api_key, settings.azure_api_key):
        found |= {key.get_secret_value()} if key else set()
    for url in (settings.database_url, settings.source_url):
        if url:
            found.add(url.get_secret_value())
            try:
                password = parse_url(url).password
            except Exception:  # what is wrong with it is said by whoever needs it  # noqa: S112
                continue
            found |= {password.get_secret_value()} if password else set()
    kept = (value for value in found if len(value) >= _SHORTEST_SECRET)
    return tuple(sorted(kept, key=lambda value: (-len(value), value)))


def _is_path(value: str) -> bool:
    return value.startswith("/")


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


def _event(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "message" in event else None
