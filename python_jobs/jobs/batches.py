"""Send batches to a model from several threads; a bad item is found by halving its batch."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

from python_jobs.providers.errors import CallFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Outcome(Generic[Item, Answer]):
    """What became of some items: an answer, or the error that ended their call."""

    items: tuple[Item, ...]
    answer: Answer | None
    error: CallFailed | None


def in_batches(
    items: Iterable[Item],
    size: int,
    call: Callable[[Sequence[Item]], Answer],
    workers: int,
) -> Iterator[Outcome[Item, Answer]]:
    """Call the model for batches of `size`, `workers` at a time, results in order.

    At most twice as many batches as workers are in hand, so that memory stays flat however many
    items there are. When the caller stops, calls in flight end and their answers are dropped.

    Raises:
        CallFailed: one that no smaller batch can help; what was yielded before is good.
    """
    batches = _batches(iter(items), size)
    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="model")
    waiting: deque[Future[list[Outcome[Item, Answer]]]] = deque()
    try:
        for batch in islice(batches, 2 * workers):
            waiting.append(pool.submit(_isolating, call, batch))
        while waiting:
            yield from waiting.popleft().result()
            for batch in islice(batches, 1):
                waiting.append(pool.submit(_isolating, call, batch))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _batches(items: Iterator[Item], size: int) -> Iterator[tuple[Item, ...]]:
    while batch := tuple(islice(items, size)):
        yield batch


def _isolating(
    call: Callable[[Sequence[Item]], Answer], batch: tuple[Item, ...]
) -> list[Outcome[Item, Answer]]:
    """Call for the batch; where the batch is at fault, for its halves."""
    try:
        return [Outcome(batch, call(batch), None)]
    except CallFailed as error:
        if not error.batch_at_fault:
            raise
        if len(batch) == 1:
            return [Outcome(batch, None, error)]
    half = len(batch) // 2
    return _isolating(call, batch[:half]) + _isolating(call, batch[half:])
