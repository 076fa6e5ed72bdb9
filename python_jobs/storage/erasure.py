"""Choose feedback to erase, find what was made of it alone, and delete both.

What is keyed by a text (its content hash) goes where no remaining feedback says the same. All of
it happens in the caller's transaction, over scratch tables; no id is logged or kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from python_jobs.errors import ConfigurationError, UsageError
from python_jobs.storage import dialects, lock, raw, tables
from python_jobs.storage.dialects.elements import json_field, locked, rows_of, to_the_letter
from python_jobs.storage.erasure_tables import (
    COLUMNS_OF_FEEDBACK,
    HASHES,
    KEYS_OF_FEEDBACK,
    MODELS,
    asked_values,
    create_scratch,
    erased_ids,
    erased_texts,
    feedback,
    full_name,
    gone_texts,
    holdings,
    is_staged,
    models,
    shared_texts,
    staged_feedback,
)
from python_jobs.storage.tombstones import known_tombstones

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from python_jobs.settings import Settings


@dataclass(frozen=True)
class Asked:
    """What became of the values that were asked for.

    Attributes:
        unknown: found nowhere.
        already_erased: found as tombstones only.
    """

    unknown: int = 0
    already_erased: int = 0


@dataclass(frozen=True)
class Extent:
    """How much is chosen.

    Attributes:
        count_feedback: feedback in the raw table.
        count_gone: texts that nobody says any more.
        count_shared: texts that other feedback says as well.
    """

    count_feedback: int
    count_gone: int
    count_shared: int


def begin(connection: sa.Connection, settings: Settings) -> None:
    """Wait for loads to end, and make scratch tables; all ends with the transaction.

    Raises:
        ConfigurationError: this login does not see all that dbt built.
    """
    dialect = dialects.of(connection)
    if any(dialect.is_closed(connection, settings.schema_name(each)) for each in MODELS):
        raise ConfigurationError(
            "this login does not see all that dbt built, so some of the feedback would stay",
            hint="INSIGHTS_SQLSERVER_USER has to be a member of insights_dbt for this command",
        )
    lock.wait_for_turn(connection, raw.turn_key(settings.schema_name(tables.RAW)))
    create_scratch(connection, settings)


def choose(connection: sa.Connection, by: str, values: Sequence[str]) -> Asked:
    """Choose the feedback whose `by` (a column or an attribute) is one of `values`.

    An id counts as known where only a rejected row has it.
    """
    _ask(connection, sorted(set(values)))
    wanted, field = sa.select(asked_values.c.value), _field(by)
    _add(connection, erased_ids, sa.select(feedback.c.feedback_id).where(field.in_(wanted)))
    found = sa.select(field).where(field.in_(wanted))
    if by == "feedback_id":
        # as it came, so no key: a text to the database
        rejected = to_the_letter(tables.rejected_feedback.c.feedback_id)
        known = erased_ids.c.feedback_id
        only_rejected = sa.select(rejected).where(rejected.in_(wanted), _absent(rejected, known))
        _add(connection, erased_ids, only_rejected.distinct())
        found = sa.select(known)
    missing = sa.select(asked_values.c.value).except_(found)
    unknown: list[str] = list(connection.scalars(missing))
    gone = known_tombstones(connection, unknown) if by == "feedback_id" else set()
    return Asked(len(unknown) - len(gone), len(gone))


def choose_where(connection: sa.Connection, conditions: Sequence[tuple[str, str]]) -> None:
    """Choose the feedback that meets all (column or attribute, value)."""
    met = [_field(name) == value for name, value in conditions]
    _add(connection, erased_ids, sa.select(feedback.c.feedback_id).where(*met))


def choose_orphans(
    connection: sa.Connection, settings: Settings, stored: Iterable[Sequence[str]] = ()
) -> None:
    """Choose no feedback, but every text in the job tables, so that what nobody says can go.

    Args:
        connection: in a transaction, after `begin`.
        settings: for the schemas.
        stored: content hashes of vectors that are in another database, in pages.

    Raises:
        UsageError: there is no feedback at all, so everything would go.
    """
    known = staged_feedback if is_staged(connection, settings) else feedback
    if not connection.scalar(sa.select(sa.func.count()).select_from(known)):
        raise UsageError(
            "there is no feedback, so every vector and tag would go",
            hint="load feedback first",
        )
    for table in holdings(connection, settings):
        if "content_hash" in table.c:
            _add_texts(connection, table)
    for page in stored:
        _ask(connection, page)
        value = asked_values.c.value
        fresh = sa.select(value).where(_absent(value, erased_texts.c.content_hash))
        _add(connection, erased_texts, fresh)


def weigh(connection: sa.Connection, settings: Settings) -> Extent:
    """Tell texts that go from those that other feedback still says (invariant 7).

    A text that the chosen feedback said before it was edited counts too, as far as a job
    recorded it under the feedback's id.
    """
    ids, texts = sa.select(erased_ids.c.feedback_id), sa.select(erased_texts.c.content_hash)
    staged = is_staged(connection, settings)
    for table in (*([staged_feedback] if staged else []), *holdings(connection, settings)):
        if {"content_hash", "feedback_id"} <= {*table.c.keys()}:
            _add_texts(connection, table, table.c.feedback_id.in_(ids))
    if staged:
        place = sa.func.row_number().over(
            partition_by=staged_feedback.c.content_hash,
            order_by=(staged_feedback.c.created_at, staged_feedback.c.feedback_id),
        )
        others = (
            sa.select(
                staged_feedback.c.content_hash, staged_feedback.c.feedback_id, place.label("place")
            )
            .where(
                _absent(staged_feedback.c.feedback_id, erased_ids.c.feedback_id),
                staged_feedback.c.content_hash.in_(texts),
            )
            .subquery()
        )
        first = sa.select(others.c.content_hash, others.c.feedback_id).where(others.c.place == 1)
        _add(connection, shared_texts, first)
    is_gone = _absent(erased_texts.c.content_hash, shared_texts.c.content_hash)
    _add(connection, gone_texts, texts.where(is_gone))
    in_raw = sa.select(sa.func.count()).where(feedback.c.feedback_id.in_(ids))
    return Extent(
        connection.scalar(in_raw) or 0,
        _count(connection, gone_texts),
        _count(connection, shared_texts),
    )


def spellings(connection: sa.Connection, settings: Settings) -> list[tuple[str, str]]:
    """(content hash, text) of the chosen feedback, where no other has it to the letter."""
    if not is_staged(connection, settings):
        return []
    ids = sa.select(erased_ids.c.feedback_id)
    other, spelled = staged_feedback.alias("other"), to_the_letter(staged_feedback.c.feedback_text)
    said_by_others = sa.exists().where(
        to_the_letter(other.c.feedback_text) == spelled,
        other.c.content_hash.in_(sa.select(shared_texts.c.content_hash)),
        _absent(other.c.feedback_id, erased_ids.c.feedback_id),
    )
    query = (
        sa.select(staged_feedback.c.content_hash, spelled.label("feedback_text"))
        .where(staged_feedback.c.feedback_id.in_(ids), ~said_by_others)
        .distinct()
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def remove(connection: sa.Connection, settings: Settings) -> dict[str, int]:
    """Delete what is chosen; return rows by table.

    Rows of a text that stays, but under an erased id, go over to the first feedback that
    still says it.
    """
    _hold_off_workers(connection)
    ids = sa.select(erased_ids.c.feedback_id)
    removed: dict[str, int] = {}
    for table in holdings(connection, settings):
        if "content_hash" in table.c:
            condition = table.c.content_hash.in_(sa.select(gone_texts.c.content_hash))
        else:
            condition = table.c.feedback_id.in_(ids)
        removed[full_name(table)] = connection.execute(sa.delete(table).where(condition)).rowcount
        if {"content_hash", "feedback_id"} <= {*table.c.keys()}:
            _hand_over(connection, table)
    rejected = tables.rejected_feedback
    for each, known in (
        (feedback, feedback.c.feedback_id),
        (rejected, to_the_letter(rejected.c.feedback_id)),
    ):
        deleted = connection.execute(sa.delete(each).where(known.in_(ids)))
        removed[full_name(each)] = deleted.rowcount
    return removed


def remove_from_models(
    connection: sa.Connection, settings: Settings
) -> tuple[dict[str, int], list[str]]:
    """Delete rows about the chosen from what dbt built; how many by table, and tables left alone.

    The next build does the same and more. Until then no pending set may offer an erased text
    to a model, and what dbt does not build anew (incremental models, snapshots) never would.
    """
    removed: dict[str, int] = {}
    kept = []
    for table in models(connection, settings):
        about = []
        if "feedback_id" in table.c:
            known = to_the_letter(table.c.feedback_id)
            about.append(known.in_(sa.select(erased_ids.c.feedback_id)))
        about += [
            to_the_letter(table.c[name]).in_(sa.select(gone_texts.c.content_hash))
            for name in HASHES
            if name in table.c
        ]
        try:
            with connection.begin_nested():
                deleted = connection.execute(sa.delete(table).where(sa.or_(*about)))
                _stand_alone(connection, table)
            removed[full_name(table)] = deleted.rowcount
        except sa.exc.DBAPIError as error:
            if not dialects.of(connection).is_denied(error.orig or error):
                raise
            kept.append(full_name(table))
    return removed, kept


def gone_hashes(connection: sa.Connection) -> list[str]:
    """Texts that nobody says any more."""
    return list(connection.scalars(sa.select(gone_texts.c.content_hash)))


def chosen_ids(connection: sa.Connection) -> list[str]:
    """The ids that are chosen, for their tombstones."""
    return list(connection.scalars(sa.select(erased_ids.c.feedback_id)))


def _hold_off_workers(connection: sa.Connection) -> None:
    """Let nobody claim or store these texts before we have ended.

    A claim takes the lock of its job, and a store a share of its run's row (`storage.leases`):
    the same in the same order, so that nobody waits for each other.
    """
    for job in ("embed", "tag"):
        lock.wait_for_turn(connection, f"claims of {job}")
    runs, leases = tables.job_runs, tables.leases
    holders = sa.select(leases.c.job_run_id).where(
        leases.c.content_hash.in_(sa.select(gone_texts.c.content_hash))
    )
    held = sa.select(runs.c.job_run_id).where(runs.c.job_run_id.in_(holders))
    connection.execute(locked(held.order_by(runs.c.job_run_id), runs))


def _hand_over(connection: sa.Connection, table: sa.TableClause) -> None:
    heir = (
        sa.select(shared_texts.c.feedback_id)
        .where(shared_texts.c.content_hash == table.c.content_hash)
        .scalar_subquery()
    )
    connection.execute(
        sa.update(table)
        .where(table.c.feedback_id.in_(sa.select(erased_ids.c.feedback_id)))
        .values(feedback_id=heir)
    )


def _stand_alone(connection: sa.Connection, table: sa.TableClause) -> None:
    """Duplicates of an erased first occurrence stand for themselves until the next build.

    Not left to it: what a table holds when it is vacuumed stays among the planner's samples.
    """
    names = {*table.c.keys()}
    if not {"canonical_feedback_id", "feedback_id"} <= names:
        return
    own = {"canonical_feedback_id": table.c.feedback_id}
    if {"canonical_text", "feedback_text"} <= names:
        own["canonical_text"] = table.c.feedback_text
    first = to_the_letter(table.c.canonical_feedback_id)
    erased = sa.select(erased_ids.c.feedback_id)
    connection.execute(sa.update(table).where(first.in_(erased)).values(own))


def _absent(column: sa.ColumnElement[str], among: sa.Column[str]) -> sa.ColumnElement[bool]:
    # not exists, because "not in" is no anti-join in Postgres: quadratic beyond work_mem
    return ~sa.exists().where(among == column)


def _add_texts(
    connection: sa.Connection, table: sa.TableClause, *conditions: sa.ColumnElement[bool]
) -> None:
    fresh = _absent(table.c.content_hash, erased_texts.c.content_hash)
    query = sa.select(table.c.content_hash).where(fresh, *conditions).distinct()
    _add(connection, erased_texts, query)


def _field(name: str) -> sa.ColumnElement[str]:
    if name in KEYS_OF_FEEDBACK:
        return feedback.c[name]
    if name in COLUMNS_OF_FEEDBACK:
        return to_the_letter(feedback.c[name])
    return to_the_letter(json_field(feedback.c.attributes, name))


def _ask(connection: sa.Connection, values: Sequence[str]) -> None:
    given = rows_of(values).table()
    _add(connection, asked_values, sa.select(given.c.value))


def _add(connection: sa.Connection, table: sa.Table, query: sa.Select[Any]) -> None:
    connection.execute(sa.insert(table).from_select(list(table.c.keys()), query))


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
