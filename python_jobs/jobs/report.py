"""The summary of the published run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.jobs.wording import Worded, worded
from python_jobs.reporting import terminal
from python_jobs.reporting.html.assembling import assemble
from python_jobs.reporting.html.contents import contents
from python_jobs.reporting.html.headline import sentences
from python_jobs.storage import marts
from python_jobs.storage.report import read_report
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from rich.console import RenderableType

    from python_jobs.jobs.budget import Budget
    from python_jobs.settings import ProviderName, Settings


def report(settings: Settings, *, redacted: bool = False) -> RenderableType:
    """Totals, the segment tree and the tags, as rich text.

    Args:
        settings: for the database.
        redacted: leave out what customers wrote.

    Raises:
        UsageError: there is no feedback yet.
        DatabaseError: the marts are not built.
    """
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        totals = marts.read_totals(connection)
        if not totals.feedback:
            raise _nothing()
        segments = marts.read_segments(connection)
        if redacted:
            segments = [replace(segment, quote=None) for segment in segments]
        return terminal.summary(totals, segments, marts.read_tags(connection))


@dataclass(frozen=True)
class HtmlReport:
    """A page, and how much is in it.

    Attributes:
        count_texts: texts of feedback that are inside.
    """

    html: str
    count_feedback: int
    count_texts: int


def html_report(
    settings: Settings,
    *,
    title: str,
    redacted: bool = False,
    max_texts: int | None = None,
    wording: ProviderName | None = None,
    budget: Budget | None = None,
) -> HtmlReport:
    """The published run as one HTML file; without `wording` the same marts give the same file.

    Args:
        settings: the environment's.
        title: the heading.
        redacted: leave out texts, quotes, summaries and identifiers.
        max_texts: the most texts to put inside.
        wording: who words the headline; None leaves it as computed.
        budget: of `wording`.

    Raises:
        UsageError: there is no feedback yet.
        DatabaseError: the marts are not built.
        BudgetReached, ConfigurationError: see `wording.worded`.
    """
    with Warehouse(settings) as warehouse:
        with warehouse.transaction() as connection:
            read = read_report(connection)
        count = len(read.feedback["feedback_id"])
        if not count:
            raise _nothing()
        headline = Worded(sentences(read), None)
        if wording:
            headline = worded(settings, warehouse, headline.sentences, wording, budget)
    inside = contents(
        read,
        redacted=redacted,
        max_texts=max_texts,
        headline=headline.sentences,
        worded_by=headline.model,
    )
    return HtmlReport(assemble(inside, title=title), count, inside.count_texts)


def _nothing() -> UsageError:
    return UsageError(
        "there is no feedback to report on",
        hint="run `./run_pipeline.sh --demo` or `./run_pipeline.sh --source FILE`",
    )
