"""Servers that have to be told their port."""

from __future__ import annotations

import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.integration.conftest import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TRIES = 3
"""Somebody else may have taken the free port before the server did."""


@contextmanager
def served(command: Callable[[int], Sequence[str]], is_up: Callable[[int], bool]) -> Iterator[int]:
    """Run a server, given its port, while the block runs; yields the port."""
    for _ in range(TRIES):
        port = _free_port()
        process = subprocess.Popen(
            command(port),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(lambda: is_up(port) or process.poll() is not None, "start of the server")  # noqa: B023
            if process.poll() is None:
                yield port
                return
        finally:
            process.terminate()
            process.wait()
    raise AssertionError(f"{process.args[0]} ended with {process.returncode}")  # type: ignore[index]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
