"""A hard ceiling on what a command spends: money is set aside before a request, settled after it.

    spender = Spender(Budget(max_cost), warehouse)
    embedder = factory.embedder(settings, provider, spending=spender)
    spender.open(embedder)

A request is made only if everything spent, everything set aside for requests under way and the
most that this one can cost stay within the ceiling together. The ceiling is one of this command:
another command on the same database has its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Condition
from typing import TYPE_CHECKING

from python_jobs.errors import ConfigurationError, UsageError
from python_jobs.logs import logger
from python_jobs.providers.spending import ZERO as ZERO
from python_jobs.providers.spending import BudgetReached as BudgetReached
from python_jobs.providers.spending import Reservation as Reservation
from python_jobs.providers.spending import dollars as dollars
from python_jobs.providers.tokens import most_tokens
from python_jobs.storage.prices import SEED, read_prices, read_seed, spent_since
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from decimal import Decimal
    from pathlib import Path

    from python_jobs.jobs.usage import Caller
    from python_jobs.providers.base import Usage
    from python_jobs.settings import Settings
    from python_jobs.storage.prices import Price, PriceTable


class Budget:
    """What may be spent, what was spent, and what calls under way may still cost.

    Serves any number of threads. Holds, whatever their order: spent + reserved <= ceiling, as
    long as no call costs more than was set aside for it.

    Args:
        ceiling: US dollars; None allows everything, and only counts.
        spent: what counts as spent already.

    Raises:
        UsageError: the ceiling is negative or no number.
    """

    def __init__(self, ceiling: Decimal | None = None, spent: Decimal = ZERO) -> None:
        if ceiling is not None and not (ceiling.is_finite() and ceiling >= 0):
            raise UsageError("--max-cost is no amount of money", hint="give US dollars, as in 2.50")
        self.ceiling = ceiling
        self._spent = spent
        self._open: set[Reservation] = set()
        self._changed = Condition()

    @property
    def spent(self) -> Decimal:
        """US dollars spent by settled calls."""
        with self._changed:
            return self._spent

    @property
    def reserved(self) -> Decimal:
        """US dollars set aside for calls under way."""
        with self._changed:
            return self._reserved()

    def reserve(self, upper_bound: Decimal, *, wait: bool = False) -> Reservation:
        """Set aside the most that a call can cost.

        Args:
            upper_bound: US dollars.
            wait: where only calls under way stand in the way, wait until they are settled: most
                cost far less than was set aside. Only for threads that hold no reservation and
                whose neighbours settle their own.

        Raises:
            BudgetReached: the call could pass the ceiling. Nothing was set aside.
        """
        if not (upper_bound.is_finite() and upper_bound >= 0):
            raise ValueError("an upper bound is a finite amount, 0 or more")
        with self._changed:
            while self.ceiling is not None and self._total(upper_bound) > self.ceiling:
                if not (wait and self._open and self._spent + upper_bound <= self.ceiling):
                    raise BudgetReached(self._spent, self.ceiling, upper_bound)
                self._changed.wait()
            reservation = Reservation(upper_bound)
            self._open.add(reservation)
            return reservation

    def settle(self, reservation: Reservation, actual: Decimal) -> None:
        """Count what the call cost, and free the rest of what was set aside.

        Raises:
            ValueError: the reservation was settled before, or the amount is negative.
        """
        if not (actual.is_finite() and actual >= 0):
            raise ValueError("a cost is a finite amount, 0 or more")
        with self._changed:
            if reservation not in self._open:
                raise ValueError("this reservation is not open")
            self._open.remove(reservation)
            self._spent += actual
            self._changed.notify_all()
        if self.ceiling is not None and actual > reservation.amount:
            logger.warning(
                "a call cost %s, more than the %s that was thought possible: the price list or "
                "the server's count of tokens differs from ours",
                dollars(actual),
                dollars(reservation.amount),
            )

    def _reserved(self) -> Decimal:
        return sum((each.amount for each in self._open), ZERO)

    def _total(self, more: Decimal) -> Decimal:
        return self._spent + self._reserved() + more


def budget_since(settings: Settings, ceiling: Decimal | None, since: datetime | None) -> Budget:
    """A budget that all commands since a moment have drawn on.

    Raises:
        UsageError: there is no ceiling, or it is no amount of money.
    """
    budget = Budget(ceiling)
    if since is None:
        return budget
    if ceiling is None:
        raise UsageError("--cost-since goes with --max-cost", hint="say how much may be spent")
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        return Budget(ceiling, spent_since(connection, since))


class Spender:
    """A `providers.spending.Spending`: a budget, and the prices of the models opened.

    Args:
        budget: shared by all jobs of a command.
        prices: the database that holds the price list, or its seed for commands without one; read
            when a model is opened.
    """

    def __init__(self, budget: Budget, prices: Warehouse | Path) -> None:
        self._budget, self._source = budget, prices
        self._prices: dict[str, Price | None] = {}

    def open(self, caller: Caller) -> None:
        """Look up what the caller's model costs today. The local provider's costs nothing.

        Raises:
            ConfigurationError: there is a ceiling, and no price to hold it with.
        """
        if caller.provider == "local":
            return
        table = self._table()
        self._prices[caller.model] = price_for(
            table,
            provider=caller.provider,
            model=caller.model,
            on=datetime.now(UTC).date(),
            max_cost=self._budget.ceiling,
        )

    def _table(self) -> PriceTable:
        if not isinstance(self._source, Warehouse):
            return read_seed(self._source)
        with self._source.transaction() as connection:
            return read_prices(connection)

    def reserve(self, model: str, input_tokens: int, output_tokens: int) -> Reservation:
        """See `providers.spending.Spending`; waits for requests under way that may cost less."""
        price = self._prices[model]
        most = ZERO if price is None else price.cost(input_tokens, output_tokens)
        return self._budget.reserve(most, wait=True)

    def settle(self, reservation: Reservation, amount: Decimal) -> None:
        """See `providers.spending.Spending`."""
        self._budget.settle(reservation, amount)

    def cost(
        self, model: str, input_tokens: int, output_tokens: int, cached_tokens: int
    ) -> Decimal | None:
        """See `providers.spending.Spending`."""
        price = self._prices[model]
        return None if price is None else price.cost(input_tokens, output_tokens, cached_tokens)


def price_for(
    table: PriceTable, *, provider: str, model: str, on: date, max_cost: Decimal | None
) -> Price | None:
    """The model's price on the day; None, with a warning, where nobody knows it.

    Raises:
        ConfigurationError: there is a ceiling, and no price to hold it with.
    """
    price = table.price(model, on, provider=provider)
    if price is not None:
        return price
    near = table.near(model, provider=provider)
    problem = f"{SEED} has no price of {model} at {provider} on {on}"
    if near:
        problem += f" (it has {', '.join(near)})"
    if max_cost is not None:
        raise ConfigurationError(
            f"--max-cost needs a price, and {problem}",
            hint="add a row for the model and run `dbt build`, or leave --max-cost out",
        )
    logger.warning("%s: costs are unknown", problem)
    return None


def cost_of(usage: Usage, price: Price | None, *, batch: bool = False) -> Decimal | None:
    """What a call cost in US dollars, for `api_usage.cost_usd`; None where the price is unknown."""
    if price is None:
        return None
    return price.cost(usage.input_tokens, usage.output_tokens, usage.cached_tokens, batch=batch)


def embedding_bound(price: Price | None, texts: Iterable[str], *, batch: bool = False) -> Decimal:
    """The most that embedding these texts in one request can cost; 0 where nothing is billed."""
    return ZERO if price is None else price.cost(most_tokens(texts), batch=batch)


def chat_bound(
    price: Price | None, messages: Iterable[str], max_output_tokens: int, *, batch: bool = False
) -> Decimal:
    """The most that a chat request can cost.

    Args:
        price: the model's.
        messages: everything that is sent: instructions, data and the schema of the answer.
        max_output_tokens: what the request allows the model to write, thinking included.
        batch: through the Batch API.
    """
    if price is None:
        return ZERO
    return price.cost(most_tokens(messages), max_output_tokens, batch=batch)
