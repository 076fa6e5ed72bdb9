"""Where labels go on a map: near what they name, beside one another, on few dots."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

RINGS = 60
RING_STEP = 7.0
"""Pixels from one ring of places to the next."""
GAP = 4.0
"""Pixels that stay free around a label."""
DOT_COST = 5.0
"""Pixels that a label rather moves than hide one more dot."""
CELL = 4
"""Pixels of a cell in which dots are counted."""


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def around(cls, x: float, y: float, width: float, height: float) -> Box:
        """The rectangle of that size with its centre at (x, y)."""
        return cls(x - width / 2, y - height / 2, x + width / 2, y + height / 2)

    def overlaps(self, other: Box, gap: float = 0.0) -> bool:
        """Whether the two share a pixel, or come closer than `gap`."""
        return (
            self.left < other.right + gap
            and other.left < self.right + gap
            and self.bottom < other.top + gap
            and other.bottom < self.top + gap
        )

    def is_inside(self, other: Box) -> bool:
        """Whether no part sticks out of the other."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )

    def distance(self, x: float, y: float) -> float:
        """From the point to the nearest edge; 0 inside."""
        aside = max(self.left - x, 0.0, x - self.right)
        return math.hypot(aside, max(self.bottom - y, 0.0, y - self.top))

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """The point of the box nearest to (x, y)."""
        return min(max(x, self.left), self.right), min(max(y, self.bottom), self.top)


@dataclass(frozen=True)
class Dots:
    """(n, 2) pixels of the dots that labels should not hide."""

    pixels: NDArray[np.floating]
    frame: Box

    @cached_property
    def _sums(self) -> NDArray[np.int64]:
        """Dots below and left of each cell's corner."""
        size = self.frame.right - self.frame.left, self.frame.top - self.frame.bottom
        counts = np.zeros((int(size[0]) // CELL + 2, int(size[1]) // CELL + 2), dtype=np.int64)
        columns, rows = self._cell(self.pixels[:, 0], self.pixels[:, 1], counts.shape)
        np.add.at(counts, (columns, rows), 1)
        sums = np.zeros((counts.shape[0] + 1, counts.shape[1] + 1), dtype=np.int64)
        sums[1:, 1:] = counts.cumsum(axis=0).cumsum(axis=1)
        return sums

    def hidden_by(self, box: Box) -> int:
        """How many dots lie under the box, to the precision of a cell."""
        shape = (self._sums.shape[0] - 1, self._sums.shape[1] - 1)
        edges = np.array([[box.left, box.bottom], [box.right, box.top]])
        (left, right), (low, high) = self._cell(edges[:, 0], edges[:, 1], shape)
        sums = self._sums
        total = sums[right + 1, high + 1] - sums[left, high + 1] - sums[right + 1, low]
        return int(total + sums[left, low])

    def _cell(
        self, x: NDArray[np.floating], y: NDArray[np.floating], shape: tuple[int, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        columns = ((x - self.frame.left) // CELL).astype(np.int64)
        rows = ((y - self.frame.bottom) // CELL).astype(np.int64)
        return np.clip(columns, 0, shape[0] - 1), np.clip(rows, 0, shape[1] - 1)


def place(
    anchors: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    frame: Box,
    dots: Dots | None = None,
) -> list[tuple[float, float] | None]:
    """Choose a centre for each label: near its anchor, on few dots, over no other label.

    First come, first served: each label takes the cheapest free place, where a pixel of
    distance costs 1 and a dot under the label `DOT_COST`.

    Args:
        anchors: (x, y) in pixels of what each label names; the important ones first.
        sizes: (width, height) in pixels.
        frame: no label leaves it.
        dots: what should stay visible.

    Returns:
        (x, y) of each label's centre, None where there is no room for it.
    """
    taken: list[Box] = []
    found: list[tuple[float, float] | None] = []
    for (x, y), (width, height) in zip(anchors, sizes, strict=True):
        best, spot = math.inf, None
        for at in _spots(x, y, width, height):
            cost = math.hypot(at[0] - x, at[1] - y)
            box = Box.around(*at, width, height)
            if cost >= best or not box.is_inside(frame):
                continue
            if any(box.overlaps(other, GAP) for other in taken):
                continue
            cost += DOT_COST * dots.hidden_by(box) if dots else 0.0
            if cost < best:
                best, spot = cost, at
        if spot is not None:
            taken.append(Box.around(*spot, width, height))
        found.append(spot)
    return found


def _spots(x: float, y: float, width: float, height: float) -> Iterator[tuple[float, float]]:
    """The anchor itself, then ever wider rings around it, wider than high as labels are."""
    yield x, y
    stretch = min(max(width / max(height, 1.0), 1.0), 2.5)
    for ring in range(1, RINGS + 1):
        radius = ring * RING_STEP
        count = 8 + 2 * ring
        for at in range(count):
            angle = math.pi / 2 + 2 * math.pi * at / count
            yield x + radius * stretch * math.cos(angle), y + radius * math.sin(angle)


def middle(points: NDArray[np.floating]) -> tuple[float, float]:
    """The point of (n, 2) nearest the medians: a place within the group, whatever its shape."""
    centre = np.median(points, axis=0)
    nearest = points[int(((points - centre) ** 2).sum(axis=1).argmin())]
    return float(nearest[0]), float(nearest[1])
