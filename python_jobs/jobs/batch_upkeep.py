"""What batches need between making and fetching them: a crash mended, files deleted.

A batch is recorded before anything is sent. One that stays `preparing` belongs to a process that
is still at work, or to one that died: then the provider's list tells whether it was started.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from python_jobs.logs import logger
from python_jobs.providers.errors import CallFailed
from python_jobs.storage import batches
from python_jobs.storage.batches import PREPARING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.providers.openai.batches import BatchClient, RemoteBatch
    from python_jobs.storage.batches import Batch
    from python_jobs.storage.warehouse import Warehouse

HOLD = timedelta(minutes=15)
"""How long a process that prepares a batch may be silent: longer than any single attempt."""


def repair(warehouse: Warehouse, client: BatchClient) -> None:
    """Take over batches that a crash left unrecorded, and give back texts of those never started.

    Raises:
        CallFailed: the provider cannot be asked.
    """
    with warehouse.transaction() as connection:
        known = batches.read_batches(connection, only_open=True)
    for batch in known:
        if batch.status != PREPARING or batch.host != client.host:
            continue
        found = client.find(batch.batch_id, batch.created_at)
        if found:
            record_started(warehouse, batch.batch_id, found)
            logger.warning("Batch %s was started before a crash; taken over", batch.batch_id)
        elif batch.held_until is None or batch.held_until < datetime.now(UTC):
            release(warehouse, client, batch, "the process that prepared it ended before it began")


def record_started(warehouse: Warehouse, batch_id: str, remote: RemoteBatch) -> None:
    """Store the provider's id of a batch."""
    with warehouse.transaction() as connection:
        batches.update_batch(
            connection,
            batch_id,
            {
                "provider_batch_id": remote.provider_batch_id,
                "input_file_id": remote.input_file_id,
                "status": remote.status,
                "submitted_at": datetime.now(UTC),
                "held_until": None,
            },
            only_in=[PREPARING],
        )


def release(warehouse: Warehouse, client: BatchClient, batch: Batch, reason: str) -> None:
    """Give the texts of a batch back that the provider does not have, and delete its file."""
    with warehouse.transaction() as connection:
        mine = batches.update_batch(
            connection,
            batch.batch_id,
            {"status": "released", "reason": reason},
            only_in=[PREPARING],
        )
        given_back = batches.close_batch(connection, batch.batch_id) if mine else 0
    if not mine:
        return
    logger.warning(
        "Batch %s: %s; its %d texts are pending again", batch.batch_id, reason, given_back
    )
    try:
        # a crash after the upload leaves a file whose id nobody has stored
        for file_id in {*batch.file_ids, *client.uploads(file_name(batch.batch_id))}:
            client.delete(file_id)
    except CallFailed as error:
        logger.warning("Files of batch %s may be left: %s", batch.batch_id, error.message)
        return
    with warehouse.transaction() as connection:
        batches.note_files_deleted(connection, batch.batch_id)


def delete_files(warehouse: Warehouse, client: BatchClient, chosen: Sequence[Batch]) -> int:
    """Delete the provider's files of these batches, since they hold customers' words.

    Best effort: what fails is tried again by the next fetch. Returns how many batches are clean.
    """
    clean = 0
    for batch in chosen:
        if batch.host != client.host:
            logger.warning("Files of batch %s are at %s", batch.batch_id, batch.host)
            continue
        try:
            for file_id in batch.file_ids:
                client.delete(file_id)
        except CallFailed as error:
            logger.warning("Files of batch %s may be left: %s", batch.batch_id, error.message)
            continue
        with warehouse.transaction() as connection:
            batches.note_files_deleted(connection, batch.batch_id)
        clean += 1
    return clean


def file_name(batch_id: str) -> str:
    """What the file of requests is called at the provider."""
    return f"{batch_id}.jsonl"
