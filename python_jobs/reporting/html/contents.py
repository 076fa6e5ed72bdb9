"""What is in the report: the marts as packed pieces, by the name that the page knows them by."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from python_jobs import __version__
from python_jobs.reporting.html.headline import Sentence, sentences
from python_jobs.reporting.html.packing import Column, indexed, milliseconds, pack, smallest, table
from python_jobs.reporting.html.text import visible
from python_jobs.reporting.parameters import as_used

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from python_jobs.storage.report import Columns, ReportMarts

_DAY = 86_400_000
_POSITIONS = 65_534
"""Steps of the map from edge to edge; 65,535 is null."""
_HOW_MADE = ("parameters", "library_versions")


@dataclass(frozen=True)
class Contents:
    """Pieces of a page: `core` is read before anything is shown, `texts` afterwards.

    Attributes:
        facts: a small JSON object: title, period, headline, what was left out.
        core, texts: packed columns in base64.
        count_texts: of texts that are inside.
    """

    facts: str
    core: str
    texts: str
    count_texts: int


def contents(
    read: ReportMarts,
    *,
    redacted: bool,
    max_texts: int | None,
    headline: Sequence[Sentence] | None = None,
    worded_by: str | None = None,
) -> Contents:
    """Pack the marts; with `max_texts` exemplars come first, then whoever the sample takes.

    Redacted are texts, identifiers, and summaries: those of the local models quote a text.

    Args:
        read: the marts.
        redacted: leave them out.
        max_texts: the most texts to take.
        headline: its sentences; None for those computed from the marts.
        worded_by: the model that worded them.
    """
    feedback = read.feedback
    kept = set() if redacted else _kept(read, max_texts)
    core: dict[str, Column] = {}
    for name, columns in read.marts.items():
        shown = _with_rows(columns, read, name)
        if redacted and "summary" in shown:
            shown = {**shown, "summary": [None] * len(shown["summary"])}
        core.update({f"{name}.{column}": values for column, values in table(shown).items()})
    core.update({f"feedback.{name}": values for name, values in _feedback(feedback, read).items()})
    for name in ("product", "source", "language", "sentiment", "categories"):
        values, places = indexed(feedback[name])
        core[f"names.{name}"] = values
        core[f"feedback.{name}"] = places
    rows = sorted(kept)
    texts: dict[str, Column] = {
        "row": smallest(rows),
        "text": [feedback["feedback_text"][row] for row in rows],
        "id": [] if redacted else [*feedback["feedback_id"]],
    }
    facts = _facts(read, redacted=redacted, left_out=len(feedback["feedback_id"]) - len(rows))
    said = sentences(read) if headline is None else headline
    facts |= {"headline": [each.as_plain() for each in said], "worded_by": worded_by}
    return Contents(json.dumps(facts, ensure_ascii=False), pack(core), pack(texts), len(rows))


def _facts(read: ReportMarts, *, redacted: bool, left_out: int) -> dict[str, Any]:
    runs = read.marts["cluster_runs"]
    published = [row for row, status in enumerate(runs["status"]) if status == "published"]
    parameters, versions = (
        json.loads(runs[name][published[-1]]) if published else {} for name in _HOW_MADE
    )
    feedback = read.feedback
    return {
        "version": __version__,
        "period": read.period,
        "count": len(feedback["feedback_id"]),
        "redacted": redacted,
        "left_out": left_out,
        "run": visible(runs["run_id"][published[-1]]) if published else None,
        "parameters": _shown(as_used(parameters)),
        "library_versions": _shown(sorted(versions.items())),
        "tagged_by": visible(_last(feedback["tagged_by_model"]) or ""),
        "is_local": _last(feedback["tagged_by_provider"]) == "local",
    }


def _shown(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    return [[visible(name), visible(str(value))] for name, value in pairs]


def _last(values: Sequence[str | None]) -> str | None:
    return next((each for each in reversed(values) if each is not None), None)


def _feedback(feedback: Columns, read: ReportMarts) -> dict[str, Column]:
    paths = {path: row for row, path in enumerate(read.marts["cluster_summary"]["cluster_path"])}
    times = [milliseconds(each) for each in feedback["created_at"]]
    first = times[0] // _DAY if times else 0
    rows = {identifier: row for row, identifier in enumerate(feedback["feedback_id"])}
    exemplars = read.marts["cluster_exemplars"]["feedback_id"]
    return {
        "day": smallest(int(each // _DAY - first) for each in times),
        "first_day": np.array([first], dtype=np.float64),
        "cluster": smallest(paths.get(each) for each in feedback["cluster_path"]),
        "rating": smallest(
            None if each is None else round(float(each) * 1000) for each in feedback["rating"]
        ),
        "tagged": smallest(int(each is not None) for each in feedback["tagged_by_model"]),
        "x": _positions(feedback["x"]),
        "y": _positions(feedback["y"]),
        "exemplar": smallest(rows.get(each) for each in exemplars),
    }


def _positions(values: Sequence[float | None]) -> np.ndarray[Any, np.dtype[np.uint16]]:
    array = np.array([np.nan if each is None else each for each in values], dtype=np.float64)
    known = ~np.isnan(array)
    found = np.full(len(array), _POSITIONS + 1, dtype=np.uint16)
    if known.any():
        low, high = array[known].min(), array[known].max()
        found[known] = np.round((array[known] - low) / ((high - low) or 1) * _POSITIONS)
    return found


def _with_rows(columns: Columns, read: ReportMarts, name: str) -> Mapping[str, Sequence[Any]]:
    """What of a mart is packed: exemplars without identifiers; runs without how they were made,
    which `_facts` tells of the published one; trends with the row of their theme, which is smaller.
    """
    if name == "cluster_exemplars":
        return {"cluster_path": columns["cluster_path"]}
    if name == "cluster_runs":
        return {each: columns[each] for each in columns if each not in _HOW_MADE}
    key = {"cluster_trends": "cluster_path", "tag_trends": "category"}.get(name)
    if key is None:
        return columns
    mart = "cluster_summary" if key == "cluster_path" else "tag_summary"
    rows = {theme: float(row) for row, theme in enumerate(read.marts[mart][key])}
    return {**columns, key: [rows.get(theme) for theme in columns[key]]}


def _kept(read: ReportMarts, max_texts: int | None) -> set[int]:
    """Rows whose text is inside; chosen by identifier alone, so that a rerun chooses the same."""
    identifiers = read.feedback["feedback_id"]
    if max_texts is None or max_texts >= len(identifiers):
        return set(range(len(identifiers)))
    rows = {identifier: row for row, identifier in enumerate(identifiers)}
    first = dict.fromkeys(
        rows[each] for each in _by_rank(read.marts["cluster_exemplars"]) if each in rows
    )
    shuffled = np.random.default_rng(0).permutation(len(identifiers)).tolist()
    return set(list(dict.fromkeys([*first, *shuffled]))[:max_texts])


def _by_rank(exemplars: Columns) -> list[str]:
    places = range(len(exemplars["feedback_id"]))
    ordered = sorted(places, key=lambda row: (exemplars["exemplar_rank"][row], row))
    return [exemplars["feedback_id"][row] for row in ordered]
