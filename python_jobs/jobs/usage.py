"""What a call to a model cost, as a row of `api_usage`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from python_jobs.storage.results import Request

if TYPE_CHECKING:
    from python_jobs.providers.base import Usage


class Caller(Protocol):
    """Who was called: a provider and its model."""

    @property
    def provider(self) -> str:
        """Who runs the model."""

    @property
    def model(self) -> str:
        """The model."""


def request(job: str, caller: Caller, count_items: int, usage: Usage) -> Request:
    """One row for a call, its retries included."""
    return Request(
        job=job,
        provider=caller.provider,
        model=caller.model,
        count_items=count_items,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        latency_seconds=usage.latency_seconds,
        retries=usage.retries,
        status=usage.status,
        cost_usd=usage.cost_usd,
    )
