"""Planted sets: what is in them is known, so what is found can be judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

Planted = tuple[NDArray[np.float32], NDArray[np.int64]]
Plant = Callable[..., Planted]


def _blobs(
    sizes: Sequence[int], *, width: int = 48, spread: float = 0.45, seed: int = 0
) -> Planted:
    """Groups of the given sizes around random directions, in random order."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(len(sizes), width))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    truth = np.repeat(np.arange(len(sizes)), sizes)
    vectors = centres[truth] + random.normal(size=(len(truth), width)) * spread / np.sqrt(width)
    order = random.permutation(len(truth))
    return vectors[order].astype(np.float32), truth[order]


@pytest.fixture
def blobs() -> Plant:
    return _blobs
