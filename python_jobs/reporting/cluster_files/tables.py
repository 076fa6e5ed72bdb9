"""The CSV files: a row a cluster, and a row a feedback.

`cluster_analysis` is made to be opened in a spreadsheet: it starts with a byte order mark, without
which Excel takes UTF-8 for the system's old encoding. `cluster_assignments` holds ids and numbers
and is made to be read by programs: plain UTF-8.

A text cell that a spreadsheet would run as a formula gets a leading apostrophe, which makes it
text: those that start with = + - @, with a tab or a line break, or with the full-width forms of
these signs. Numbers stay numbers. Line breaks within a text stay, in a quoted cell.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from python_jobs.reporting.cluster_files.folder import new_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from python_jobs.reporting.cluster_files.contents import Contents, Segment

EXEMPLARS = 3
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""OWASP, "CSV Injection"."""

ANALYSIS_COLUMNS = (
    "cluster_path",
    "parent_path",
    "depth",
    "cluster_name",
    "is_noise",
    "is_leaf",
    "count_feedback",
    "count_texts",
    "share",
    "share_of_parent",
    "mean_rating",
    "count_rated",
    "persistence",
    "stability",
    "mean_probability",
    "keywords",
    "first_on",
    "last_on",
    *(f"exemplar_{rank}" for rank in range(1, EXEMPLARS + 1)),
)


def write_analysis(path: Path, given: Contents) -> None:
    """One row a cluster, in the tree's order; shares from 0 to 1."""
    rows = (_analysis_row(segment) for segment in given.segments)
    _write(path, ANALYSIS_COLUMNS, rows, encoding="utf-8-sig")


def write_assignments(path: Path, given: Contents) -> None:
    """One row a feedback, duplicates included, with its deepest cluster and all above it.

    There are as many `level_…` columns as levels were asked for; those below the deepest cluster
    of a feedback are empty.
    """
    levels = range(1, given.tree.parameters.recursive_depth + 1)
    columns = (
        "feedback_id",
        "content_hash",
        "cluster_path",
        *(f"level_{level}" for level in levels),
        "membership_probability",
        "noise_score",
        "x",
        "y",
    )
    _write(path, columns, _assignment_rows(given, levels), encoding="utf-8")


def defused(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it as a formula."""
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def _write(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]], encoding: str
) -> None:
    with new_file(path, encoding) as file:
        # both signs, as in RFC 4180: Python before 3.13 quotes a lone one only if it is here
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows(
            [defused(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
        )


def _analysis_row(segment: Segment) -> list[object]:
    exemplars = segment.exemplars[:EXEMPLARS]
    return [
        segment.path,
        segment.parent_path,
        segment.depth,
        segment.name,
        _yes_no(segment.is_noise),
        _yes_no(segment.is_leaf),
        segment.count_feedback,
        segment.count_texts,
        round(segment.share, 6),
        round(segment.share_of_parent, 6),
        _rounded(segment.mean_rating, 3),
        segment.count_rated,
        _rounded(segment.persistence, 4),
        _rounded(segment.stability, 4),
        _rounded(segment.mean_probability, 4),
        ", ".join(segment.keywords),
        segment.first_on,
        segment.last_on,
        *exemplars,
        *[None] * (EXEMPLARS - len(exemplars)),
    ]


def _assignment_rows(given: Contents, levels: Iterable[int]) -> Iterator[list[object]]:
    tree = given.tree
    named = [tree.labels_at(level) for level in levels]
    for feedback, row in zip(given.feedback, given.feedback_rows, strict=True):
        path = str(tree.labels[row])
        x, y = tree.coordinates[row]
        yield [
            feedback.feedback_id,
            feedback.content_hash,
            path,
            *(
                str(labels[row]) if path.count(".") >= level else None
                for level, labels in enumerate(named, 1)
            ),
            round(float(tree.probabilities[row]), 4),
            round(float(tree.noise_score[row]), 4),
            round(float(x), 5),
            round(float(y), 5),
        ]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _yes_no(value: bool) -> str:
    # As dbt and pandas read booleans, and the warehouse's own exports write them.
    return "true" if value else "false"
