"""Which of the pending texts go into one file of requests, and its lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from python_jobs.jobs.batch_costs import Allowance
from python_jobs.providers.openai.batches import MAX_BYTES, MAX_REQUESTS, request_line
from python_jobs.storage.batches import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_jobs.jobs.batch_kinds import Kind, Line
    from python_jobs.storage.job_inputs import PendingText


@dataclass(frozen=True)
class Packed:
    """What went into a file.

    Attributes:
        items: its texts.
        requests: its lines.
    """

    items: tuple[Item, ...]
    requests: int


def pack(
    kind: Kind,
    batch_id: str,
    texts: Sequence[PendingText],
    suspects: set[str],
    size: int,
    file: IO[bytes],
    *,
    allowance: Allowance | None = None,
    max_bytes: int = MAX_BYTES,
    max_requests: int = MAX_REQUESTS,
) -> Packed:
    """Write the requests for as many of the texts as one batch may hold.

    Args:
        kind: makes the lines.
        batch_id: begins each line's name.
        texts: the oldest first.
        suspects: texts that were in a line at fault before: each gets one of its own.
        size: texts in a request.
        file: takes the lines.
        allowance: what the file may cost; says afterwards whether a line did not fit.
        max_bytes: of the file.
        max_requests: lines in it.
    """
    allowance = allowance or Allowance()
    found: list[Item] = []
    requests = count_bytes = count_inputs = 0
    for line in _lines(kind, texts, suspects, size):
        custom_id = f"{batch_id}.{requests + 1}"
        raw = request_line(custom_id, kind.endpoint, line.body)
        count_bytes += len(raw)
        count_inputs += sum(line.inputs)
        full = requests == max_requests or count_bytes > max_bytes
        if full or count_inputs > kind.most_inputs:
            break
        if not allowance.covers(kind.endpoint, line.body):
            break
        file.write(raw)
        requests += 1
        found += _items(custom_id, line)
    return Packed(tuple(found), requests)


def _lines(
    kind: Kind, texts: Sequence[PendingText], suspects: set[str], size: int
) -> Iterator[Line]:
    """Requests for the texts, those that may be at fault alone."""
    yield from kind.lines([text for text in texts if text.content_hash in suspects], 1)
    yield from kind.lines([text for text in texts if text.content_hash not in suspects], size)


def _items(custom_id: str, line: Line) -> list[Item]:
    position, total, found = 0, sum(line.inputs), []
    for text, inputs in zip(line.items, line.inputs, strict=True):
        found.append(Item(custom_id, position, inputs, total, text.content_hash, text.feedback_id))
        position += inputs
    return found
