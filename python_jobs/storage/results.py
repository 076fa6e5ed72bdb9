"""Write what a model said of texts, so that a rerun finds it and asks for nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import sqlalchemy as sa

from python_jobs import telemetry
from python_jobs.storage import lock, tables
from python_jobs.storage.dialects.elements import among

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from python_jobs.storage.job_inputs import PendingText, Period


@dataclass(frozen=True)
class ActiveModel:
    """The model that the pending sets of a kind (`embedding`, `tagging`) are computed for."""

    kind: str
    provider: str
    model: str
    dimensions: int | None = None
    taxonomy_hash: str | None = None
    prompt_hash: str | None = None


@dataclass(frozen=True)
class Request:
    """One call to a model, for `api_usage`; `cost_usd` is None where the price is unknown."""

    job: str
    provider: str
    model: str
    count_items: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    latency_seconds: float
    retries: int
    status: str
    mode: str = "online"
    cost_usd: Decimal | None = None


@dataclass(frozen=True)
class ItemTag:
    """A category of one text, with the passage that shows it where there is one."""

    category: str
    confidence: float
    rationale: str | None = None


@dataclass(frozen=True)
class TaggedItem:
    """What the tagger said of one text."""

    content_hash: str
    feedback_id: str
    sentiment: str | None
    tags: tuple[ItemTag, ...]


def activate_model(connection: sa.Connection, active: ActiveModel) -> bool:
    """Make this the model of its kind; whether that changed anything."""
    table = tables.active_models
    lock.wait_for_turn(connection, f"active model {active.kind}")  # runs start together
    values = {
        "kind": active.kind,
        "provider": active.provider,
        "model": active.model,
        "dimensions": active.dimensions,
        "taxonomy_hash": active.taxonomy_hash,
        "prompt_hash": active.prompt_hash,
    }
    present = connection.execute(
        sa.select(*(table.c[name] for name in values)).where(table.c.kind == active.kind)
    ).first()
    if present and tuple(present) == tuple(values.values()):
        return False
    connection.execute(sa.delete(table).where(table.c.kind == active.kind))
    connection.execute(sa.insert(table).values(**values, activated_at=datetime.now(UTC)))
    return True


def record_embedded(
    connection: sa.Connection,
    items: Sequence[PendingText],
    marks: Sequence[str | None],
    *,
    provider: str,
    model: str,
    dimensions: int,
    job_run_id: str,
) -> None:
    """Say that these texts have a vector; written in the same transaction as the vectors.

    Args:
        connection: in a transaction of the caller's.
        items: the texts.
        marks: for each what was done to a text too long for the model, else None.
        provider, model, dimensions: of the vectors.
        job_run_id: the run that asked for them.
    """
    table = tables.embedded_items
    _forget(connection, table, items, table.c.model == model, table.c.dimensions == dimensions)
    connection.execute(
        sa.insert(table),
        [
            {
                "content_hash": item.content_hash,
                "model": model,
                "dimensions": dimensions,
                "provider": provider,
                "feedback_id": item.feedback_id,
                "long_text": mark,
                "embedded_at": datetime.now(UTC),
                "job_run_id": job_run_id,
            }
            for item, mark in zip(items, marks, strict=True)
        ],
    )


def forget_embedded(
    connection: sa.Connection, period: Period, *, model: str, dimensions: int
) -> None:
    """Make the texts of a period pending again; their vectors stay until they are replaced."""
    table, known = tables.embedded_items, tables.clustering_input
    hashes = sa.select(known.c.content_hash).where(*period.clauses(known.c.created_at))
    connection.execute(
        sa.delete(table).where(
            table.c.model == model,
            table.c.dimensions == dimensions,
            table.c.content_hash.in_(hashes),
        )
    )


def record_tagged(
    connection: sa.Connection,
    items: Sequence[TaggedItem],
    *,
    active: ActiveModel,
    job_run_id: str,
) -> None:
    """Replace what the model said of these texts before, or was to say again, by what it says."""
    for table in (tables.feedback_tags, tables.tagged_items, tables.retag_requests):
        _forget(connection, table, items, table.c.model == active.model)
    connection.execute(
        sa.insert(tables.tagged_items),
        [
            {
                "content_hash": item.content_hash,
                "model": active.model,
                "provider": active.provider,
                "feedback_id": item.feedback_id,
                "taxonomy_hash": active.taxonomy_hash,
                "prompt_hash": active.prompt_hash,
                "sentiment": item.sentiment,
                "tagged_at": datetime.now(UTC),
                "job_run_id": job_run_id,
            }
            for item in items
        ],
    )
    tags = [
        {
            "content_hash": item.content_hash,
            "model": active.model,
            "category": tag.category,
            "confidence": tag.confidence,
            "rationale": tag.rationale,
        }
        for item in items
        for tag in item.tags
    ]
    if tags:
        connection.execute(sa.insert(tables.feedback_tags), tags)


def record_dead_letters(
    connection: sa.Connection,
    items: Sequence[PendingText],
    *,
    job: str,
    model: str,
    reason: str,
    job_run_id: str,
) -> None:
    """Give these texts up, with the reason; they are pending no more."""
    table = tables.dead_letters
    _forget(connection, table, items, table.c.model == model, table.c.job == job)
    connection.execute(
        sa.insert(table),
        [
            {
                "job": job,
                "content_hash": item.content_hash,
                "model": model,
                "reason": reason,
                "failed_at": datetime.now(UTC),
                "job_run_id": job_run_id,
            }
            for item in items
        ],
    )


def record_request(connection: sa.Connection, request: Request, job_run_id: str) -> None:
    """Add one call to `api_usage`."""
    connection.execute(
        sa.insert(tables.api_usage).values(
            request_id=uuid4().hex,
            job_run_id=job_run_id,
            job=request.job,
            provider=request.provider,
            model=request.model,
            requested_at=datetime.now(UTC),
            count_items=request.count_items,
            input_tokens=request.input_tokens,
            output_tokens=request.output_tokens,
            cached_tokens=request.cached_tokens,
            latency_seconds=request.latency_seconds,
            retries=request.retries,
            status=request.status,
            mode=request.mode,
            cost_usd=request.cost_usd,
        )
    )
    if telemetry.enabled():  # at the commit: what is rolled back comes again
        sa.event.listen(connection, "commit", lambda _: _observe(request), once=True)


def _observe(request: Request) -> None:
    telemetry.request(
        request.job,
        request.provider,
        request.model,
        status=request.status,
        attempts=1 + request.retries,
        seconds=request.latency_seconds,
        tokens={
            "input": request.input_tokens - request.cached_tokens,
            "cached": request.cached_tokens,
            "output": request.output_tokens,
        },
        cost_usd=None if request.cost_usd is None else float(request.cost_usd),
    )


def _forget(
    connection: sa.Connection,
    table: sa.TableClause,
    items: Sequence[PendingText] | Sequence[TaggedItem],
    *conditions: sa.ColumnElement[bool],
) -> None:
    hashes = [item.content_hash for item in items]
    connection.execute(sa.delete(table).where(among(table.c.content_hash, hashes), *conditions))
