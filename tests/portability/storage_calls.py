"""Every statement of the jobs' storage, without a database: each function is called with a
connection that writes down what it is asked.
"""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.mssql.pyodbc import MSDialect_pyodbc
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.schema import ExecutableDDLElement

from python_jobs.settings import Settings
from python_jobs.storage import (
    assignments,
    batches,
    cluster_runs,
    cluster_trees,
    dead_letters,
    gold,
    job_inputs,
    job_runs,
    leases,
    lock,
    marts,
    pipeline_runs,
    prices,
    report,
    results,
    retagging,
    search,
    tables,
)
from python_jobs.storage.job_inputs import PendingText, Period
from python_jobs.storage.results import ActiveModel, ItemTag, Request, TaggedItem
from tests.portability.erasure_calls import ERASURE, FOUND, INSPECTED, MODULES_OF_ERASURE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MSSQL = MSDialect_pyodbc(paramstyle="qmark")
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


class Answer(IteratorResult):  # type: ignore[type-arg]
    """A result with a row of plausible values, that one row was changed for."""

    rowcount = 1


class Recorder:
    """Looks like a connection to SQL Server; keeps what is executed."""

    dialect = MSSQL

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.connection = self

    def execute(self, statement: Any, *_: Any, **__: Any) -> Answer:
        """Write a statement down; one row comes back."""
        self.said.append(statement)
        if isinstance(statement, sa.TextClause):
            return Answer(SimpleResultMetaData(["answer"]), iter([(0,)]))
        if isinstance(statement, ExecutableDDLElement):
            return Answer(SimpleResultMetaData([]), iter([]))
        if isinstance(statement, sa.Select) and (rows := _of_catalogue(statement)):
            return Answer(SimpleResultMetaData(["schema", "table", "column"]), iter(rows))
        columns = getattr(statement, "selected_columns", None) or statement.exported_columns
        keys = [str(getattr(each, "key", at)) for at, each in enumerate(columns)]
        return Answer(SimpleResultMetaData(keys), iter([tuple(map(_value, keys))]))

    def scalar(self, statement: Any) -> Any:
        """As SQLAlchemy's."""
        return self.execute(statement).scalar()

    def scalars(self, statement: Any) -> Any:
        """As SQLAlchemy's."""
        return self.execute(statement).scalars()

    @contextmanager
    def transaction(self) -> Iterator[Recorder]:
        """As a warehouse's."""
        yield self

    begin_nested = transaction

    def execution_options(self, **_: object) -> None:
        """As SQLAlchemy's; statements say all without."""


@sa.inspection._inspects(Recorder)
def _inspected(_: Recorder) -> object:
    return INSPECTED


def _of_catalogue(statement: sa.Select[Any]) -> list[tuple[str, str, str]]:
    """Columns of tables in the schemas that are asked about, where they are."""
    tables = [each for each in sa.sql.visitors.iterate(statement) if isinstance(each, sa.Table)]
    if "COLUMNS" not in {each.name for each in tables}:
        return []
    values = statement.compile(dialect=MSSQL).params.values()
    asked = {each for value in values if isinstance(value, list) for each in value}
    return [
        (schema, name, column)
        for (schema, name), columns in FOUND.items()
        for column in columns
        if schema in asked
    ]


def _value(key: str) -> Any:
    """By the column's name: only what a function looks at has to be right."""
    if key in {"parameters", "counts"}:
        return '{"effective": {"min_cluster_size": 5}, "pipeline_run_id": "run"}'
    if key.endswith("_at"):
        return NOW
    if key in _WORDS:
        return _WORDS[key]
    return "x" if key.endswith(("_id", "_hash", "_path", "_text", "_name", "_key")) else 1


_WORDS = {"run_id": "run", "status": "published", "job": "pipeline", "keywords": "x", "error": "x"}


TEXT = PendingText("h1", "f1", "words")
TAGGED = TaggedItem("h1", "f1", "positive", (ItemTag("delivery", 1.0, "late"),))
ACTIVE = ActiveModel("tagging", "p", "m", 3, "t", "q")
PERIOD = Period(date(2026, 1, 1), date(2026, 2, 1))
BATCH = batches.Batch("b", "embed", "p", "host", "m", 3, None, None, "run", NOW)
ITEM = batches.Item("c", 0, 1, 1, "h1", "f1")
ROW = {"run_id": "run", "cluster_path": "root"}
RUN = cluster_runs.RunRows({"run_id": "run"}, [ROW], [ROW], [ROW], [ROW], [ROW])
ASSIGNED = assignments.AssignRun("j", "run", NOW, *(1,) * 4, *(0.5,) * 6, reason=None)
BY = {"provider": "p", "model": "m"}
RUN_ID = {"job_run_id": "run"}
REQUEST = Request("embed", "p", "m", 1, 1, 1, 0, 0.5, 0, "ok")

CALLS: dict[str, list[Callable[[Any], object]]] = {
    "assignments.published_run": [
        assignments.published_run,
        lambda c: assignments.published_run(c, for_writing=True),
    ],
    "assignments.read_pending": [
        lambda c: assignments.read_pending(c, PERIOD, 5),
        lambda c: assignments.read_pending(c, Period(), None),
    ],
    "assignments.read_members": [lambda c: assignments.read_members(c, "run")],
    "assignments.count_assigned": [lambda c: assignments.count_assigned(c, "run", "root", 0.5)],
    "assignments.count_assigned_feedback": [
        lambda c: assignments.count_assigned_feedback(c, "run")
    ],
    "assignments.write": [lambda c: assignments.write(c, "run", [ROW], [ROW])],
    "assignments.record": [lambda c: assignments.record(c, ASSIGNED)],
    "assignments.latest": [lambda c: assignments.latest(c, "run")],
    "assignments.missing_paths": [lambda c: assignments.missing_paths(c, "run", ["root"])],
    "batches.insert_batch": [lambda c: batches.insert_batch(c, BATCH, [ITEM])],
    "batches.update_batch": [
        lambda c: batches.update_batch(c, "b", {"status": "x", "checked_at": NOW}),
        lambda c: batches.update_batch(c, "b", {"held_until": NOW}, only_in=("x", "y")),
    ],
    "batches.close_batch": [lambda c: batches.close_batch(c, "b", status="released")],
    "batches.note_files_deleted": [lambda c: batches.note_files_deleted(c, "b")],
    "batches.settle": [lambda c: batches.settle(c, "b", "c", "stored")],
    "batches.give_back": [lambda c: batches.give_back(c, "b", "c", ["h1"])],
    "batches.newer_elsewhere": [lambda c: batches.newer_elsewhere(c, ["h1"], "m", NOW)],
    "batches.read_batches": [
        lambda c: batches.read_batches(c, only_open=True, with_files=True),
        lambda c: batches.read_batches(c, batch_ids=["b"]),
    ],
    "batches.read_items": [lambda c: batches.read_items(c, "b")],
    "batches.count_items": [batches.count_items],
    "batches.read_suspects": [lambda c: batches.read_suspects(c, "embed", "m")],
    "batches.holding": [
        lambda c: batches.holding(c, sa.select(tables.leases.c.content_hash)),
    ],
    "cluster_runs.write_candidate": [lambda c: cluster_runs.write_candidate(c, RUN)],
    "cluster_runs.same_input": [lambda c: cluster_runs.same_input(c, "x")],
    "cluster_runs.name_clusters": [
        lambda c: cluster_runs.name_clusters(c, "run", {"root": ("n", "s")}, **BY, prompt_hash="q")
    ],
    "cluster_runs.names_of": [lambda c: cluster_runs.names_of(c, "run")],
    "cluster_runs.carried_names": [cluster_runs.carried_names],
    "cluster_runs.drop_carried_names": [
        lambda c: cluster_runs.drop_carried_names(c, **BY, prompt_hash="q")
    ],
    "cluster_runs.publish": [lambda c: cluster_runs.publish(c, "run")],
    "cluster_runs.reject": [lambda c: cluster_runs.reject(c, "run", "why")],
    "cluster_runs.list_runs": [cluster_runs.list_runs],
    "cluster_runs.how_made": [lambda c: cluster_runs.how_made(c, "run")],
    "cluster_runs.find_run": [lambda c: cluster_runs.find_run(c, "run")],
    "cluster_trees.read_published": [cluster_trees.read_published],
    "cluster_trees.read_tree": [lambda c: cluster_trees.read_tree(c, "run")],
    "cluster_trees.read_clusters": [lambda c: cluster_trees.read_clusters(c, "run")],
    "cluster_trees.read_events": [lambda c: cluster_trees.read_events(c, "run")],
    "cluster_trees.count_feedback": [cluster_trees.count_feedback],
    "dead_letters.read": [
        lambda c: dead_letters.read(c, None),
        lambda c: dead_letters.read(c, "x"),
    ],
    "dead_letters.remove": [
        lambda c: dead_letters.remove(c, None),
        lambda c: dead_letters.remove(c, "x"),
    ],
    "gold.texts_of": [
        lambda c: gold.texts_of(c, ["f1"], is_loaded=True),
        lambda c: gold.texts_of(c, ["f1"], is_loaded=False),
    ],
    "job_inputs.count_pending": [
        lambda c: job_inputs.count_pending(c, tables.pending_tags, "m", PERIOD)
    ],
    "job_inputs.read_pending": [
        lambda c: job_inputs.read_pending(c, tables.pending_tags, "m", PERIOD, 5)
    ],
    "job_inputs.stream_pending": [
        lambda c: list(job_inputs.stream_pending(c, tables.pending_embeddings, "m", PERIOD, 5))
    ],
    "job_inputs.pending_model": [job_inputs.pending_model],
    "job_inputs.read_clustering_input": [
        lambda c: job_inputs.read_clustering_input(c, PERIOD, 5),
        lambda c: job_inputs.read_clustering_input(c, Period(), None),
    ],
    "job_inputs.read_clustered_feedback": [lambda c: job_inputs.read_clustered_feedback(c, PERIOD)],
    "job_inputs.read_unnamed_clusters": [job_inputs.read_unnamed_clusters],
    "lock.hold_pipeline_lock": [
        lambda c: lock.hold_pipeline_lock(c, Settings(), shared=True),
        lambda c: lock.hold_pipeline_lock(c, Settings()),
    ],
    "lock.hold": [lambda c: lock.hold(c, "x")],
    "lock.is_held": [lambda c: lock.is_held(c, "x")],
    "lock.wait_for_turn": [lambda c: lock.wait_for_turn(c, "x")],
    "lock.give_up_after": [lambda c: lock.give_up_after(c, 1)],
    "marts.read_totals": [marts.read_totals],
    "marts.read_segments": [marts.read_segments],
    "marts.read_tags": [marts.read_tags],
    "marts.read_texts": [lambda c: marts.read_texts(c, ["h1"])],
    "prices.read_prices": [prices.read_prices],
    "prices.read_averages": [lambda c: prices.read_averages(c, "embed", "p", "m")],
    "prices.spent_since": [lambda c: prices.spent_since(c, NOW)],
    "prices.latest_clusters": [prices.latest_clusters],
    "report.read_report": [report.read_report],
    "results.activate_model": [lambda c: results.activate_model(c, ACTIVE)],
    "results.record_embedded": [
        lambda c: results.record_embedded(c, [TEXT], [None], **BY, dimensions=3, **RUN_ID)
    ],
    "results.forget_embedded": [
        lambda c: results.forget_embedded(c, PERIOD, model="m", dimensions=3)
    ],
    "results.record_tagged": [
        lambda c: results.record_tagged(c, [TAGGED], active=ACTIVE, **RUN_ID)
    ],
    "results.record_dead_letters": [
        lambda c: results.record_dead_letters(
            c, [TEXT], job="tag", model="m", reason="why", **RUN_ID
        )
    ],
    "results.record_request": [lambda c: results.record_request(c, REQUEST, "run")],
    "retagging.record_taxonomy": [
        lambda c: retagging.record_taxonomy(_Empty(c), "t", {"delivery": "d"})
    ],
    "retagging.take_turn": [retagging.take_turn],
    "retagging.read_changes": [retagging.read_changes],
    "retagging.read_outdated": [retagging.read_outdated],
    "retagging.embedding_model": [retagging.embedding_model],
    "retagging.latest_reading": [lambda c: retagging.latest_reading(c, "m")],
    "retagging.request": [lambda c: retagging.request(c, {"h1": "why"}, model="m", **RUN_ID)],
    "retagging.request_all": [lambda c: retagging.request_all(c, model="m", **RUN_ID)],
    "retagging.carry_over": [
        lambda c: retagging.carry_over(c, ACTIVE, NOW),
        lambda c: retagging.carry_over(c, ACTIVE, None),
    ],
    "retagging.drop_retired_tags": [lambda c: retagging.drop_retired_tags(c, "m")],
    "search.active_embedding": [search.active_embedding],
    "leases.Leases.claim": [lambda c: _leases(c).claim(tables.pending_tags, PERIOD, 5)],
    "leases.Leases.still_held": [lambda c: _leases(c).still_held(c, ["h1"])],
    "leases.Leases.release": [lambda c: _leases(c).release(c, ["h1"])],
    "leases.Leases.release_all": [lambda c: _leases(c).release_all()],
    "leases.heartbeat": [lambda c: _beat(c)],
    "job_runs.job_run": [lambda c: _run(c)],
    "pipeline_runs.PipelineRuns.lock": [lambda c: _runs(c).lock(shared=False)],
    "pipeline_runs.PipelineRuns.begin": [lambda c: _runs(c).begin("run", "pipeline", a=1)],
    "pipeline_runs.PipelineRuns.doing": [lambda c: _runs(c).doing("run", "what")],
    "pipeline_runs.PipelineRuns.end": [lambda c: _runs(c).end("run", "why", {"a": 1})],
    "pipeline_runs.PipelineRuns.beat": [lambda c: _runs(c).beat("run", "step")],
    "pipeline_runs.PipelineRuns.close_crashed": [
        lambda c: _runs(c).close_crashed(alone=False),
        lambda c: _runs(c).close_crashed(alone=True),
    ],
    "pipeline_runs.PipelineRuns.jobs_of": [lambda c: _runs(c).jobs_of("run", NOW)],
    **ERASURE,
}
"""Calls of each function of storage that speaks to the warehouse."""

MODULES = (
    *(assignments, batches, cluster_runs, cluster_trees, dead_letters, gold, job_inputs, job_runs),
    *(leases, lock, marts, pipeline_runs, prices, report, results, retagging, search),
    *MODULES_OF_ERASURE,
)


class _Empty(Recorder):
    """Finds nothing, for functions that write only then; says it to another recorder."""

    def __init__(self, other: Recorder) -> None:
        super().__init__()
        self.said = other.said

    def execute(self, statement: Any, *_: Any, **__: Any) -> Answer:
        super().execute(statement)
        return Answer(SimpleResultMetaData(["x"]), iter([]))


def _leases(connection: Any) -> leases.Leases:
    return leases.Leases(connection, "tag", "m", "mine")


def _runs(connection: Any) -> pipeline_runs.PipelineRuns:
    return pipeline_runs.PipelineRuns(connection, Settings())


def _beat(connection: Any) -> None:
    heart = leases._Heart(Settings(), "run", 120)
    heart._session = SimpleNamespace(execute=connection.execute)  # type: ignore[assignment]
    heart.beat()


def _run(connection: Any) -> None:
    with job_runs.job_run(connection, "tag", provider="p", model="m") as run:
        run.counts["texts"] = 1


def functions() -> set[str]:
    """What speaks to the warehouse: functions of a connection, and methods of who keeps one."""
    found = {"job_runs.job_run", "leases.heartbeat"}
    for module in MODULES:
        room = module.__name__.rsplit(".", 1)[1]
        for name, each in vars(module).items():
            if name.startswith("_") or getattr(each, "__module__", "") != module.__name__:
                continue
            if inspect.isfunction(each) and "connection" in inspect.signature(each).parameters:
                found.add(f"{room}.{name}")
            elif name in {"Leases", "PipelineRuns"}:
                methods = inspect.getmembers(each, inspect.isfunction)
                found |= {f"{room}.{name}.{key}" for key, _ in methods if not key.startswith("_")}
    return found
