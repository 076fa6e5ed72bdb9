"""Chance that falls alike on every machine and under every version of Python."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")


class Chance:
    """Everything random goes through random() of one generator, the one method that is stable."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)

    def random(self) -> float:
        """Return a float from 0 up to, not including, 1."""
        return self._rng.random()

    def below(self, n: int) -> int:
        """Return an integer from 0 up to, not including, n."""
        return int(self._rng.random() * n)

    def hit(self, percent: float) -> bool:
        """Be true in that many of a hundred cases."""
        return self._rng.random() * 100 < percent

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def weighted(self, pairs: Iterable[tuple[T, float]]) -> T:
        """Return one value of (value, weight) pairs."""
        pairs = list(pairs)
        total = 0.0
        for _, weight in pairs:  # not sum(): newer versions add floats in another way
            total += weight
        mark = self._rng.random() * total
        for value, weight in pairs:
            mark -= weight
            if mark < 0:
                return value
        return pairs[-1][0]
