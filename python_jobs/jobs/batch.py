"""Batches: the work of `insights embed` and `insights tag` at half price, within a day.

A batch goes through these states, each recorded before the next begins, so that a crash anywhere
costs nothing twice: its texts are set aside; its file is uploaded; it is started; its answers are
stored line by line; it is closed, and its files are deleted at the provider.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from python_jobs.errors import UsageError
from python_jobs.jobs import batch_upkeep
from python_jobs.jobs.batch_fetch import Fetched, fetch
from python_jobs.jobs.batch_submit import (
    Submission,
    require_openai,
    submit_embeddings,
    submit_tags,
)
from python_jobs.providers.openai.batches import TERMINAL, BatchClient, Missing
from python_jobs.storage import batches
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.providers.retry import Sleep
    from python_jobs.settings import Settings

__all__ = [
    "Fetched",
    "Listed",
    "Submission",
    "cancel",
    "delete_provider_files",
    "fetch",
    "list_batches",
    "require_openai",
    "submit_embeddings",
    "submit_tags",
]


class Listed(NamedTuple):
    """A batch, and how many of its texts are in which state."""

    batch: batches.Batch
    items: dict[str, int]


def list_batches(settings: Settings, *, only_open: bool = False) -> list[Listed]:
    """Every batch with what became of its texts, the oldest first."""
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        counts = batches.count_items(connection)
        known = batches.read_batches(connection, only_open=only_open)
    return [Listed(batch, counts.get(batch.batch_id, {})) for batch in known]


def cancel(
    settings: Settings,
    batch_ids: Sequence[str] | None,
    *,
    abandon: bool = False,
    sleep: Sleep | None = None,
) -> list[batches.Batch]:
    """Ask the provider to end batches; what it has answered is still there to be fetched.

    Args:
        settings: for the database and the provider.
        batch_ids: ours or the provider's; None for all that are open.
        abandon: give the texts back without asking a provider that does not know the batch.
        sleep: waits between attempts.

    Raises:
        UsageError: no such batch, one that is closed, or one being prepared by another process.
        CallFailed: the provider cannot be asked.
    """
    with Warehouse(settings) as warehouse:
        chosen = _choose_open(warehouse, batch_ids)
        if abandon:
            for batch in chosen:
                with warehouse.transaction() as connection:
                    batches.close_batch(connection, batch.batch_id, reason="abandoned by the user")
            return chosen
        with closing(BatchClient(settings, sleep=sleep)) as client:
            batch_upkeep.repair(warehouse, client)
            chosen = [each for each in _known(warehouse, chosen) if each.closed_at is None]
            for batch in chosen:
                _cancel_one(warehouse, client, batch)
        return _known(warehouse, chosen)


def _choose_open(warehouse: Warehouse, batch_ids: Sequence[str] | None) -> list[batches.Batch]:
    with warehouse.transaction() as connection:
        found = batches.read_batches(connection, batch_ids=batch_ids, only_open=batch_ids is None)
    names = {name for each in found for name in (each.batch_id, each.provider_batch_id)}
    for batch_id in batch_ids or ():
        if batch_id not in names:
            raise UsageError(f"there is no batch {batch_id}", hint="see `insights batch list`")
    for each in found:
        if each.closed_at:
            raise UsageError(f"batch {each.batch_id} has ended: it is {each.status}")
    return found


def _known(warehouse: Warehouse, chosen: Sequence[batches.Batch]) -> list[batches.Batch]:
    with warehouse.transaction() as connection:
        return batches.read_batches(connection, batch_ids=[each.batch_id for each in chosen])


def _cancel_one(warehouse: Warehouse, client: BatchClient, batch: batches.Batch) -> None:
    if batch.provider_batch_id is None:
        raise UsageError(
            f"batch {batch.batch_id} is being prepared by another process",
            hint=f"wait until {batch.held_until:%H:%M} UTC, or use --abandon",
        )
    try:
        remote = client.cancel(batch.provider_batch_id)
    except Missing as error:
        raise UsageError(
            f"batch {batch.batch_id}: {error.message}",
            hint="with another key it may be there; --abandon gives its texts back",
        ) from None
    # A batch that has ended is for `fetch` to close, whatever its end.
    status = batch.status if remote.status in TERMINAL else remote.status
    with warehouse.transaction() as connection:
        values = {"status": status, "reason": "cancelled by the user"}
        batches.update_batch(connection, batch.batch_id, values)


def delete_provider_files(settings: Settings, batch_ids: Sequence[str]) -> int:
    """Delete the files of these batches at the provider, also of those that are still open.

    For `insights forget`: a batch whose file of requests is gone may end without an answer, and
    its texts are then pending again. Best effort; returns how many batches have no file left.

    Raises:
        ConfigurationError: no key.
    """
    if not batch_ids:
        return 0
    with Warehouse(settings) as warehouse, closing(BatchClient(settings)) as client:
        with warehouse.transaction() as connection:
            chosen = batches.read_batches(connection, batch_ids=batch_ids)
        return batch_upkeep.delete_files(warehouse, client, chosen)
