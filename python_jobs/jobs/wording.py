"""The headline of the report, worded by a chat model: asked for, one call, figures kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_jobs.jobs import usage
from python_jobs.jobs.budget import Budget, Spender
from python_jobs.jobs.outgoing import outgoing
from python_jobs.logs import logger
from python_jobs.providers import factory
from python_jobs.providers.errors import CallFailed
from python_jobs.providers.spending import BudgetReached
from python_jobs.storage import results
from python_jobs.storage.job_runs import job_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.providers.base import Rewordings
    from python_jobs.providers.protocols import Writer
    from python_jobs.reporting.html.headline import Sentence
    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.warehouse import Warehouse

JOB = "report"


@dataclass(frozen=True)
class Worded:
    """Sentences, and the model that worded some of them; None where it worded none."""

    sentences: Sequence[Sentence]
    model: str | None


def worded(
    settings: Settings,
    warehouse: Warehouse,
    computed: Sequence[Sentence],
    provider: ProviderName,
    budget: Budget | None = None,
) -> Worded:
    """Send leads and sentences, and take what comes back with the same figures and names.

    A sentence with what looks like personal data (in the name of a segment) stays at home. Where
    the call fails, the computed sentences stay, with a warning.

    Raises:
        BudgetReached: the call could pass the budget.
        ConfigurationError: no key, or no price to hold a ceiling with.
    """
    clean = outgoing(settings, provider)
    places = [place for place, each in enumerate(computed) if clean(each.text) == each.text]
    if not places:
        return Worded(computed, None)
    spender = Spender(budget or Budget(), warehouse)
    writer = factory.writer(settings, provider, spending=spender)
    spender.open(writer)
    try:
        texts = _asked(warehouse, writer, [computed[place] for place in places])
    except CallFailed as error:
        logger.warning("The headline keeps its computed wording: %s", error.message)
        return Worded(computed, None)
    found = list(computed)
    for place, text in zip(places, texts, strict=True):
        if text is not None:
            found[place] = replace(computed[place], text=text)
    kept = texts.count(None)
    if kept:
        logger.warning(
            "%d of %d sentences keep their computed wording: the model changed figures or names",
            kept,
            len(texts),
        )
    return Worded(found, writer.model if kept < len(texts) else None)


def _asked(
    warehouse: Warehouse, writer: Writer, sentences: Sequence[Sentence]
) -> tuple[str | None, ...]:
    with job_run(warehouse, JOB, provider=writer.provider, model=writer.model) as run:

        def record(spent: Rewordings | CallFailed | BudgetReached) -> None:
            if spent.usage.requests:
                request = usage.request(JOB, writer, len(sentences), spent.usage)
                with warehouse.transaction() as connection:
                    results.record_request(connection, request, run.job_run_id)

        try:
            answer = writer.reword([(each.lead, each.text) for each in sentences])
        except (CallFailed, BudgetReached) as error:
            record(error)
            raise
        record(answer)
        run.counts["worded"] = len(answer.texts) - answer.texts.count(None)
    return answer.texts
