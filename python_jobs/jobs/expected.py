"""What a job is expected to use, and what that costs.

What cannot be counted before is expected to be as in earlier requests of the same job to the
same model. Without any, the assumptions here count; docs/costs.md says how far off they can be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from python_jobs.jobs.budget import ZERO

if TYPE_CHECKING:
    from decimal import Decimal

    from python_jobs.storage.prices import Averages, Price

OUTPUT = 60
"""Tokens written for a text: id, sentiment, and one or two tags with confidence and rationale."""
THOUGHT = 100
"""More tokens for a text from models that think first, which is billed as output."""
CLUSTERS = 30
"""To be named after the first clustering; later ones are expected to give as many as the last."""
CLUSTER_INPUT, CLUSTER_OUTPUT = 450, 60
"""Tokens for a cluster: ten keywords and five exemplars in, a name and a sentence out; a share
of the instructions included."""
SIBLINGS = 6
"""Clusters named in one request."""
THINKING = ("gpt-5", "o1", "o3", "o4")
REQUEST_FRAME = 10
"""Tokens of the chat format around two messages and the answer's start (OpenAI cookbook)."""


@dataclass(frozen=True)
class JobEstimate:
    """What one job would use.

    Attributes:
        job: embed, tag or name.
        unit: what `count_items` counts: distinct texts or clusters.
        cached_tokens: of `input_tokens`, those expected at the lower price.
        basis: where the figures come from, for people.
        price: None where nobody knows it.
        batchable: whether the Batch API can do the job.
    """

    job: str
    provider: str
    model: str
    unit: str = "texts"
    count_items: int = 0
    requests: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    basis: str = ""
    price: Price | None = None
    batchable: bool = True

    def cost(self, *, batch: bool = False) -> Decimal | None:
        """US dollars; None where the price is not known, 0 where nothing is sent."""
        if not self.requests:
            return ZERO
        if self.price is None:
            return None
        return self.price.cost(
            self.input_tokens,
            self.output_tokens,
            self.cached_tokens,
            batch=batch and self.batchable,
        )


@dataclass(frozen=True)
class Estimate:
    """What all jobs would use, in the order in which they run."""

    jobs: tuple[JobEstimate, ...]

    def total(self, *, batch: bool = False) -> Decimal | None:
        """US dollars; None where a price is not known."""
        costs = [job.cost(batch=batch) for job in self.jobs]
        known = [cost for cost in costs if cost is not None]
        return sum(known, ZERO) if len(known) == len(costs) else None


def with_output(found: JobEstimate, past: Averages | None) -> JobEstimate:
    """With what the model will write for the texts, and what of the prompts will be cached."""
    if past is None:
        each = OUTPUT + (THOUGHT if found.model.startswith(THINKING) else 0)
        basis = f"input counted; {each} tokens of output a text and no caching assumed"
        return replace(found, output_tokens=found.count_items * each, basis=basis)
    return replace(
        found,
        output_tokens=round(found.count_items * past.output_tokens),
        cached_tokens=int(found.input_tokens * past.cached_share),
        basis=f"input counted; output and caching as in {past.requests:,} earlier requests",
    )


def naming(found: JobEstimate, past: Averages | None) -> JobEstimate:
    """Roughly what naming `count_items` clusters will use."""
    count = found.count_items
    return replace(
        found,
        requests=max(1, round(count / (past.items if past else SIBLINGS))),
        input_tokens=round(count * (past.input_tokens if past else CLUSTER_INPUT)),
        output_tokens=round(count * (past.output_tokens if past else CLUSTER_OUTPUT)),
        basis="a rough guess" + (f" from {past.requests:,} earlier requests" if past else ""),
    )
