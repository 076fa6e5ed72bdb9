"""Measure a tagger on texts that people have labelled. Stores no tag, only what was paid for."""

from __future__ import annotations

import difflib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from python_jobs.errors import UsageError
from python_jobs.jobs import usage
from python_jobs.jobs.batches import in_threads, isolating
from python_jobs.jobs.budget import Budget, Spender
from python_jobs.jobs.outgoing import outgoing
from python_jobs.jobs.own_table import own_table
from python_jobs.jobs.stopping import stop_on_signals
from python_jobs.jobs.tag import read_taxonomy
from python_jobs.logs import logger, progress
from python_jobs.providers import factory
from python_jobs.providers.base import Taxonomy, Usage
from python_jobs.providers.errors import CallFailed
from python_jobs.providers.spending import BudgetReached
from python_jobs.reporting.tag_scores import Scores, score
from python_jobs.sources.gold import GoldOptions, GoldRow, read_gold
from python_jobs.storage import results
from python_jobs.storage.gold import texts_of
from python_jobs.storage.job_runs import job_run
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from python_jobs.jobs.batches import Outcome
    from python_jobs.jobs.pending import Selection
    from python_jobs.providers.base import Taggings
    from python_jobs.providers.protocols import Tagger
    from python_jobs.settings import ProviderName, Settings

    _Outcome = Outcome[tuple[str, str], Taggings]

_LONGEST_LABEL = 60
_SHOWN = 5


@dataclass(frozen=True)
class GoldFile:
    """What to measure against.

    Attributes:
        path: the labelled file.
        options: how to read it.
        label_map: labels by what they are called in the taxonomy; "" leaves one out.
        limit: texts at most.
    """

    path: Path
    options: GoldOptions = field(default_factory=GoldOptions)
    label_map: Mapping[str, str] = field(default_factory=dict)
    limit: int | None = None


@dataclass(frozen=True)
class Evaluation:
    """What came of it.

    Attributes:
        count_texts: distinct texts that were tagged.
        count_failed: of these, those that the tagger could not answer for; they count as
            having no tag.
    """

    provider: str
    model: str
    count_texts: int
    count_failed: int
    scores: Scores
    usage: Usage

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "provider": self.provider,
            "model": self.model,
            "count_texts": self.count_texts,
            "count_failed": self.count_failed,
            "requests": self.usage.requests,
            "input_tokens": self.usage.input_tokens,
            "output_tokens": self.usage.output_tokens,
            "cost_usd": None if self.usage.cost_usd is None else float(self.usage.cost_usd),
            **self.scores.as_dict(),
        }


@dataclass
class _Found:
    """Tags by text, as the threads bring them in."""

    tags: dict[str, frozenset[str]] = field(default_factory=dict)
    failed: int = 0
    usage: Usage = field(default_factory=Usage)


def evaluate(
    settings: Settings,
    gold: GoldFile,
    selection: Selection,
    *,
    provider: ProviderName | None = None,
    items_per_request: int | None = None,
    budget: Budget | None = None,
) -> Evaluation:
    """Tag the labelled texts with the taxonomy of the database, and compare.

    Args:
        settings: for the database and the provider.
        gold: the labelled texts.
        selection: batch size and workers.
        provider: instead of the configured one.
        items_per_request: texts that share a request over the network, at most.
        budget: what may be spent; None allows everything.

    Raises:
        BudgetReached: the next request could have passed it; nothing was measured.
        UsageError: the file cannot be used, or has labels that are no category.
        ConfigurationError: the taxonomy or the provider cannot be used.
        CallFailed: the provider refused or failed for good.
    """
    is_loaded = own_table(settings) is None
    with stop_on_signals() as stop, Warehouse(settings) as warehouse:
        spender = Spender(budget or Budget(), warehouse)
        tagger = factory.tagger(settings, provider, stop=stop, spending=spender)
        spender.open(tagger)
        with warehouse.transaction() as connection:
            taxonomy = read_taxonomy(connection)
            rows = read_gold(gold.path, gold.options)
            ids = [row.feedback_id for row in rows if row.feedback_id is not None]
            loaded = texts_of(connection, ids, is_loaded=is_loaded) if ids else {}
        labels = _by_text(rows, loaded, to_categories(rows, taxonomy, gold.label_map), gold)
        size = min(selection.batch_size, tagger.max_batch)
        if tagger.provider != "local":
            size = min(size, items_per_request or size)
        with _recorded(warehouse, tagger) as record:
            found = tag_texts(
                settings, tagger, taxonomy, list(labels), size, selection.workers, stop, record
            )
    tags = [found.tags.get(text, frozenset()) for text in labels]
    if found.failed:
        logger.warning("%d texts could not be tagged and count as having no tag", found.failed)
    return Evaluation(
        provider=tagger.provider,
        model=tagger.model,
        count_texts=len(labels),
        count_failed=found.failed,
        scores=score(taxonomy.names, list(labels.values()), tags),
        usage=found.usage,
    )


@contextmanager
def _recorded(warehouse: Warehouse, tagger: Tagger) -> Iterator[Callable[[int, Usage], None]]:
    """Writes a row of `api_usage` for each call; nothing where the model runs on this machine."""
    if tagger.provider == "local":
        yield lambda *_: None
        return
    with job_run(warehouse, "evaluate", provider=tagger.provider, model=tagger.model) as run:

        def record(count: int, spent: Usage) -> None:
            if spent.requests:
                row = usage.request("evaluate", tagger, count, spent)
                with warehouse.transaction() as connection:
                    results.record_request(connection, row, run.job_run_id)

        yield record


def tag_texts(
    settings: Settings,
    tagger: Tagger,
    taxonomy: Taxonomy,
    texts: Sequence[str],
    size: int,
    workers: int,
    stop: threading.Event,
    record: Callable[[int, Usage], None],
) -> _Found:
    """Tag texts that need no storing; says how many requests that takes before the first."""
    redacted = outgoing(settings, tagger.provider)
    items = [(str(number), text) for number, text in enumerate(texts)]
    batches = list(tagger.batches(items, lambda item: item[1], size))
    what = f"{len(batches):,} requests" if tagger.provider != "local" else "on this machine"
    logger.info("Evaluating %s on %s labelled texts: %s", tagger.model, f"{len(texts):,}", what)
    found = _Found()

    def ask(batch: tuple[tuple[str, str], ...]) -> tuple[list[_Outcome], Usage]:
        spent = Usage()

        def call(part: Sequence[tuple[str, str]]) -> Taggings:
            nonlocal spent
            try:
                answer = tagger.tag_batch(part, taxonomy)
            except (CallFailed, BudgetReached) as error:  # paid for too, whatever comes next
                spent += error.usage
                record(len(part), error.usage)
                raise
            spent += answer.usage
            record(len(part), answer.usage)
            return answer

        sent = tuple((item_id, redacted(text)) for item_id, text in batch)
        return list(isolating(call, sent)), spent

    with progress("Evaluating", len(texts), "texts") as tick:
        for outcomes, spent in in_threads(batches, ask, workers, stop):
            found.usage += spent
            for outcome in outcomes:
                found.failed += len(outcome.items) if outcome.error else 0
                for result in outcome.answer.results if outcome.answer else ():
                    names = frozenset(tag.category for tag in result.tags)
                    found.tags[texts[int(result.item_id)]] = names
                tick(len(outcome.items))
    return found


def to_categories(
    rows: Sequence[GoldRow], taxonomy: Taxonomy, label_map: Mapping[str, str]
) -> dict[str, str]:
    """The category for each label, "" for those to leave out.

    Case, and a space for an underscore, make no difference.

    Raises:
        UsageError: labels that are no category, with what may have been meant.
    """
    known = {_plain(name): name for name in taxonomy.names}
    renamed = {_plain(label): category for label, category in label_map.items()}
    wanted = sorted({label for row in rows for label in row.labels})
    targets = {label: renamed.get(_plain(label), label).strip() for label in wanted}
    unknown = [label for label, target in targets.items() if target and _plain(target) not in known]
    if unknown:
        raise UsageError(
            _complaint(unknown, taxonomy.names),
            hint="--map-label 'LABEL=CATEGORY' renames one, 'LABEL=' leaves it out",
        )
    return {label: known[_plain(target)] if target else "" for label, target in targets.items()}


def _complaint(unknown: Sequence[str], names: Sequence[str]) -> str:
    if any(len(label) > _LONGEST_LABEL for label in unknown):
        # They may be what customers wrote: never shown.
        return (
            f"{len(unknown)} labels are no category, and some are too long to be one; are "
            "--labels-column and --separator right?"
        )
    shown = []
    plain = {_plain(name): name for name in names}
    for label in unknown[:_SHOWN]:
        near = difflib.get_close_matches(_plain(label), plain, n=1, cutoff=0.6)
        shown.append(f"{label!r}" + (f" (did you mean {plain[near[0]]!r}?)" if near else ""))
    more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    return f"{len(unknown)} labels are no category of the taxonomy: {', '.join(shown)}{more}"


def _by_text(
    rows: Sequence[GoldRow],
    loaded: Mapping[str, str],
    categories: Mapping[str, str],
    gold: GoldFile,
) -> dict[str, frozenset[str]]:
    """Labels by distinct text; those of a text that comes several times are joined."""
    found: dict[str, frozenset[str]] = {}
    missing = 0
    for row in rows:
        text = row.text if row.text is not None else loaded.get(row.feedback_id or "")
        if text is None:
            missing += 1
            continue
        if text not in found and gold.limit is not None and len(found) >= gold.limit:
            continue
        names = frozenset(categories[label] for label in row.labels) - {""}
        found[text] = found.get(text, frozenset()) | names
    if missing == len(rows):
        raise UsageError(
            f"none of the {missing} ids in {gold.path.name} is of loaded feedback",
            hint="load the feedback first, or name the column with the texts: --text-column",
        )
    if missing:
        logger.warning("%d of %d ids are not of loaded feedback; left out", missing, len(rows))
    return found


def _plain(label: str) -> str:
    return " ".join(label.replace("_", " ").split()).casefold()
