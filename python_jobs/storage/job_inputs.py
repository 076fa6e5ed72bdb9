"""Read the pending sets that dbt computes. What is pending is decided there, not here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs.storage import tables
from python_jobs.storage.warehouse import fetch

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Period:
    """Days of feedback, both inclusive; None is open."""

    start: date | None = None
    end: date | None = None

    def clauses(self, created_at: sa.ColumnElement[datetime]) -> list[sa.ColumnElement[bool]]:
        """The conditions on a UTC timestamp column."""
        found: list[sa.ColumnElement[bool]] = []
        if self.start:
            found.append(created_at >= _midnight(self.start))
        if self.end:
            found.append(created_at < _midnight(self.end + timedelta(days=1)))
        return found


@dataclass(frozen=True)
class PendingText:
    """A text to embed or tag, once for all feedback that says it."""

    content_hash: str
    feedback_id: str
    text: str


@dataclass(frozen=True)
class ClusteringText:
    """A text with a vector, and how many feedback say it within the period."""

    content_hash: str
    text: str
    count_feedback: int


@dataclass(frozen=True)
class ClusteredFeedback:
    """A feedback whose text was clustered; duplicates of a text share its content hash."""

    feedback_id: str
    content_hash: str
    created_at: datetime | None
    rating: float | None


def count_pending(
    connection: sa.Connection, pending: sa.TableClause, model: str, period: Period
) -> int:
    """Distinct texts of a pending set for `model`."""
    query = sa.select(sa.func.count(pending.c.content_hash.distinct())).where(
        pending.c.model == model, *period.clauses(pending.c.created_at)
    )
    return int(connection.scalar(query) or 0)


def read_pending(
    connection: sa.Connection,
    pending: sa.TableClause,
    model: str,
    period: Period,
    limit: int,
    leased: sa.Select[tuple[str]] | None = None,
) -> list[PendingText]:
    """The first `limit` texts of a pending set for `model`, the oldest feedback first.

    Args:
        connection: to read with.
        pending: the set.
        model: that the texts are pending for.
        period: when the feedback was given.
        limit: texts at most.
        leased: content hashes to leave out.
    """
    free = [] if leased is None else [pending.c.content_hash.not_in(leased)]
    return fetch(connection, _texts(pending, model, period, *free).limit(limit), PendingText)


def stream_pending(
    connection: sa.Connection,
    pending: sa.TableClause,
    model: str,
    period: Period,
    limit: int | None = None,
) -> Iterator[PendingText]:
    """The texts of a pending set for `model`, the oldest feedback first, for reading only.

    They stay on the server and come a thousand at a time: read to the end, or leave the
    transaction.
    """
    query = _texts(pending, model, period)
    if limit is not None:
        query = query.limit(limit)
    rows = connection.execute(query, execution_options={"yield_per": 1_000})
    for row in rows:
        yield PendingText(*map(str, row))


def pending_model(connection: sa.Connection) -> tuple[str, int] | None:
    """Model and dimensions of the texts that can be clustered; None where there are none."""
    table = tables.clustering_input
    row = connection.execute(sa.select(table.c.model, table.c.dimensions).limit(1)).first()
    return (str(row[0]), int(row[1])) if row else None


def read_clustering_input(
    connection: sa.Connection, period: Period, limit: int | None
) -> list[ClusteringText]:
    """Texts to cluster, by content hash; with `limit` those of the latest feedback."""
    table = tables.clustering_input
    grouped = (
        sa.select(
            table.c.content_hash,
            sa.func.min(table.c.feedback_text).label("feedback_text"),
            sa.func.count().label("count_feedback"),
        )
        .where(*period.clauses(table.c.created_at))
        .group_by(table.c.content_hash)
        .order_by(sa.func.max(table.c.created_at).desc(), table.c.content_hash)
    )
    if limit is not None:
        grouped = grouped.limit(limit)
    found = fetch(connection, grouped, ClusteringText)
    return sorted(found, key=lambda text: text.content_hash)


def read_clustered_feedback(connection: sa.Connection, period: Period) -> list[ClusteredFeedback]:
    """Every feedback of the clustering input, by id."""
    table = tables.clustering_input
    query = (
        sa.select(table.c.feedback_id, table.c.content_hash, table.c.created_at, table.c.rating)
        .where(*period.clauses(table.c.created_at))
        .order_by(table.c.feedback_id)
    )
    return [
        ClusteredFeedback(
            feedback_id=str(row.feedback_id),
            content_hash=row.content_hash,
            created_at=row.created_at,
            rating=None if row.rating is None else float(row.rating),
        )
        for row in connection.execute(query)
    ]


@dataclass(frozen=True)
class UnnamedCluster:
    """A cluster of the candidate run with the evidence that a name is made from."""

    run_id: str
    cluster_path: str
    parent_path: str
    depth: int
    count_feedback: int
    is_noise: bool
    keywords: tuple[str, ...]
    exemplars: tuple[str, ...]


def read_unnamed_clusters(connection: sa.Connection) -> list[UnnamedCluster]:
    """Clusters without a name, parents before children."""
    clusters, exemplars = tables.unnamed_clusters, tables.unnamed_cluster_exemplars
    texts: dict[tuple[str, str], list[str]] = {}
    query = sa.select(
        exemplars.c.run_id, exemplars.c.cluster_path, exemplars.c.feedback_text
    ).order_by(exemplars.c.run_id, exemplars.c.cluster_path, exemplars.c.exemplar_rank)
    for row in connection.execute(query):
        texts.setdefault((row.run_id, row.cluster_path), []).append(row.feedback_text)
    rows = connection.execute(
        sa.select(clusters).order_by(
            clusters.c.run_id,
            clusters.c.depth,
            clusters.c.count_feedback.desc(),
            clusters.c.cluster_path,
        )
    )
    return [
        UnnamedCluster(
            run_id=row.run_id,
            cluster_path=row.cluster_path,
            parent_path=row.parent_path,
            depth=row.depth,
            count_feedback=row.count_feedback,
            is_noise=bool(row.is_noise),
            keywords=tuple(row.keywords.split(", ")) if row.keywords else (),
            exemplars=tuple(texts.get((row.run_id, row.cluster_path), ())),
        )
        for row in rows
    ]


def _texts(
    pending: sa.TableClause, model: str, period: Period, *conditions: sa.ColumnElement[bool]
) -> sa.Select[Any]:
    return (
        sa.select(
            pending.c.content_hash,
            sa.func.min(pending.c.canonical_feedback_id),
            sa.func.min(pending.c.feedback_text),
        )
        .where(pending.c.model == model, *period.clauses(pending.c.created_at), *conditions)
        .group_by(pending.c.content_hash)
        .order_by(sa.func.min(pending.c.created_at), pending.c.content_hash)
    )


def _midnight(day: date) -> datetime:
    # The models keep UTC timestamps without an offset.
    return datetime.combine(day, time.min, tzinfo=UTC).replace(tzinfo=None)
