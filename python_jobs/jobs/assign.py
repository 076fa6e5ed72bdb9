"""Assign new feedback to the published segment tree, between full runs of the clustering."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.clustering.assign import ROOT_NOISE, Members, Placement, Rule, calibrate, place
from python_jobs.clustering.drift import Added, Drift, drift
from python_jobs.clustering.tree import ROOT
from python_jobs.errors import UsageError
from python_jobs.jobs.lock import pipeline_lock
from python_jobs.jobs.name import NOISE_NAME, NOISE_SUMMARY
from python_jobs.logs import logger, progress
from python_jobs.storage import assignments, vectors
from python_jobs.storage.assignments import AssignRun, PendingAssignment, PublishedRun
from python_jobs.storage.job_inputs import pending_model
from python_jobs.storage.job_runs import job_run
from python_jobs.storage.vector_store import VectorStore
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import sqlalchemy as sa
    from numpy.typing import NDArray

    from python_jobs.settings import Settings
    from python_jobs.storage.cluster_runs import Row
    from python_jobs.storage.job_inputs import Period

IN_MEMORY = 256 * 2**20
"""Bytes of the run's vectors above which they are kept in a temporary file."""
BLOCK = 4_096
"""New texts whose vectors are read at a time."""


@dataclass(frozen=True)
class AssignResult:
    """What was assigned; drift as of now, or as of the last call that assigned something.

    Attributes:
        run_id: the published run.
        count_feedback: feedback that the run did not show.
        count_texts: texts of it that the run did not know.
        count_noise_feedback, count_noise_texts: those of them that fit nowhere.
        noise_share: of all texts assigned to the run so far, those that fit nowhere.
        expected_noise_share: the same of the run's own texts, by the same rule.
        far_share: of all texts assigned so far, those far from the run's texts.
        expected_far_share: the same of the run's own texts, from each other.
        added_share: feedback assigned so far over the run's own.
        reason: why a full run is recommended; None where it is not.
    """

    run_id: str
    count_feedback: int = 0
    count_texts: int = 0
    count_noise_feedback: int = 0
    count_noise_texts: int = 0
    noise_share: float | None = None
    expected_noise_share: float | None = None
    far_share: float | None = None
    expected_far_share: float | None = None
    added_share: float | None = None
    reason: str | None = None


def assign(settings: Settings, *, period: Period, limit: int | None = None) -> AssignResult:
    """Place feedback that the published run does not show; a second call finds nothing to do.

    The run stays as it is: its labels, sizes and figures are those of the full run.

    Memory: the vectors of the run (on disk from `IN_MEMORY` on), `BLOCK` new vectors, about
    300 MB for the comparison, and some hundred bytes a text.

    Args:
        settings: for the database.
        period: which feedback.
        limit: at most so many texts, those of the latest feedback.

    Raises:
        UsageError: no run is published, or it was made with another embedding model.
        BusyError: a pipeline run or an erasure is at work.
        DatabaseError: vectors are missing, or dbt has not run.
    """
    with (
        pipeline_lock(settings),
        Warehouse(settings) as warehouse,
        VectorStore(settings) as store,
    ):
        with warehouse.transaction() as connection:
            published = _checked(assignments.published_run(connection), pending_model(connection))
            waiting = assignments.read_pending(connection, period, limit)
            before = assignments.latest(connection, published.run_id)
        if not waiting:
            logger.info("Assigning: the published run has placed all embedded feedback")
            return _unchanged(published, before)
        with job_run(warehouse, "assign", model=published.model) as run:
            call = _Assigning(warehouse, store, published, run.job_run_id).call(waiting)
            run.counts |= {
                key: value for key, value in vars(call).items() if isinstance(value, int | float)
            } | {"run_id": call.run_id, "reason": call.reason}
    return _result(call)


def _checked(published: PublishedRun | None, active: tuple[str, int] | None) -> PublishedRun:
    """The published run, if feedback can be assigned to it."""
    if published is None:
        raise UsageError(
            "no cluster run is published, so there is no tree to assign feedback to",
            hint="make one with a full run: `insights cluster`, `insights name`, "
            "`insights runs gate` (run_pipeline.sh without --cluster-mode assign)",
        )
    if active and active != (published.model, published.dimensions):
        raise UsageError(
            f"the published run was made with {published.model} ({published.dimensions}), but "
            f"{active[0]} ({active[1]}) is in use: their vectors cannot be compared",
            hint="a full run makes a tree of the model in use: `insights cluster`",
        )
    return published


@dataclass(frozen=True)
class _Assigning:
    """What the steps of one call share."""

    warehouse: Warehouse
    store: VectorStore
    published: PublishedRun
    job_run_id: str

    def call(self, waiting: Sequence[PendingAssignment]) -> AssignRun:
        """Place the texts, write them down, and tell how far feedback has moved."""
        new = [text for text in waiting if text.cluster_path is None]
        with self._members() as members:
            rule = calibrate(members)
            labels, placed = self._placed(new, members, rule)
        at = datetime.now(UTC)
        unfit = [text for text, label in zip(new, labels, strict=True) if label == ROOT_NOISE]
        with self.warehouse.transaction() as connection:
            self._write(connection, set(labels), _rows(self.published.run_id, new, placed, at), at)
            call = AssignRun(
                job_run_id=self.job_run_id,
                run_id=self.published.run_id,
                assigned_at=at,
                count_texts=len(new),
                count_feedback=sum(text.count_feedback for text in waiting),
                count_noise_texts=len(unfit),
                count_noise_feedback=sum(text.count_feedback for text in unfit),
                distance_bound=rule.bound,
                **vars(self._drift(connection, rule)),
            )
            assignments.record(connection, call)
        return call

    def _write(
        self, connection: sa.Connection, paths: set[str], rows: Iterable[Row], at: datetime
    ) -> None:
        run_id = self.published.run_id
        missing = assignments.missing_paths(connection, run_id, paths)
        nodes = [_noise_node(run_id, path, at) for path in missing]
        assignments.write(connection, run_id, nodes, rows)

    def _drift(self, connection: sa.Connection, rule: Rule) -> Drift:
        run_id = self.published.run_id
        counts = assignments.count_assigned(connection, run_id, ROOT_NOISE, rule.far)
        return drift(
            Added(*counts, assignments.count_assigned_feedback(connection, run_id)),
            rule,
            run_feedback=self.published.count_feedback,
            min_cluster_size=self.published.min_cluster_size,
        )

    @contextmanager
    def _members(self) -> Iterator[Members]:
        """The run's own texts with their vectors, in memory or in a file that goes afterwards."""
        with self.warehouse.transaction() as connection:
            rows = assignments.read_members(connection, self.published.run_id)
        if not rows:
            raise UsageError(
                "the published run has no texts left, so nothing can be near them",
                hint="make another: `insights cluster`",
            )
        shape = (len(rows), self.published.dimensions)
        with tempfile.TemporaryDirectory(prefix="insights-assign-") as folder:
            out = None
            if 4 * shape[0] * shape[1] > IN_MEMORY:
                out = np.lib.format.open_memmap(
                    Path(folder) / "members.npy", "w+", np.float32, shape
                )
            members = Members(
                self._vectors([row.content_hash for row in rows], out),
                np.array([row.cluster_path for row in rows], dtype=object),
                np.array([(row.x, row.y) for row in rows], dtype=np.float32),
            )
            del rows
            yield members

    def _placed(
        self, new: Sequence[PendingAssignment], members: Members, rule: Rule
    ) -> tuple[list[str], list[Placement]]:
        """Paths of the texts, and all of it block by block."""
        placed = []
        with progress("Assigning", len(new), "texts") as tick:
            for start in range(0, len(new), BLOCK):
                hashes = [text.content_hash for text in new[start : start + BLOCK]]
                placed.append(place(self._vectors(hashes), members, rule))
                tick(len(hashes))
        return [str(label) for each in placed for label in each.labels], placed

    def _vectors(
        self, hashes: Sequence[str], out: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        with (
            self.warehouse.transaction() as connection,
            self.store.beside(connection) as beside,
        ):
            return vectors.read_vectors(
                beside,
                hashes,
                model=self.published.model,
                dimensions=self.published.dimensions,
                schema=self.store.schema,
                out=out,
            )


def _rows(
    run_id: str, texts: Sequence[PendingAssignment], placed: Sequence[Placement], at: datetime
) -> Iterator[Row]:
    found = ((each, row) for each in placed for row in range(len(each)))
    for text, (each, row) in zip(texts, found, strict=True):
        yield {
            "run_id": run_id,
            "content_hash": text.content_hash,
            "cluster_path": str(each.labels[row]),
            "membership_probability": float(each.probabilities[row]),
            "noise_score": float(each.noise_score[row]),
            "x": float(each.coordinates[row, 0]),
            "y": float(each.coordinates[row, 1]),
            "assigned_at": at,
        }


def _noise_node(run_id: str, path: str, at: datetime) -> Row:
    """`root.noise` of a run that had none: nothing of the run itself is in it."""
    return {
        "run_id": run_id,
        "cluster_path": path,
        "parent_path": ROOT,
        "depth": 1,
        "is_noise": True,
        "is_leaf": True,
        "count_texts": 0,
        "count_feedback": 0,
        "persistence": None,
        "cluster_name": NOISE_NAME,
        "summary": NOISE_SUMMARY,
        "named_at": at,
        "cluster_key": path,
    }


def _result(call: AssignRun) -> AssignResult:
    return AssignResult(**{name: getattr(call, name) for name in AssignResult.__dataclass_fields__})


def _unchanged(published: PublishedRun, before: AssignRun | None) -> AssignResult:
    """Nothing new: the drift is what the last call found."""
    if before is None:
        return AssignResult(published.run_id)
    return AssignResult(
        published.run_id,
        noise_share=before.noise_share,
        expected_noise_share=before.expected_noise_share,
        far_share=before.far_share,
        expected_far_share=before.expected_far_share,
        added_share=before.added_share,
        reason=before.reason,
    )
