"""Processes that we start, and that end with us: by signals passed on, by a parent's death."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from types import FrameType

_PR_SET_PDEATHSIG = 1  # Linux, <sys/prctl.h>

_PROGRAM = """
import gc, sys
gc.set_threshold(100_000, 20, 100)
sys.argv[0] = {name!r}
from {module} import {function} as main
sys.exit(main())
"""


def python_program(name: str, module: str, function: str) -> list[str]:
    """The command of a Python program that makes millions of objects and few cycles, as dbt does.

    At Python's ordinary threshold (700) it would look for garbage a sixth of its time.

    Args:
        name: what it calls itself.
        module: of the function.
        function: which is called without arguments; what it returns is the exit code.
    """
    program = _PROGRAM.format(name=name, module=module, function=function)
    return [sys.executable, "-P", "-c", program]


def die_with_parent() -> None:
    """For `preexec_fn`: on Linux the child gets SIGTERM when the thread that started it is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() == 1:  # the parent went before the call
            os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def terminated_with_us(child: subprocess.Popen[str]) -> Iterator[None]:
    """SIGTERM for this process goes to the child, whose end we then see; then as before."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    before = signal.signal(signal.SIGTERM, pass_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def exit_code(returncode: int) -> int:
    """As a shell says it: 128 and the number of the signal where one ended the child."""
    return returncode if returncode >= 0 else 128 - returncode
