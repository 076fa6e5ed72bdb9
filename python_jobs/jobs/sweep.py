"""Try parameters on a sample of the feedback, of the database or of a file; nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.clustering.sweep import SAMPLE_ROWS, Sample, Sweep, grid, sweep
from python_jobs.errors import UsageError
from python_jobs.jobs.cluster import read_input
from python_jobs.jobs.file_input import read_feedback
from python_jobs.jobs.file_vectors import vectors_of
from python_jobs.logs import logger, progress

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from python_jobs.clustering.parameters import ClusterParameters
    from python_jobs.jobs.budget import Budget
    from python_jobs.jobs.file_input import InputFile
    from python_jobs.jobs.pending import Selection
    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.job_inputs import ClusteringText, Period

FEWEST = 30
"""Texts below which every figure is chance."""


@dataclass(frozen=True)
class SweepPlan:
    """What to try.

    Attributes:
        asked: the options that hold for every trial, as given by the user.
        fixed: names of the grid's options that the user gave, and that stay as they are.
        rows: texts to sample at most; None for the method's default.
        period: which feedback.
        limit: at most so many texts, those of the latest feedback; the sample is of these.
    """

    asked: ClusterParameters
    fixed: Collection[str]
    rows: int | None
    period: Period
    limit: int | None = None

    @property
    def sample_rows(self) -> int:
        """Texts to sample at most."""
        return self.rows or SAMPLE_ROWS[self.asked.method]


@dataclass(frozen=True)
class SweepResult:
    """What was found.

    Attributes:
        sweep: the trials.
        count_sampled: texts that they were made on.
        count_texts: of which these are a sample.
    """

    sweep: Sweep
    count_sampled: int
    count_texts: int


def sweep_database(settings: Settings, plan: SweepPlan) -> SweepResult:
    """Try the grid on the embedded feedback; reads only.

    Raises:
        UsageError: parameters that cannot be used, or too little feedback.
        DatabaseError: vectors are missing, or dbt has not run.
    """
    plan.asked.validate()
    counted: list[int] = []

    def drawn(texts: Sequence[ClusteringText]) -> Sequence[ClusteringText]:
        counted.append(len(texts))
        return _drawn(texts, plan)

    given = read_input(settings, plan.period, plan.limit, drawn)
    if given is None:
        raise UsageError("nothing is embedded yet", hint="`insights embed` first")
    return _swept(given.texts, given.vectors, counted[0], plan)


def sweep_file(
    settings: Settings,
    plan: SweepPlan,
    file: InputFile,
    *,
    provider: ProviderName | None = None,
    selection: Selection | None = None,
    budget: Budget | None = None,
) -> SweepResult:
    """Try the grid on the feedback of a file; only the sample is embedded, into the cache.

    Raises:
        UsageError: parameters or a file that cannot be used, or too little feedback.
        InsightsError: embedding failed, see `file_vectors.vectors_of`.
    """
    plan.asked.validate()
    texts = read_feedback(file, plan.period, plan.limit).texts
    sampled = _drawn(texts, plan)
    found = vectors_of(settings, sampled, provider=provider, selection=selection, budget=budget)
    return _swept(found.texts, found.vectors, len(texts), plan)


def _drawn(texts: Sequence[ClusteringText], plan: SweepPlan) -> Sequence[ClusteringText]:
    """The same texts every time: drawn by the seed from those in the order of their hashes.

    Raises:
        UsageError: there are too few.
    """
    if len(texts) < FEWEST:
        raise UsageError(
            f"{len(texts)} distinct texts are too few to compare parameters on",
            hint=f"a sweep needs {FEWEST}; take the defaults",
        )
    if len(texts) <= plan.sample_rows:
        return texts
    random = np.random.default_rng(plan.asked.seed)
    rows = np.sort(random.choice(len(texts), size=plan.sample_rows, replace=False))
    return [texts[row] for row in rows]


def _swept(
    texts: Sequence[ClusteringText],
    vectors: NDArray[np.float32],
    count_texts: int,
    plan: SweepPlan,
) -> SweepResult:
    weights = np.array([text.count_feedback for text in texts], dtype=np.int64)
    sample = Sample(vectors, weights, count_texts)
    trials = len(grid(plan.asked, count_texts, sample.share, plan.fixed))
    logger.info(
        "Trying %d settings of %s on %s of %s texts",
        trials,
        plan.asked.method,
        f"{len(texts):,}",
        f"{count_texts:,}",
    )
    with progress("Trying", trials, "settings") as tick:
        found = sweep(sample, plan.asked, plan.fixed, tick)
    return SweepResult(found, len(texts), count_texts)
