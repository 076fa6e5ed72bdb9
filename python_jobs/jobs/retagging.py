"""Before texts are tagged: which of those read earlier does an edit of the taxonomy concern?

An edit of one category need not cost a reading of everything. Texts tagged with what was changed
or removed, texts with no tag at all where something was changed or added, and texts near what was
changed or added are read again; all others keep their tags.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from python_jobs.jobs.nearness import near
from python_jobs.logs import logger
from python_jobs.storage import results, retagging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.jobs.budget import Spender
    from python_jobs.providers.base import Taxonomy
    from python_jobs.settings import Settings
    from python_jobs.storage.job_runs import JobRun
    from python_jobs.storage.results import ActiveModel
    from python_jobs.storage.retagging import Change, Outdated
    from python_jobs.storage.warehouse import Warehouse

_EDITS = ("added", "changed", "removed")


def prepare(
    settings: Settings,
    warehouse: Warehouse,
    taxonomy: Taxonomy,
    active: ActiveModel,
    run: JobRun,
    spender: Spender,
    *,
    full_retag: bool = False,
) -> None:
    """Make the model and taxonomy active, and draw the conclusions of what was edited since.

    Whatever becomes of the job afterwards, the conclusions hold: a rerun finds them drawn.

    Args:
        settings: for the embedding model, which tells what is near a category.
        warehouse: holds the tags.
        taxonomy: of today.
        active: the tagging model with the taxonomy's and the prompt's hash.
        run: the job's; takes the counts.
        spender: pays for embedding the taxonomy.
        full_retag: ask for every text again.

    Raises:
        CallFailed: the embedding model failed; nothing has changed, and a rerun starts over.
    """
    hashes = {entry.category: entry.category_hash for entry in taxonomy.categories}
    with warehouse.transaction() as connection:
        retagging.record_taxonomy(connection, taxonomy.taxonomy_hash, hashes)
        if results.activate_model(connection, active):
            logger.info("Tagging with %s and %d categories", active.model, len(hashes))
    if full_retag:
        _request_all(warehouse, active, run)
        return
    with warehouse.transaction() as connection:
        until = retagging.latest_reading(connection, active.model)
        outdated = retagging.read_outdated(connection)
        changes = retagging.read_changes(connection) if outdated else []
    if not outdated:
        return
    reasons = {each.content_hash: each.reason for each in outdated if each.reason}
    reasons |= near(settings, warehouse, taxonomy, _edits(outdated, changes), run, spender)
    with warehouse.transaction() as connection:
        retagging.take_turn(connection)
        retagging.request(connection, reasons, model=active.model, job_run_id=run.job_run_id)
        kept = retagging.carry_over(connection, active, until)
        retagging.drop_retired_tags(connection, active.model)
    _report(changes, reasons, kept, run)


def _request_all(warehouse: Warehouse, active: ActiveModel, run: JobRun) -> None:
    with warehouse.transaction() as connection:
        retagging.take_turn(connection)
        count = retagging.request_all(connection, model=active.model, job_run_id=run.job_run_id)
        retagging.drop_retired_tags(connection, active.model)
    logger.info(
        "All %s texts that %s has read are read again; where this run is cut off, go on without "
        "--full-retag",
        f"{count:,}",
        active.model,
    )


def _edits(outdated: Sequence[Outdated], changes: Sequence[Change]) -> dict[str, list[str]]:
    """New and changed categories by the text that they could concern, judging by nearness."""
    by_taxonomy: dict[str, list[str]] = {}
    for change in changes:
        if change.change != "removed":
            by_taxonomy.setdefault(change.taxonomy_hash, []).append(change.category)
    return {
        each.content_hash: by_taxonomy[each.taxonomy_hash]
        for each in outdated
        if each.reason is None and each.taxonomy_hash in by_taxonomy
    }


def _report(changes: Sequence[Change], reasons: dict[str, str], kept: int, run: JobRun) -> None:
    counts = Counter(kind for _, kind in {(each.category, each.change) for each in changes})
    said = [
        f"{counts[kind]} {'category' if counts[kind] == 1 else 'categories'} {kind}"
        for kind in _EDITS
        if counts[kind]
    ]
    logger.info(
        "%s: %s of %s texts are read again, %s keep their tags",
        ", ".join(said) or "The taxonomy of earlier readings is not known",
        f"{len(reasons):,}",
        f"{len(reasons) + kept:,}",
        f"{kept:,}",
    )
    logger.debug("reasons to read again: %s", dict(Counter(reasons.values())))
    run.counts.update({"carried_over": kept})
