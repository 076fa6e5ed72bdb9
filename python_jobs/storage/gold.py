"""Texts of loaded feedback by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import tables
from python_jobs.storage.dialects.elements import among

if TYPE_CHECKING:
    from collections.abc import Sequence

_feedback = tables.table(tables.RAW, "customer_feedback", ("feedback_id", "feedback_text"))


def texts_of(connection: sa.Connection, feedback_ids: Sequence[str]) -> dict[str, str]:
    """What this feedback says, by id; ids that were not loaded are left out."""
    query = sa.select(_feedback.c.feedback_id, _feedback.c.feedback_text).where(
        among(_feedback.c.feedback_id, feedback_ids)
    )
    return {row.feedback_id: row.feedback_text for row in connection.execute(query)}
