"""Texts of loaded feedback by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import tables
from python_jobs.storage.dialects.elements import among

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS = ("feedback_id", "feedback_text")
_loaded = tables.table(tables.RAW, "customer_feedback", _COLUMNS)
_built = tables.table(tables.MARTS, "feedback", _COLUMNS)


def texts_of(
    connection: sa.Connection, feedback_ids: Sequence[str], *, is_loaded: bool
) -> dict[str, str]:
    """What this feedback says, by id; unknown ids are left out.

    Args:
        connection: to the warehouse.
        feedback_ids: of any number of feedback.
        is_loaded: else it lies in a table of the user's own, and what dbt last built counts.
    """
    feedback = _loaded if is_loaded else _built
    query = sa.select(feedback.c.feedback_id, feedback.c.feedback_text).where(
        among(feedback.c.feedback_id, feedback_ids)
    )
    return {row.feedback_id: row.feedback_text for row in connection.execute(query)}
