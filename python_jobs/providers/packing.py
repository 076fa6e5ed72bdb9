"""Which texts share a request: as many as fit, in order."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Item = TypeVar("Item")


def pack(sizes: Sequence[int], max_items: int, max_tokens: int) -> list[range]:
    """Cut a sequence into the fewest runs that stay within both limits.

    Args:
        sizes: tokens of each item.
        max_items: the most items of a run.
        max_tokens: the most tokens of a run.

    Returns:
        ranges of positions: together all positions, in order, each once.

    Raises:
        ValueError: an item alone is larger than a run may be.
    """
    if max(sizes, default=0) > max_tokens:
        raise ValueError("an item is larger than a request may be")
    runs = packed(range(len(sizes)), lambda block: [sizes[i] for i in block], max_items, max_tokens)
    return [range(run[0], run[-1] + 1) for run in runs]


def packed(
    items: Iterable[Item],
    measure: Callable[[Sequence[Item]], Sequence[int]],
    max_items: int,
    max_tokens: int,
) -> Iterator[tuple[Item, ...]]:
    """Cut a stream into runs, as `pack` does; an item that is too large has one of its own.

    Args:
        items: any number; at most `max_items` are read ahead.
        measure: the tokens of each of up to `max_items` items.
        max_items: the most items of a run.
        max_tokens: the most tokens of a run.
    """
    run: list[Item] = []
    tokens = 0
    stream = iter(items)
    while block := list(islice(stream, max_items)):
        for item, size in zip(block, measure(block), strict=True):
            if run and (len(run) == max_items or tokens + size > max_tokens):
                yield tuple(run)
                run, tokens = [], 0
            run.append(item)
            tokens += size
    if run:
        yield tuple(run)


def by_count(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """Cut a stream into runs of `size` items."""
    stream = iter(items)
    while run := tuple(islice(stream, size)):
        yield run
