"""A plane to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.clustering import measures

if TYPE_CHECKING:
    from python_jobs.clustering.measures import Matrix


def lay_out(points: Matrix) -> Matrix:
    """(n, 2) positions."""
    return measures.principal_plane(points)
