"""What an erasure leaves of clusters: whose exemplars, keywords, names and centroids it touches.

Works on the scratch tables of `storage.erasure`, in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.storage import tables
from python_jobs.storage.dialects.elements import among
from python_jobs.storage.erasure_tables import gone_texts, staged_feedback

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

Place = tuple[str, str]
"""Run and cluster path."""

_PAGE = 2_000  # rows read at a time


@dataclass(frozen=True)
class NamedCluster:
    """A cluster that has a name or a summary that a namer gave."""

    run_id: str
    cluster_path: str
    parent_path: str | None
    count_feedback: int
    cluster_name: str
    summary: str

    @property
    def place(self) -> Place:
        """Run and cluster path."""
        return self.run_id, self.cluster_path


@dataclass(frozen=True)
class NewName:
    """What a cluster is called until it is named again."""

    place: Place
    cluster_name: str
    summary: str


def places_of_gone_texts(connection: sa.Connection) -> set[Place]:
    """Clusters that one of the texts was assigned to."""
    return _places(connection, tables.cluster_assignments, sa.select(gone_texts.c.content_hash))


def places_of_evidence(connection: sa.Connection, hashes: Collection[str]) -> set[Place]:
    """Clusters that one of the texts, or one of `hashes`, was an exemplar of."""
    table = tables.cluster_exemplars
    found = _places(connection, table, sa.select(gone_texts.c.content_hash))
    every = sa.select(table.c.run_id, table.c.cluster_path, table.c.content_hash)
    others = connection.execute(every) if hashes else ()
    return found | {(row[0], row[1]) for row in others if row[2] in hashes}


def close_exemplar_ranks(connection: sa.Connection, places: Collection[Place]) -> None:
    """Number what is left from 1 on: marts show rank 1."""
    table = tables.cluster_exemplars
    for run_id, path in sorted(places):
        here = (table.c.run_id == run_id, table.c.cluster_path == path)
        query = sa.select(table.c.content_hash).where(*here).order_by(table.c.exemplar_rank)
        left: list[str] = list(connection.scalars(query))
        connection.execute(sa.delete(table).where(*here))
        rows = [
            {"run_id": run_id, "cluster_path": path, "exemplar_rank": rank, "content_hash": each}
            for rank, each in enumerate(left, 1)
        ]
        if rows:
            connection.execute(sa.insert(table), rows)


def read_keywords(connection: sa.Connection, run_id: str) -> dict[str, list[str]]:
    """Keywords of a run by cluster path, the strongest first."""
    table = tables.cluster_keywords
    query = (
        sa.select(table.c.cluster_path, table.c.keyword)
        .where(table.c.run_id == run_id)
        .order_by(table.c.cluster_path, table.c.keyword_rank)
    )
    found: dict[str, list[str]] = {}
    for path, keyword in connection.execute(query):
        found.setdefault(str(path), []).append(str(keyword))
    return found


def read_member_texts(connection: sa.Connection, run_id: str) -> Iterator[tuple[str, str]]:
    """(deepest cluster path, text) of what a run placed and feedback still says; streamed."""
    table = tables.cluster_assignments
    query = (
        sa.select(table.c.cluster_path, staged_feedback.c.feedback_text)
        .join(staged_feedback, staged_feedback.c.content_hash == table.c.content_hash)
        .where(table.c.run_id == run_id)
    )
    with connection.execute(query.execution_options(yield_per=_PAGE)) as rows:
        yield from ((str(path), str(text)) for path, text in rows)


def drop_keywords(
    connection: sa.Connection, run_id: str, keywords: Mapping[str, Collection[str]]
) -> int:
    """Delete keywords by cluster path; the ranks of the others keep their order."""
    table = tables.cluster_keywords
    dropped = 0
    for path, gone in keywords.items():
        dropped += connection.execute(
            sa.delete(table).where(
                table.c.run_id == run_id,
                table.c.cluster_path == path,
                among(table.c.keyword, sorted(gone)),
            )
        ).rowcount
    return dropped


def read_member_places(connection: sa.Connection, run_ids: Collection[str]) -> set[Place]:
    """Deepest clusters that still have a member which the run was made from."""
    table = tables.cluster_assignments
    query = sa.select(table.c.run_id, table.c.cluster_path).distinct()
    query = query.where(among(table.c.run_id, sorted(run_ids)), table.c.assigned_at.is_(None))
    rows = connection.execute(query)
    return {(row[0], row[1]) for row in rows}


def read_named(connection: sa.Connection) -> list[NamedCluster]:
    """All clusters of all runs that a namer named; the root and noise have fixed names."""
    table = tables.clusters
    query = (
        sa.select(
            table.c.run_id,
            table.c.cluster_path,
            table.c.parent_path,
            table.c.count_feedback,
            table.c.cluster_name,
            table.c.summary,
            table.c.is_noise,
        )
        .where(table.c.cluster_name.is_not(None), table.c.depth > 0)
        .order_by(table.c.run_id, table.c.depth, table.c.cluster_path)
    )
    return [
        NamedCluster(row[0], row[1], row[2], row[3], row[4], row[5] or "")
        for row in connection.execute(query)
        if not row[6]
    ]


def rename(
    connection: sa.Connection,
    names: Sequence[NewName],
    *,
    at: datetime,
    job_run_id: str,
    provider: str,
    model: str,
    prompt_hash: str,
) -> None:
    """Give each cluster its name for now, and mark it for `insights name`."""
    table, marks = tables.clusters, tables.cluster_renamings
    for new in names:
        run_id, path = new.place
        connection.execute(
            sa.update(table)
            .where(table.c.run_id == run_id, table.c.cluster_path == path)
            .values(
                cluster_name=new.cluster_name,
                summary=new.summary,
                named_by_provider=provider,
                named_by_model=model,
                prompt_hash=prompt_hash,
                named_at=at,
            )
        )
        connection.execute(
            sa.delete(marks).where(marks.c.run_id == run_id, marks.c.cluster_path == path)
        )
        connection.execute(
            sa.insert(marks).values(
                run_id=run_id, cluster_path=path, marked_at=at, job_run_id=job_run_id
            )
        )


def _places(
    connection: sa.Connection, table: sa.TableClause, hashes: sa.Select[tuple[str]]
) -> set[Place]:
    query = (
        sa.select(table.c.run_id, table.c.cluster_path)
        .where(table.c.content_hash.in_(hashes))
        .distinct()
    )
    return {(row[0], row[1]) for row in connection.execute(query)}
