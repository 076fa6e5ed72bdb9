"""Read the marts, as BI tools do: what `insights report` shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import tables
from python_jobs.storage.dialects.elements import among
from python_jobs.storage.warehouse import fetch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_EXACT = sa.Numeric(38, 16)
"""SQL Server's average has no more digits than what it is of, and six at least."""


@dataclass(frozen=True)
class Totals:
    """Feedback from the file to the tree, in numbers of feedback except where named."""

    rejected: int
    feedback: int
    texts: int
    tagged: int
    clustered: int
    noise: int
    mean_rating: float | None
    first_at: datetime | None
    last_at: datetime | None
    embedded_by: str | None
    tagged_by: str | None


@dataclass(frozen=True)
class Segment:
    """A cluster of the published run."""

    path: str
    parent_path: str | None
    name: str
    keywords: str | None
    quote: str | None
    depth: int
    count_feedback: int
    share: float
    mean_rating: float | None
    is_noise: bool


@dataclass(frozen=True)
class SaidText:
    """A text with all the feedback that says it.

    Attributes:
        feedback_id, feedback_text: of the first who said it.
        level_1_name, level_2_name, level_3_name: the segments that hold it, the largest first.
        cluster_name: the deepest of them.
        categories: of the taxonomy, the most certain first, with commas between.
    """

    content_hash: str
    feedback_id: str
    feedback_text: str
    count_feedback: int
    mean_rating: float | None
    first_at: datetime
    last_at: datetime
    cluster_run_id: str | None
    cluster_path: str | None
    cluster_name: str | None
    level_1_name: str | None
    level_2_name: str | None
    level_3_name: str | None
    categories: str | None
    sentiment: str | None

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of the segments that hold it, the largest first."""
        levels = (self.level_1_name, self.level_2_name, self.level_3_name, self.cluster_name)
        return tuple(dict.fromkeys(name for name in levels if name))


@dataclass(frozen=True)
class TagCount:
    """A category with what its feedback adds up to."""

    category: str
    count_feedback: int
    share: float | None
    mean_rating: float | None


def read_totals(connection: sa.Connection) -> Totals:
    """Counts over all feedback."""
    feedback, runs = tables.feedback, tables.cluster_runs
    columns = [
        sa.func.count(),
        sa.func.count(feedback.c.content_hash.distinct()),
        sa.func.count(feedback.c.tagged_by_model),
        sa.func.count(feedback.c.cluster_path),
        sa.func.coalesce(sa.func.sum(sa.case((feedback.c.is_noise == sa.true(), 1), else_=0)), 0),
        sa.func.avg(sa.cast(feedback.c.rating, _EXACT)),
        sa.func.min(feedback.c.created_at),
        sa.func.max(feedback.c.created_at),
        sa.func.max(feedback.c.tagged_by_model),
    ]
    row = connection.execute(sa.select(*columns).select_from(feedback)).one()
    rejected = connection.scalar(sa.select(sa.func.count()).select_from(tables.rejected_feedback))
    embedded_by = connection.scalar(
        sa.select(runs.c.embedding_model).where(runs.c.status == "published")
    )
    return Totals(
        rejected=int(rejected or 0),
        feedback=int(row[0]),
        texts=int(row[1]),
        tagged=int(row[2]),
        clustered=int(row[3]),
        noise=int(row[4]),
        mean_rating=None if row[5] is None else float(row[5]),
        first_at=row[6],
        last_at=row[7],
        embedded_by=embedded_by,
        tagged_by=row[8],
    )


def read_segments(connection: sa.Connection) -> list[Segment]:
    """Every cluster of the published run but the root: largest first, noise last."""
    table = tables.cluster_summary
    query = (
        sa.select(
            table.c.cluster_path,
            table.c.parent_path,
            table.c.cluster_name,
            table.c.keywords,
            table.c.exemplar_text,
            table.c.depth,
            table.c.count_feedback,
            table.c.share_of_all,
            table.c.mean_rating,
            table.c.is_noise,
        )
        .where(table.c.depth > 0)
        .order_by(
            table.c.depth,
            sa.case((table.c.is_noise == sa.true(), 1), else_=0),
            table.c.count_feedback.desc(),
            table.c.cluster_path,
        )
    )
    return fetch(connection, query, Segment)


def read_tags(connection: sa.Connection) -> list[TagCount]:
    """Categories by falling count."""
    table = tables.tag_summary
    query = sa.select(
        table.c.category, table.c.count_feedback, table.c.share_of_tagged, table.c.mean_rating
    ).order_by(table.c.count_feedback.desc(), table.c.category)
    return fetch(connection, query, TagCount)


def read_texts(connection: sa.Connection, hashes: Sequence[str]) -> list[SaidText]:
    """What is known of these texts, in their order; those that no feedback says are left out."""
    found = {text.content_hash: text for text in _read_texts(connection, hashes)}
    return [found[content_hash] for content_hash in hashes if content_hash in found]


def _read_texts(connection: sa.Connection, hashes: Sequence[str]) -> list[SaidText]:
    columns = tables.table(tables.MARTS, "feedback", _OF_A_TEXT).c

    def of_the_first(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        return sa.func.max(sa.case((columns.is_canonical == sa.true(), column)))

    # Where a run saw part of the feedback only, the rest of the same text has no segment.
    same_or_none = map(sa.func.max, [columns[name] for name in _OF_A_TEXT[6:]])
    query = (
        sa.select(
            columns.content_hash,
            of_the_first(columns.feedback_id),
            of_the_first(columns.feedback_text),
            sa.func.count(),
            sa.cast(sa.func.avg(sa.cast(columns.rating, _EXACT)), sa.Float),
            sa.func.min(columns.created_at),
            sa.func.max(columns.created_at),
            *same_or_none,
        )
        .where(among(columns.content_hash, hashes))
        .group_by(columns.content_hash)
    )
    return fetch(connection, query, SaidText)


_OF_A_TEXT = (
    "content_hash",
    "feedback_id",
    "feedback_text",
    "is_canonical",
    "rating",
    "created_at",
    "cluster_run_id",
    "cluster_path",
    "cluster_name",
    "level_1_name",
    "level_2_name",
    "level_3_name",
    "categories",
    "sentiment",
)
