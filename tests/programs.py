"""Programs that tests start."""

from __future__ import annotations

import sys

_PROGRAM = """
import gc, sys
gc.set_threshold(100_000, 20, 100)
sys.argv[0] = {module!r}
from {module} import {function} as main
sys.exit(main())
"""


def python_program(module: str, function: str) -> list[str]:
    """The command of a program in Python that makes very many objects, as parsers of SQL do.

    At Python's ordinary threshold (700) it would look for garbage a fifth of its time.
    """
    return [sys.executable, "-P", "-c", _PROGRAM.format(module=module, function=function)]
