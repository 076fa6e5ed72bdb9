"""The server's log file: appended to by the server, cut at each start when it has grown."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.storage.embedded.account import Account

# Starts, stops, crashes and refused passwords only: years fit into this.
MAX_BYTES = 1_000_000
# What a user can mend comes first: a full disk ends in a PANIC about something else.
_CLUES = (
    "No space left on device",
    "Disk quota exceeded",
    "Read-only file system",
    "PANIC:",
    "FATAL:",
    "error:",
    "sh:",
    "cannot",
    "could not",
)


def append(path: Path, account: Account) -> BinaryIO:
    """Open the log for appending, made by and for its keeper alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
    handle = os.open(path, flags, 0o600)
    if account.dropped:
        os.fchown(handle, account.keeper, account.gid)
    return os.fdopen(handle, "ab")


def rotate(path: Path) -> int:
    """Put a large log aside as ``….1``, replacing the one before; return the log's size."""
    size = path.stat().st_size if path.exists() else 0
    if size > MAX_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
        return 0
    return size


def since(path: Path, offset: int) -> str:
    """What was written after `offset`, as bytes of the file."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def reason(output: str) -> str:
    """The first line that tells why a program failed, without its time stamp."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for clue in _CLUES:
        for line in lines:
            if clue in line:
                return re.sub(r"^.*?(PANIC|FATAL|error):\s*", "", line)
    return lines[-1] if lines else "it gave no reason"
