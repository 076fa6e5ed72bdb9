"""What a search asks the warehouse before it embeds its words."""

from __future__ import annotations

import sqlalchemy as sa

from python_jobs.storage import tables
from python_jobs.storage.results import ActiveModel


def active_embedding(connection: sa.Connection) -> ActiveModel | None:
    """The embedding model in use; None until a job has embedded something."""
    table = tables.active_models
    row = connection.execute(
        sa.select(table.c.provider, table.c.model, table.c.dimensions).where(
            table.c.kind == "embedding"
        )
    ).first()
    return ActiveModel("embedding", row[0], row[1], int(row[2])) if row else None
