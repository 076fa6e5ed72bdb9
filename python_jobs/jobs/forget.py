"""Erase feedback for good: all that holds it, and keep it from coming back.

One transaction, of the vectors too where the warehouse holds them. Vectors in another database are
gone for good a moment before: an erasure that is cut off there is done by the same command again.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.errors import DatabaseError, InsightsError, UsageError
from python_jobs.jobs import batch, forget_clusters, forget_history, forget_vectors
from python_jobs.jobs.dbt import run_dbt
from python_jobs.jobs.lock import pipeline_lock
from python_jobs.jobs.own_table import own_table
from python_jobs.jobs.prepare import ensure_tables
from python_jobs.logs import logger
from python_jobs.storage import batches, erasure, vectors
from python_jobs.storage.erasure_tables import drop_scratch, gone_texts
from python_jobs.storage.job_runs import JobRun, job_run
from python_jobs.storage.target import target, vector_target
from python_jobs.storage.tombstones import leave_tombstones
from python_jobs.storage.vacuum import vacuum
from python_jobs.storage.vector_store import VectorStore
from python_jobs.storage.warehouse import Warehouse
from python_jobs.storage.warehouse_address import is_sqlserver

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from python_jobs.settings import Settings

JOB = "forget"


@dataclass(frozen=True)
class Choice:
    """Which feedback; exactly one of `values`, `where` and `orphans` says it.

    Attributes:
        values: of `by`.
        by: feedback_id, source, product, origin, or an attribute's name.
        where: (the same, value); feedback has to meet them all.
        orphans: no feedback, but what the jobs keep of texts that no feedback says any more.
    """

    values: tuple[str, ...] = field(default=(), repr=False)
    by: str = "feedback_id"
    where: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    orphans: bool = False

    def check(self) -> None:
        """Raise a `UsageError` unless exactly one way of choosing is used."""
        if (bool(self.values), bool(self.where), self.orphans).count(True) != 1:
            raise UsageError(
                "say in one way which feedback to erase",
                hint="one of --feedback-id, --file, --where and --orphans",
            )


@dataclass(frozen=True)
class ForgetResult:
    """What was erased, or with `dry_run` what would be.

    Attributes:
        feedback: rows of the raw table.
        unknown: values asked for that nothing has.
        already_erased: ids asked for that were erased before.
        texts_gone: texts that nobody says any more; their vectors and tags are gone.
        texts_shared: texts that other feedback says as well; theirs stay.
        tombstones: hashed ids that `insights load` will skip.
        keywords: of clusters, dropped because no remaining text has them.
        clusters_to_name: given a name or summary of keywords until `insights name` runs.
        removed: rows by table of the jobs.
        model_rows: rows of what dbt built; it builds the rest anew.
        models: tables of dbt's that these rows were taken from.
        not_cleared: models that this role may not write.
        batches: whose files at the provider hold a text that is gone.
        not_deleted: of these, how many still have files there.
        not_vacuumed: tables whose dead rows the database still keeps.
        seconds: from start to end.
        dry_run: nothing was changed.
    """

    feedback: int
    unknown: int
    already_erased: int
    texts_gone: int
    texts_shared: int
    tombstones: int
    keywords: int
    clusters_to_name: int
    removed: dict[str, int]
    model_rows: int
    models: tuple[str, ...]
    not_cleared: tuple[str, ...]
    batches: tuple[str, ...]
    not_deleted: int
    not_vacuumed: tuple[str, ...]
    seconds: float
    dry_run: bool


def forget(
    settings: Settings, choice: Choice, *, dry_run: bool = False, strict: bool = False
) -> ForgetResult:
    """Erase feedback and all that was made of it alone.

    A dry run does the same and rolls it back, so that its counts are exact.

    Args:
        settings: for the database.
        choice: which feedback.
        dry_run: change nothing.
        strict: a value that nothing has is an error, and nothing is erased.

    Raises:
        UsageError: `choice` is no choice, `strict` is not met, or the feedback lies in a table
            of the user's own.
        BusyError: a pipeline run is at work.
        DatabaseError: the database refuses or stops; nothing was erased.
    """
    choice.check()
    if not choice.orphans and (table := own_table(settings)):
        raise UsageError(
            f"the feedback is in {table}, where only you erase",
            hint="delete it there, then `insights forget --orphans` and `insights dbt build`",
        )
    ensure_tables(settings)
    started = time.monotonic()
    with (
        pipeline_lock(settings),
        Warehouse(settings) as warehouse,
        VectorStore(settings) as store,
    ):
        record = nullcontext(JobRun("dry-run")) if dry_run else job_run(warehouse, JOB)
        with record as run:
            with warehouse.transaction() as connection:
                result = _erase(
                    connection,
                    settings,
                    store,
                    choice,
                    run.job_run_id,
                    strict=strict,
                    dry_run=dry_run,
                )
            run.counts.update(
                {name: value for name, value in vars(result).items() if type(value) is int}
            )
    if not dry_run:
        result = replace(
            result,
            not_deleted=len(result.batches) - _delete_files(settings, result.batches),
            not_vacuumed=_vacuum(settings, (*result.removed, *result.models)),
        )
    return replace(result, dry_run=dry_run, seconds=round(time.monotonic() - started, 3))


def build(settings: Settings) -> None:
    """Run `dbt build`, which clears the models.

    Raises:
        DatabaseError: it failed, so models may still hold what was erased.
    """
    with pipeline_lock(settings):
        if run_dbt(settings, ["build"]):
            raise DatabaseError(
                "dbt build failed: feedback is erased, but models may still hold it",
                hint="mend what dbt names above, then run `insights dbt build`",
            )


def _erase(
    connection: sa.Connection,
    settings: Settings,
    store: VectorStore,
    choice: Choice,
    job_run_id: str,
    *,
    strict: bool,
    dry_run: bool,
) -> ForgetResult:
    erasure.begin(connection, settings)
    asked = _choose(connection, settings, store, choice)
    if strict and asked.unknown:
        raise UsageError(
            f"{asked.unknown} of {len(set(choice.values))} values are unknown; "
            "nothing was erased (--strict)",
            hint="mend the list, or erase the others without --strict",
        )
    extent = erasure.weigh(connection, settings)
    touched = forget_clusters.find_touched(connection, erasure.spellings(connection, settings))
    held = batches.holding(connection, sa.select(gone_texts.c.content_hash))
    removed = erasure.remove(connection, settings)
    from_models, not_cleared = erasure.remove_from_models(connection, settings)
    now = datetime.now(UTC)
    clusters = forget_clusters.clear(connection, touched, now, job_run_id)
    not_cleared += forget_history.clear(connection, settings, touched.texts, clusters)
    ids = erasure.chosen_ids(connection)
    tombstones = leave_tombstones(connection, ids, at=now, job_run_id=job_run_id)
    removed["customer_insights.cluster_keywords"] = clusters.keywords
    from_store = forget_vectors.erase(connection, store, clusters.memberless, dry_run=dry_run)
    if not dry_run:
        drop_scratch(connection)
    for table, count in from_store.items():
        removed[table] = removed.get(table, 0) + count
    return ForgetResult(
        feedback=extent.count_feedback,
        unknown=asked.unknown,
        already_erased=asked.already_erased,
        texts_gone=extent.count_gone,
        texts_shared=extent.count_shared,
        tombstones=tombstones,
        keywords=clusters.keywords,
        clusters_to_name=len(clusters.leaning),
        removed={name: count for name, count in sorted(removed.items()) if count},
        model_rows=sum(from_models.values()),
        models=tuple(name for name, count in sorted(from_models.items()) if count),
        not_cleared=tuple(not_cleared),
        batches=tuple(held),
        not_deleted=len(held),
        not_vacuumed=(),
        seconds=0.0,
        dry_run=False,
    )


def _choose(
    connection: sa.Connection, settings: Settings, store: VectorStore, choice: Choice
) -> erasure.Asked:
    if choice.values:
        return erasure.choose(connection, choice.by, choice.values)
    if choice.where:
        erasure.choose_where(connection, choice.where)
    else:
        with forget_vectors.elsewhere(connection, store) as stored:
            erasure.choose_orphans(connection, settings, stored)
    return erasure.Asked()


def _delete_files(settings: Settings, batch_ids: Sequence[str]) -> int:
    """Delete the provider's files of these batches; how many batches have none any more."""
    if not batch_ids:
        return 0
    try:
        return batch.delete_provider_files(settings, batch_ids)
    except InsightsError as error:
        logger.warning("The provider's files stay: %s", error.message)
        return 0


def _vacuum(settings: Settings, removed: Collection[str]) -> tuple[str, ...]:
    """Free the dead rows of what was changed; return the tables that keep them.

    SQL Server frees its own soon after the commit.
    """
    changed = {*removed, "customer_insights.clusters"} if removed else set()
    in_store = {name for name in changed if name.startswith(f"{vectors.SCHEMA}.")}
    in_warehouse = set() if is_sqlserver() else changed - in_store
    return (
        *(vacuum(settings, target(settings), in_warehouse) if in_warehouse else ()),
        *vacuum(settings, vector_target(settings), in_store),
    )
