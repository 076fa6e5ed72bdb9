"""What the files of `insights cluster --local` say: a cluster tree joined with its feedback.

Everything here is values: no database, no model. Rows of all arrays are distinct texts, feedback
points to its text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from python_jobs.clustering.tree import Cluster, ClusterTree
    from python_jobs.storage.job_inputs import ClusteredFeedback


@dataclass(frozen=True)
class About:
    """Where the tree comes from.

    Attributes:
        made_at: when, in UTC; it dates the pictures and is part of the files' names.
        method: of clustering.
        model: that the vectors come from.
        dimensions: of the vectors.
        named_by: who gave the names, as in "local, keywords-and-medoid".
        start, end: first and last day of the feedback asked for, None where open.
        limit: the most texts asked for, None for all.
        file: name of the file that was clustered, None for the database.
        left_out: what of it was not, in words.
    """

    made_at: datetime
    method: str
    model: str
    dimensions: int
    named_by: str
    start: date | None = None
    end: date | None = None
    limit: int | None = None
    file: str | None = None
    left_out: str = ""

    @property
    def stamp(self) -> str:
        """The part of a file's name that tells runs apart: `20260131T235959Z`."""
        return f"{self.made_at:%Y%m%dT%H%M%SZ}"


@dataclass(frozen=True)
class Evidence:
    """A cluster's name and what it was made from: keywords, and rows of exemplary texts."""

    name: str
    keywords: tuple[str, ...] = ()
    exemplars: tuple[int, ...] = ()


@dataclass(frozen=True)
class Texts:
    """(n) distinct texts by content hash, and how many feedback say each."""

    hashes: Sequence[str]
    texts: Sequence[str]
    weights: NDArray[np.int64]


@dataclass(frozen=True)
class Segment:
    """A cluster with its figures; shares are of all feedback, from 0 to 1.

    Attributes:
        path, parent_path, depth, is_noise, is_leaf, persistence, stability: as in the
            tree.
        name: of a few words.
        count_feedback: how many feedback are in it, duplicates included.
        count_texts: how many distinct texts.
        share: of all feedback.
        share_of_parent: of the feedback of the cluster that it is a part of.
        mean_rating: of the feedback that has one, None where none has.
        count_rated: how many have one.
        mean_probability: of its texts in their deepest cluster, where noise within counts 0;
            None for noise.
        keywords: strongest first.
        exemplars: texts that stand for it, the medoid first.
        first_on, last_on: days (UTC) of its earliest and latest feedback.
    """

    path: str
    parent_path: str
    depth: int
    name: str
    is_noise: bool
    is_leaf: bool
    count_feedback: int
    count_texts: int
    share: float
    share_of_parent: float
    mean_rating: float | None
    count_rated: int
    persistence: float | None
    stability: float | None
    mean_probability: float | None
    keywords: tuple[str, ...]
    exemplars: tuple[str, ...]
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True)
class Contents:
    """Everything that the files say.

    Attributes:
        about: where it comes from.
        tree: over the texts.
        segments: every cluster, in the tree's order.
        texts: (n) of them.
        ratings: (n,) mean rating of the feedback that says a text, NaN where none is rated.
        feedback: every feedback, duplicates included.
        feedback_rows: (m,) the text of each feedback.
        layouts: by path of a divided cluster, (its rows, 2) coordinates of its own, in the order
            of `tree.members`; a cluster without one is shown where the whole map has it.
    """

    about: About
    tree: ClusterTree
    segments: tuple[Segment, ...]
    texts: Texts
    ratings: NDArray[np.float64]
    feedback: Sequence[ClusteredFeedback]
    feedback_rows: NDArray[np.int64]
    layouts: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    @property
    def noise_share(self) -> float:
        """Share of feedback that ended as noise, at whatever level."""
        return sum(each.share for each in self.segments if each.is_noise)

    def children(self, path: str) -> tuple[Segment, ...]:
        """The parts of `path`, largest first, noise last."""
        return tuple(each for each in self.segments if each.parent_path == path)

    def divided(self) -> tuple[Segment, ...]:
        """The clusters that were zoomed into."""
        return tuple(each for each in self.segments if not each.is_leaf)


def contents(
    about: About,
    tree: ClusterTree,
    texts: Texts,
    evidence: Mapping[str, Evidence],
    feedback: Sequence[ClusteredFeedback],
    layouts: Mapping[str, NDArray[np.float32]] | None = None,
) -> Contents:
    """Join the tree with its feedback and add up each cluster.

    Args:
        about: where the tree comes from.
        tree: over the texts.
        texts: in the order of the tree's rows.
        evidence: by path, for every cluster of the tree.
        feedback: at least that of these texts; other feedback is left out.
        layouts: see :class:`Contents`.

    Raises:
        DatabaseError: the feedback is not what was clustered.
    """
    row_of = {content_hash: row for row, content_hash in enumerate(texts.hashes)}
    kept = [each for each in feedback if each.content_hash in row_of]
    rows = np.array([row_of[each.content_hash] for each in kept], dtype=np.int64)
    if not np.array_equal(np.bincount(rows, minlength=len(texts.hashes)), texts.weights):
        raise DatabaseError(
            "the feedback changed while it was being clustered",
            hint="run the same command again once no other job writes to this database",
        )
    facts = _Facts.of(kept, rows, len(texts.hashes))
    return Contents(
        about=about,
        tree=tree,
        segments=tuple(
            _segment(cluster, tree, texts, evidence[cluster.path], facts)
            for cluster in tree.clusters
        ),
        texts=texts,
        ratings=facts.mean_ratings(),
        feedback=kept,
        feedback_rows=rows,
        layouts=layouts or {},
    )


@dataclass(frozen=True)
class _Facts:
    """(m) feedback as arrays, and (n) texts with the sum and the count of their ratings."""

    rows: NDArray[np.int64]
    days: NDArray[np.datetime64]
    rating_sums: NDArray[np.float64]
    rating_counts: NDArray[np.int64]

    @classmethod
    def of(
        cls, feedback: Sequence[ClusteredFeedback], rows: NDArray[np.int64], count: int
    ) -> _Facts:
        values = np.array(
            [np.nan if each.rating is None else float(each.rating) for each in feedback],
            dtype=np.float64,
        )
        days = np.array(
            ["NaT" if each.created_at is None else each.created_at.date() for each in feedback],
            dtype="datetime64[D]",
        )
        is_rated = ~np.isnan(values)
        return cls(
            rows=rows,
            days=days,
            rating_sums=np.bincount(rows[is_rated], values[is_rated], count).astype(np.float64),
            rating_counts=np.bincount(rows[is_rated], minlength=count),
        )

    def mean_ratings(self) -> NDArray[np.float64]:
        found = np.full(len(self.rating_sums), np.nan)
        np.divide(self.rating_sums, self.rating_counts, out=found, where=self.rating_counts > 0)
        return found


def _segment(
    cluster: Cluster, tree: ClusterTree, texts: Texts, evidence: Evidence, facts: _Facts
) -> Segment:
    members = tree.members(cluster.path)
    rated = int(facts.rating_counts[members].sum())
    days = facts.days[np.isin(facts.rows, members)]
    days = days[~np.isnat(days)]
    above = cluster.parent_path
    whole = int(texts.weights.sum())
    parent = whole if cluster.depth == 1 else tree.cluster(above).size
    return Segment(
        path=cluster.path,
        parent_path=above,
        depth=cluster.depth,
        name=evidence.name,
        is_noise=cluster.is_noise,
        is_leaf=cluster.is_leaf,
        count_feedback=cluster.size,
        count_texts=cluster.count_members,
        share=cluster.size / whole,
        share_of_parent=cluster.size / parent,
        mean_rating=float(facts.rating_sums[members].sum()) / rated if rated else None,
        count_rated=rated,
        persistence=cluster.persistence,
        stability=cluster.stability,
        mean_probability=None if cluster.is_noise else float(tree.probabilities[members].mean()),
        keywords=evidence.keywords,
        exemplars=tuple(texts.texts[row] for row in evidence.exemplars),
        first_on=_day(days.min()) if len(days) else None,
        last_on=_day(days.max()) if len(days) else None,
    )


def _day(value: np.datetime64) -> date:
    day = value.astype(object)
    assert isinstance(day, date)
    return day
