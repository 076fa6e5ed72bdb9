"""Layouts made to be looked at: the empty sea between islands is not drawn to scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDEST_GAP = 0.06
"""Of what the map would span without its wide gaps."""
FEWEST = 100
"""Dots; with fewer there are gaps everywhere, and they are what there is to see."""


def without_gaps(xy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Move islands closer: an empty band right across the map is cut to `WIDEST_GAP` of it.

    How far apart groups without common neighbours end up is an accident of the layout; left
    alone, two islands in another language make everything else too small to read. Distances
    within an island and the order of islands stay.

    Args:
        xy: (n, 2) coordinates.

    Returns:
        (n, 2) coordinates; the same where there is no wide gap or there are few dots.
    """
    moved = np.array(xy, dtype=np.float32)
    for axis in range(2) if len(moved) >= FEWEST else ():
        values = moved[:, axis].astype(np.float64)
        order = np.argsort(values, kind="stable")
        gaps = np.diff(values[order])
        span = float(np.ptp(values))
        filled = float(gaps[gaps <= WIDEST_GAP * span].sum())
        widest = WIDEST_GAP * max(filled, span / 4)
        cuts = np.concatenate(([0.0], np.cumsum(np.maximum(gaps - widest, 0.0))))
        moved[order, axis] = values[order] - cuts
    return moved
