"""Hand pending texts to the provider as batches (see `batch`)."""

from __future__ import annotations

import tempfile
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING
from uuid import uuid4

from python_jobs.errors import ConfigurationError, DatabaseError, UsageError
from python_jobs.jobs import batch_upkeep, retagging
from python_jobs.jobs.batch_costs import Allowance, Ceiling
from python_jobs.jobs.batch_kinds import EmbeddingBatches, Kind, TaggingBatches
from python_jobs.jobs.batch_pack import Packed, pack
from python_jobs.jobs.budget import ZERO, Budget, Spender
from python_jobs.jobs.embed import VectorWriter, activate
from python_jobs.jobs.outgoing import outgoing
from python_jobs.jobs.pending import recovered
from python_jobs.jobs.tag import read_taxonomy
from python_jobs.logs import logger
from python_jobs.providers.errors import CallFailed
from python_jobs.providers.openai.batches import BatchClient
from python_jobs.storage import batches, results
from python_jobs.storage.batches import PREPARING, Batch, Item
from python_jobs.storage.job_inputs import count_pending
from python_jobs.storage.job_runs import JobRun, job_run
from python_jobs.storage.leases import Leases, heartbeat
from python_jobs.storage.vector_store import VectorStore
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from python_jobs.jobs.pending import Recover, Selection
    from python_jobs.providers.retry import Sleep
    from python_jobs.settings import ProviderName, Settings
    from python_jobs.storage.job_inputs import PendingText

CLAIM = 50_000
"""Texts that are looked at for one batch: no batch of embeddings may hold more."""


@dataclass
class Submission:
    """What was handed to the provider.

    Attributes:
        batch_ids: our own ids of the batches.
        requests: lines in their files.
        items: texts in them.
        found: texts that had their result already, from a run that was cut off.
        cost_bound: US dollars that the batches can cost; counted where there is a ceiling.
    """

    batch_ids: list[str] = field(default_factory=list)
    requests: int = 0
    items: int = 0
    found: int = 0
    cost_bound: Decimal = ZERO

    def counts(self) -> dict[str, int | float | str | None]:
        """For `job_runs` and `--json`."""
        return {
            "batches": len(self.batch_ids),
            "requests": self.requests,
            "items": self.items,
            "found": self.found,
        }


def submit_embeddings(
    settings: Settings,
    selection: Selection,
    *,
    provider: ProviderName | None = None,
    skip_embedded: bool = True,
    budget: Budget | None = None,
    sleep: Sleep | None = None,
) -> Submission:
    """Hand the pending texts to the provider as batches of embedding requests.

    Args:
        settings: for the database and the provider.
        selection: which part of the pending set, and how many texts a request.
        provider: instead of the configured one.
        skip_embedded: False makes every text pending again first.
        budget: what may be spent; the most that the batches can cost is set aside in it.
        sleep: waits between attempts; replaced in tests.

    Raises:
        UsageError: the local provider.
        ConfigurationError: Azure, no key, or a ceiling without a price of the model.
        BudgetReached: the rest could pass the ceiling, and is still pending; what fits was made.
        CallFailed: the provider refused or failed for good; batches started before stay.
    """
    require_openai(settings, provider)
    kind = EmbeddingBatches(settings)
    with Warehouse(settings) as warehouse, VectorStore(settings) as store:
        ceiling = Ceiling(warehouse, kind.active, datetime.now(UTC), budget)

        def prepare(run: JobRun) -> Recover | None:
            activate(warehouse, store, kind.embedder)
            if not skip_embedded:
                with warehouse.transaction() as connection:
                    results.forget_embedded(
                        connection,
                        selection.period,
                        model=kind.model,
                        dimensions=kind.embedder.dimensions,
                    )
                return None
            redacted = outgoing(settings, kind.embedder.provider)
            return VectorWriter(store, kind.embedder, redacted, run.job_run_id).recover

        with closing(BatchClient(settings, sleep=sleep)) as client:
            return _Submitting(settings, warehouse, kind, selection, client, ceiling).run(prepare)


def submit_tags(
    settings: Settings,
    selection: Selection,
    *,
    provider: ProviderName | None = None,
    full_retag: bool = False,
    items_per_request: int | None = None,
    budget: Budget | None = None,
    sleep: Sleep | None = None,
) -> Submission:
    """Hand the pending texts to the provider as batches of tagging requests.

    Arguments are those of `tag` and `submit_embeddings`, errors as well.
    """
    require_openai(settings, provider)
    with Warehouse(settings) as warehouse:
        with warehouse.transaction() as connection:
            taxonomy = read_taxonomy(connection)
        kind = TaggingBatches(settings, taxonomy)
        ceiling = Ceiling(warehouse, kind.active, datetime.now(UTC), budget)

        def prepare(run: JobRun) -> None:
            spender = Spender(ceiling.budget, warehouse)
            retagging.prepare(
                settings, warehouse, taxonomy, kind.active, run, spender, full_retag=full_retag
            )

        size = min(selection.batch_size, items_per_request or selection.batch_size)
        selection = replace(selection, batch_size=size)
        with closing(BatchClient(settings, sleep=sleep)) as client:
            return _Submitting(settings, warehouse, kind, selection, client, ceiling).run(prepare)


def require_openai(settings: Settings, provider: ProviderName | None = None) -> None:
    """Say so where the provider has no batches.

    Raises:
        UsageError: the local provider.
        ConfigurationError: Azure.
    """
    chosen = provider or settings.resolved_provider
    if chosen == "local":
        raise UsageError(
            "--mode batch is for OpenAI: the local provider answers at once and costs nothing",
            hint="use --mode online, or --provider openai",
        )
    if chosen != "openai":
        raise ConfigurationError(
            f"--mode batch is for OpenAI only so far, not for {chosen}",
            hint="use --mode online, or --provider openai",
        )


class _Submitting:
    """One run that makes batches until nothing is pending."""

    def __init__(
        self,
        settings: Settings,
        warehouse: Warehouse,
        kind: Kind,
        selection: Selection,
        client: BatchClient,
        ceiling: Ceiling,
    ) -> None:
        self._settings, self._warehouse = settings, warehouse
        self._kind, self._selection = kind, selection
        self._client, self._ceiling = client, ceiling
        self._made = Submission()
        self._taken: set[str] = set()

    def run(self, prepare: Callable[[JobRun], Recover | None]) -> Submission:
        """Make batches.

        Args:
            prepare: called once; makes the model active, and returns what takes care of texts
                that need no call.
        """
        kind, active = self._kind, self._kind.active
        batch_upkeep.repair(self._warehouse, self._client)
        with self._warehouse.transaction() as connection:
            suspects = batches.read_suspects(connection, kind.job, kind.model)
        with job_run(self._warehouse, kind.job, provider=active.provider, model=kind.model) as run:
            leases = Leases(self._warehouse, kind.job, kind.model, run.job_run_id)
            with heartbeat(self._settings, run.job_run_id):
                try:
                    self._make_all(run, leases, prepare(run), suspects)
                finally:
                    leases.release_all()
                    run.counts.update(self._made.counts())
        if not self._made.items and not self._made.found:
            logger.info("Nothing is pending that a batch could hold, none was made")
        return self._made

    def _make_all(
        self,
        run: JobRun,
        leases: Leases,
        recover: Recover | None,
        suspects: set[str],
    ) -> None:
        left = self._selection.limit
        while left is None or left > 0:
            size = CLAIM if left is None else min(CLAIM, left)
            claimed = leases.claim(self._kind.pending, self._selection.period, size)
            rest = recovered(self._warehouse, leases, recover, claimed)
            found = len(claimed) - len(rest)
            self._made.found += found
            allowance = self._ceiling.allowance()
            count = self._make_one(run, leases, rest, suspects, allowance) if rest else 0
            leases.release_all()
            left = None if left is None else left - found - count
            if allowance.refused is not None:
                raise self._ceiling.reached(allowance.refused, self._pending(left))
            if not found + count:
                return

    def _pending(self, limit: int | None) -> int:
        period, model = self._selection.period, self._kind.model
        with self._warehouse.transaction() as connection:
            found = count_pending(connection, self._kind.pending, model, period)
        return found if limit is None else min(found, limit)

    def _make_one(
        self,
        run: JobRun,
        leases: Leases,
        texts: list[PendingText],
        suspects: set[str],
        allowance: Allowance,
    ) -> int:
        """Make one batch of as many of the texts as it holds; how many those are."""
        kind = self._kind
        batch_id = f"batch-{kind.job}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"
        # unlinked from the start: no crash leaves customers' words on the disk
        with tempfile.TemporaryFile() as file:
            size = self._selection.batch_size
            packed = pack(kind, batch_id, texts, suspects, size, file, allowance=allowance)
            if not packed.items:
                if allowance.refused is not None:
                    return 0
                logger.warning("%d texts are too long for a batch", len(texts))
                return 0
            batch = self._new_batch(batch_id, run, packed)
            self._ceiling.take(allowance)
            self._set_aside(leases, batch, packed.items)
            self._start(batch, file)
        self._made.batch_ids.append(batch_id)
        self._made.requests += packed.requests
        self._made.items += len(packed.items)
        self._made.cost_bound += allowance.bound
        logger.info(
            "Batch %s: %d texts in %d requests", batch_id, len(packed.items), packed.requests
        )
        return len(packed.items)

    def _new_batch(self, batch_id: str, run: JobRun, packed: Packed) -> Batch:
        active, now = self._kind.active, datetime.now(UTC)
        return Batch(
            batch_id=batch_id,
            job=self._kind.job,
            provider=active.provider,
            host=self._client.host,
            model=active.model,
            dimensions=active.dimensions,
            taxonomy_hash=active.taxonomy_hash,
            prompt_hash=active.prompt_hash,
            job_run_id=run.job_run_id,
            created_at=now,
            held_until=now + batch_upkeep.HOLD,
            count_requests=packed.requests,
            count_items=len(packed.items),
            parameters=self._kind.parameters,
        )

    def _set_aside(self, leases: Leases, batch: Batch, items: Sequence[Item]) -> None:
        hashes = [item.content_hash for item in items]
        if not self._taken.isdisjoint(hashes):
            raise DatabaseError(
                "the pending sets of this database do not leave out what is in a batch",
                hint="run `dbt build` in dbt_project; the batches made so far are good",
            )
        self._taken.update(hashes)
        with self._warehouse.transaction() as connection:
            if len(leases.still_held(connection, hashes)) < len(hashes):
                raise DatabaseError(
                    "another run has taken over some of the texts",
                    hint="run the same command again",
                )
            batches.insert_batch(connection, batch, items)
            leases.release(connection, hashes)

    def _start(self, batch: Batch, file: IO[bytes]) -> None:
        """Upload and start; what fails for good gives the texts back at once."""
        client, batch_id = self._client, batch.batch_id
        try:
            file_id = client.upload(batch_upkeep.file_name(batch_id), file)
            self._hold(batch_id, input_file_id=file_id)
            remote = client.create(
                batch_id, file_id, self._kind.endpoint, hold=lambda: self._hold(batch_id)
            )
        except CallFailed as error:
            if not error.transient:
                batch_upkeep.release(self._warehouse, client, batch, error.message)
            # A transient failure may have started it: the next run asks the provider's list.
            raise
        batch_upkeep.record_started(self._warehouse, batch_id, remote)

    def _hold(self, batch_id: str, **values: object) -> None:
        with self._warehouse.transaction() as connection:
            values["held_until"] = datetime.now(UTC) + batch_upkeep.HOLD
            mine = batches.update_batch(connection, batch_id, values, only_in=[PREPARING])
        if not mine:
            raise DatabaseError(
                f"batch {batch_id} took too long to prepare, and another run gave it up",
                hint="run the same command again",
            )
