"""Feedback straight from a file, as dbt would stage it: validated, without duplicates, hashed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.logs import Tick, logger, progress
from python_jobs.sources import ReadOptions, Source, open_source
from python_jobs.sources.content import content_hash
from python_jobs.sources.records import validator
from python_jobs.sources.rows import Rejection
from python_jobs.storage.job_inputs import ClusteredFeedback, ClusteringText, Period

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from python_jobs.sources.rows import Feedback, SourceRow

_TICK_EVERY = 1_000  # rows
_NEEDED = ("feedback_id", "feedback_text")
_NEVER = datetime(1, 1, 1)  # noqa: DTZ001  (the models keep UTC timestamps without offset)


@dataclass(frozen=True)
class InputFile:
    """A file of feedback and how to read it."""

    path: Path
    options: ReadOptions = field(default_factory=ReadOptions)


@dataclass(frozen=True)
class FileFeedback:
    """The feedback of a file.

    Attributes:
        name: the file's, without its folder.
        texts: distinct texts of the period, by content hash, with how many feedback say each.
        feedback: of the period, by id.
        rows_in: records in the file.
        repeated: of these, rows that say again what an earlier one with the same id said.
        reasons: rows that cannot be used, by reason, the most frequent first.
    """

    name: str
    texts: tuple[ClusteringText, ...]
    feedback: tuple[ClusteredFeedback, ...]
    rows_in: int
    repeated: int
    reasons: Mapping[str, int]

    @property
    def rejected(self) -> int:
        """Rows that cannot be used."""
        return sum(self.reasons.values())


def read_feedback(file: InputFile, period: Period, limit: int | None = None) -> FileFeedback:
    """Read a file as `insights load` and dbt would, but for `created_at`, which may be absent.

    Duplicates are those of `content_hash`; the first to say a text (by date, then id) gives the
    spelling.

    Args:
        file: what to read.
        period: which feedback; with a bound every row needs its `created_at`.
        limit: at most so many texts, those of the latest feedback.

    Raises:
        UsageError: the file cannot be read as what it is said to be, lacks a column, or has no
            good row.
    """
    dated = period.start is not None or period.end is not None
    needed = (*_NEEDED, "created_at") if dated else _NEEDED
    options = replace(file.options, required=needed)
    gathered = _Gathered()
    with open_source(file.path, options) as source:
        validate = validator(options)
        with progress(f"Reading {file.path.name}", source.size, source.unit) as tick:
            for row in _ticking(source, tick):
                gathered.take(validate(row))
    found = FileFeedback(
        file.path.name,
        *gathered.of(period, limit),
        rows_in=gathered.rows_in,
        repeated=gathered.repeated,
        reasons=dict(gathered.reasons.most_common()),
    )
    _check_some(found, gathered)
    _report(found, gathered)
    return found


def _ticking(source: Source, tick: Tick) -> Iterator[SourceRow]:
    done = 0
    for number, row in enumerate(source.rows, 1):
        yield row
        if number % _TICK_EVERY == 0:
            position = source.position()
            tick(position - done)
            done = position
    tick(source.size - done)


@dataclass(frozen=True)
class _First:
    """The first feedback to say a text."""

    order: tuple[bool, str, str]
    text: str


class _Gathered:
    """What was read so far."""

    def __init__(self) -> None:
        self.rows_in = self.repeated = 0
        self.reasons: Counter[str] = Counter()
        self.first_lines: dict[str, int] = {}
        self._ids: dict[str, tuple[str, int]] = {}
        self._firsts: dict[str, _First] = {}
        self._feedback: list[ClusteredFeedback] = []

    def take(self, row: Feedback | Rejection) -> None:
        """Count a row and keep it, if it is good and new."""
        self.rows_in += 1
        if isinstance(row, Rejection):
            self._reject(row.reason, row.line_number)
            return
        known = self._ids.setdefault(row.feedback_id, (row.row_hash, row.line_number))
        if known[1] != row.line_number:
            if known[0] == row.row_hash:
                self.repeated += 1
            else:
                self._reject("repeated feedback_id in this file: other content", row.line_number)
            return
        key = content_hash(row.feedback_text)
        first = _First((not row.created_at, row.created_at, row.feedback_id), row.feedback_text)
        known_first = self._firsts.get(key)
        if known_first is None or first.order < known_first.order:
            self._firsts[key] = first
        self._feedback.append(
            ClusteredFeedback(
                feedback_id=row.feedback_id,
                content_hash=key,
                created_at=_moment(row.created_at),
                rating=None if row.rating is None else float(row.rating),
            )
        )

    def _reject(self, reason: str, line: int) -> None:
        code = reason.split(":")[0]
        self.reasons[code] += 1
        self.first_lines.setdefault(code, line)

    def of(
        self, period: Period, limit: int | None
    ) -> tuple[tuple[ClusteringText, ...], tuple[ClusteredFeedback, ...]]:
        """Texts and feedback of the period; with a limit the texts of the latest feedback."""
        inside = [each for each in self._feedback if _is_within(each.created_at, period)]
        counts = Counter(each.content_hash for each in inside)
        hashes = sorted(counts)
        if limit is not None and limit < len(hashes):
            latest: dict[str, datetime] = {}
            for each in inside:
                if each.created_at is not None:
                    before = latest.get(each.content_hash, each.created_at)
                    latest[each.content_hash] = max(before, each.created_at)
            # undated texts come last, by hash, which is as good as by chance
            hashes.sort(key=lambda key: latest.get(key, _NEVER), reverse=True)
            hashes = sorted(hashes[:limit])
        kept = set(hashes)
        return (
            tuple(ClusteringText(key, self._firsts[key].text, counts[key]) for key in hashes),
            tuple(
                sorted(
                    (each for each in inside if each.content_hash in kept),
                    key=lambda each: each.feedback_id,
                )
            ),
        )


def _moment(created_at: str) -> datetime | None:
    """A UTC timestamp without offset, as the models keep it."""
    return datetime.fromisoformat(created_at).replace(tzinfo=None) if created_at else None


def _is_within(moment: datetime | None, period: Period) -> bool:
    day = moment.date() if moment else None
    if day is None:
        return period.start is None and period.end is None
    return (period.start or date.min) <= day <= (period.end or date.max)


def _check_some(found: FileFeedback, gathered: _Gathered) -> None:
    if not found.rows_in:
        raise UsageError(
            f"{found.name} has no row of feedback", hint="it has headings only, or blank lines"
        )
    if found.rejected == found.rows_in:
        whys = ", ".join(
            f"{reason} ({count:,}, first on line {gathered.first_lines[reason]})"
            for reason, count in found.reasons.items()
        )
        raise UsageError(
            f"{found.name}: no row of {found.rows_in:,} can be used: {whys}",
            hint="is each column the right one (--map)? "
            f"{_way(found.reasons) or 'rows need an id and a text'}",
        )


def _way(reasons: Collection[str]) -> str:
    """The option that most likely helps."""
    for code, way in (
        ("unreadable created_at", "dates that are not ISO 8601 need --date-format"),
        ("impossible rating", "another scale than 1-5 needs --rating-scale"),
    ):
        if code in reasons:
            return way
    return ""


def _report(found: FileFeedback, gathered: _Gathered) -> None:
    """Say on stderr what became of the rows."""
    logger.info(
        "%s: %s rows = %s usable + %s said twice with the same id + %s rejected",
        found.name,
        *(
            f"{count:,}"
            for count in (
                found.rows_in,
                found.rows_in - found.repeated - found.rejected,
                found.repeated,
                found.rejected,
            )
        ),
    )
    for reason, count in found.reasons.items():
        line = gathered.first_lines[reason]
        logger.info("  rejected: %s (%s, first on line %d)", reason, f"{count:,}", line)
    logger.info(
        "%s feedback, %s distinct texts", f"{len(found.feedback):,}", f"{len(found.texts):,}"
    )
