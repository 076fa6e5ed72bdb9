"""Calls to a model from several threads; a bad item is found by halving its batch."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

from python_jobs.providers.errors import CallFailed

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Sequence

GRACE_SECONDS = 25.0
"""For calls under way when everything shall stop: schedulers kill after 30."""
LOOK_SECONDS = 1.0

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Batch = TypeVar("Batch")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Outcome(Generic[Item, Answer]):
    """What became of some items: an answer, or the error that ended their call."""

    items: tuple[Item, ...]
    answer: Answer | None
    error: CallFailed | None


def in_threads(
    batches: Iterable[Batch],
    work: Callable[[Batch], Result],
    workers: int,
    stop: threading.Event,
) -> Iterator[Result]:
    """Do the batches, `workers` at a time, and yield each result when it is there.

    A batch is taken only when a worker is free for it, so that nothing is claimed for long
    before it is worked on. When `stop` is set, or a batch fails, no further batch is begun;
    those under way have `GRACE_SECONDS` to end. A failure sets `stop`, so that the others do not
    wait for long.

    Raises:
        Exception: the first failure, after every result was yielded.
    """
    source = iter(batches)
    running: set[Future[Result]] = set()
    failure: BaseException | None = None
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="model")
    patience = _Patience(stop)
    try:
        while not patience.is_over():
            if not stop.is_set():
                free = workers - len(running)
                running |= {pool.submit(work, batch) for batch in islice(source, free)}
            if not running:
                break
            done, running = wait(running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                error = future.exception()
                if error is None:
                    yield future.result()
                else:
                    stop.set()
                    failure = failure or error
    finally:
        if running:
            stop.set()
        pool.shutdown(wait=not patience.is_over(), cancel_futures=True)
    if failure is not None:
        raise failure


class _Patience:
    """How long calls under way may take once everything shall stop."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._until: float | None = None

    def is_over(self) -> bool:
        if self._until is None:
            if not self._stop.is_set():
                return False
            self._until = time.monotonic() + GRACE_SECONDS
        return time.monotonic() > self._until


def isolating(
    call: Callable[[Sequence[Item]], Answer], batch: tuple[Item, ...]
) -> Iterator[Outcome[Item, Answer]]:
    """Call for the batch; where the batch is at fault, for its halves, down to the guilty item.

    One bad item among n costs 2 * log2(n) calls more. What is good is yielded at once.

    Raises:
        CallFailed: one that no smaller batch can help.
    """
    try:
        answer = call(batch)
    except CallFailed as error:
        if not error.batch_at_fault:
            raise
        if len(batch) == 1:
            yield Outcome(batch, None, error)
            return
    else:
        yield Outcome(batch, answer, None)
        return
    half = len(batch) // 2
    yield from isolating(call, batch[:half])
    yield from isolating(call, batch[half:])
