"""Room for the vectors of a clustering: in memory, or mapped from a file where they are many.

The limit is `INSIGHTS_MEMORY_LIMIT` (`--memory-limit`), else what the machine, or its container,
has left. Above it vectors go to a file under `INSIGHTS_HOME`, which has no name: it is gone with
the process, however that ends.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.clustering.memory import most_rows, need, shown
from python_jobs.errors import ConfigurationError, UsageError
from python_jobs.logs import logger

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_jobs.clustering.memory import Need
    from python_jobs.clustering.parameters import ClusterParameters
    from python_jobs.settings import Settings

Room = Callable[[int, int], "NDArray[np.float32]"]
"""An (n, d) array to fill with vectors.

Raises:
    UsageError: clustering so many takes more than the limit.
    ConfigurationError: there is no room for the file.
"""

_FEWEST = 1_000
"""Rows below which no limit is worth a word in the hint."""


def in_memory(n: int, d: int) -> NDArray[np.float32]:
    """Room for a few."""
    return np.empty((n, d), dtype=np.float32)


def room_for(settings: Settings, parameters: ClusterParameters) -> Room:
    """Room for the vectors of one clustering."""

    def room(n: int, d: int) -> NDArray[np.float32]:
        needed = need(parameters, n, d)
        limit = settings.memory_limit
        left = free_memory() if limit is None else limit
        if left is None or needed.held <= left:
            return in_memory(n, d)
        if needed.rest > left:
            if limit is not None:
                raise _too_much(parameters, n, d, needed, limit)
            logger.warning(
                "clustering may need %s, and %s are free", shown(needed.rest), shown(left)
            )
        logger.info("%s of vectors stay on disk, mapped into memory", shown(needed.vectors))
        return _mapped(settings.home, n, d)

    return room


def _too_much(
    parameters: ClusterParameters, n: int, d: int, needed: Need, limit: int
) -> UsageError:
    rows = most_rows(parameters, d, limit)
    ways = [f"--memory-limit {shown(needed.rest).replace(' ', '')}"]
    if rows >= _FEWEST:
        ways.insert(0, f"--limit {rows - rows % 100}")
    if parameters.method != "graph":
        other = need(replace(parameters, method="graph"), n, d).rest
        if other <= limit:
            ways.insert(0, f"--method graph, which needs about {shown(other)}")
    return UsageError(
        f"clustering {n:,} texts of {d:,} dimensions with {parameters.method} needs about "
        f"{shown(needed.rest)} of memory, and the limit is {shown(limit)}",
        hint=" or ".join(ways),
    )


def _mapped(home: Path, n: int, d: int) -> NDArray[np.float32]:
    """A map of a file without a name, its space taken: a full disk is found out now."""
    folder = home / "cache"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            size = max(1, 4 * n * d)
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
            return np.memmap(file, dtype=np.float32, mode="r+", shape=(n, d))
    except OSError as error:
        raise ConfigurationError(
            f"no room for {shown(4 * n * d)} of vectors in {folder}: {error.strerror}",
            hint="make room, or set INSIGHTS_HOME to a larger disk",
        ) from None


def free_memory() -> int | None:
    """Bytes that are free on the machine, or fewer in a container; None where nobody says."""
    found = [each for each in (_machine(), _container()) if each is not None]
    return min(found, default=None)


def _machine(path: Path = Path("/proc/meminfo")) -> int | None:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _container(folder: Path = Path("/sys/fs/cgroup")) -> int | None:
    """What a control group (version 2) leaves; files in its page cache can be given back."""
    try:
        limit = (folder / "memory.max").read_text(encoding="ascii").strip()
        taken = int((folder / "memory.current").read_text(encoding="ascii"))
        counts = (folder / "memory.stat").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    if not limit.isdigit():
        return None
    stats = dict(zip(counts[::2], map(int, counts[1::2]), strict=False))
    return max(0, int(limit) - taken + stats.get("inactive_file", 0))
