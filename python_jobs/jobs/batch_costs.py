"""What batches cost: a ceiling before they are made, a price for what was answered.

Nobody knows what a batch costs before it has ended, so the most that all its requests can cost
counts against `--max-cost` from the moment it is made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from python_jobs.jobs.budget import (
    ZERO,
    Budget,
    BudgetReached,
    chat_bound,
    dollars,
    embedding_bound,
    price_for,
)
from python_jobs.providers.openai.batches import EMBEDDINGS
from python_jobs.storage.prices import read_prices

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from python_jobs.jobs.usage import Caller
    from python_jobs.storage.prices import Price
    from python_jobs.storage.results import ActiveModel
    from python_jobs.storage.warehouse import Warehouse


class BatchBudgetReached(BudgetReached):
    """A clean stop: one more request could have passed the ceiling, and was not handed over."""

    def __init__(self, gone: Decimal, ceiling: Decimal, needed: Decimal, left: str = "") -> None:
        super().__init__(gone, ceiling, needed, left)
        self.message = (
            f"--max-cost {dollars(ceiling)} is reached: {dollars(gone)} is spent or set aside for "
            f"batches, the next request may cost up to {dollars(needed)}{left and f'; {left}'}"
        )
        self.hint = (
            "`insights batch fetch --wait` stores what was handed over; run the same command "
            "again, with a higher --max-cost, for the rest"
        )
        self.args = (self.message,)


@dataclass
class Allowance:
    """What one file of requests may cost at most.

    Attributes:
        price: the model's; None where nothing limits.
        left: US dollars that its lines may cost together; None allows everything.
        bound: US dollars that the lines in it can cost.
        refused: what the line could have cost that did not fit.
    """

    price: Price | None = None
    left: Decimal | None = None
    bound: Decimal = ZERO
    refused: Decimal | None = None

    def covers(self, endpoint: str, body: dict[str, Any]) -> bool:
        """Whether one more line fits; counted in where it does."""
        if self.left is None:
            return True
        cost = line_bound(self.price, endpoint, body)
        if self.bound + cost > self.left:
            self.refused = cost
            return False
        self.bound += cost
        return True


class Ceiling:
    """The most that a command may hand over in batches.

    Args:
        warehouse: holds the price list; read only where there is a ceiling.
        active: the model.
        today: whose price counts.
        budget: what may be spent, shared by all that the command does.

    Raises:
        ConfigurationError: there is a ceiling, and no price to hold it with.
    """

    def __init__(
        self, warehouse: Warehouse, active: ActiveModel, today: datetime, budget: Budget | None
    ) -> None:
        self.budget = budget or Budget()
        most = self.budget.ceiling
        self._price = None if most is None else price_of(warehouse, active, today, most)

    def allowance(self) -> Allowance:
        """What the next file may cost."""
        most = self.budget.ceiling
        return Allowance(self._price, None if most is None else most - self._gone)

    def take(self, allowance: Allowance) -> None:
        """Count a file as made: what it costs is known when it is fetched, by another command."""
        self.budget.reserve(allowance.bound)

    def reached(self, needed: Decimal, pending: int) -> BatchBudgetReached:
        """The error for a request that could cost `needed` and does not fit."""
        left = f"{pending:,} texts are still pending"
        return BatchBudgetReached(self._gone, self.budget.ceiling or ZERO, needed, left)

    @property
    def _gone(self) -> Decimal:
        return self.budget.spent + self.budget.reserved


def price_of(
    warehouse: Warehouse, caller: Caller, on: datetime, max_cost: Decimal | None = None
) -> Price | None:
    """The model's price on the day that a batch is made; see `budget.price_for`."""
    with warehouse.transaction() as connection:
        table = read_prices(connection)
    return price_for(
        table, provider=caller.provider, model=caller.model, on=on.date(), max_cost=max_cost
    )


def line_bound(price: Price | None, endpoint: str, body: dict[str, Any]) -> Decimal:
    """The most that one request of a file can cost, in US dollars."""
    if endpoint == EMBEDDINGS:
        return embedding_bound(price, body["input"], batch=True)
    sent = [message["content"] for message in body["messages"]]
    sent.append(json.dumps(body["response_format"]))
    return chat_bound(price, sent, body["max_completion_tokens"], batch=True)
