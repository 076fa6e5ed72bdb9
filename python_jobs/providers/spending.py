"""Money, as the client sees it: set aside before each request, settled after it.

The client knows no prices. Whoever makes it hands it a `Spending`, which does.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING, Protocol

from python_jobs.errors import ExitCode, InsightsError
from python_jobs.providers.base import Usage
from python_jobs.providers.errors import CallFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

ZERO = Decimal(0)


class BudgetReached(InsightsError):  # noqa: N818
    """A clean stop: the next request could have passed the ceiling, and was not made.

    Attributes:
        spent: US dollars spent.
        ceiling: US dollars allowed.
        needed: US dollars that the request might have cost.
        usage: of earlier attempts of the same call.
    """

    exit_code = ExitCode.BUDGET

    def __init__(self, spent: Decimal, ceiling: Decimal, needed: Decimal, left: str = "") -> None:
        self.spent, self.ceiling, self.needed = spent, ceiling, needed
        self.usage = Usage(status="budget")
        super().__init__(
            f"--max-cost {dollars(ceiling)} is reached: {dollars(spent)} spent, and the next "
            f"request may cost up to {dollars(needed)}{left and f'; {left}'}",
            hint="everything paid for is stored; run the same command again, with a higher "
            "--max-cost, to go on",
        )

    def leaving(self, count: int, unit: str = "texts") -> BudgetReached:
        """The same error, saying how many texts are still pending."""
        left = f"{count:,} {unit} are still pending"
        return BudgetReached(self.spent, self.ceiling, self.needed, left)


@dataclass(frozen=True, eq=False)
class Reservation:
    """Money set aside for one request, in US dollars."""

    amount: Decimal


class Spending(Protocol):
    """A budget and the prices of one provider's models; serves any number of threads."""

    def reserve(self, model: str, input_tokens: int, output_tokens: int) -> Reservation:
        """Set aside what a request of so many tokens costs.

        Raises:
            BudgetReached: it could pass the ceiling.
        """

    def settle(self, reservation: Reservation, amount: Decimal) -> None:
        """Count what the request cost in US dollars, and free the rest."""

    def cost(
        self, model: str, input_tokens: int, output_tokens: int, cached_tokens: int
    ) -> Decimal | None:
        """What these tokens cost in US dollars; None where nobody knows."""


class Bill:
    """What one request turns out to cost.

    Attributes:
        cost: US dollars; 0 for a request that failed, None where the price or the tokens are
            unknown.
    """

    def __init__(self, spending: Spending | None, model: str) -> None:
        self._spending, self._model = spending, model
        self.cost: Decimal | None = ZERO

    def add(self, input_tokens: int | None, output_tokens: int, cached_tokens: int) -> None:
        """What the server says it counted; None where it does not."""
        if self._spending is None or input_tokens is None:
            self.cost = None
        else:
            self.cost = self._spending.cost(self._model, input_tokens, output_tokens, cached_tokens)


@contextmanager
def billed(
    spending: Spending | None, model: str, input_tokens: int, output_tokens: int
) -> Iterator[Bill]:
    """Around one request of at most so many tokens.

    A request whose answer was lost on the way, or does not say what it cost, counts against the
    ceiling as the most that it can have cost: the provider may bill it.

    Raises:
        BudgetReached: the request is not to be made.
    """
    bill = Bill(spending, model)
    if spending is None:
        yield bill
        return
    reservation = spending.reserve(model, input_tokens, output_tokens)
    lost = True
    try:
        yield bill
        lost = False
    except CallFailed as error:
        lost = error.may_be_billed
        raise
    finally:
        known = None if lost else bill.cost
        spending.settle(reservation, reservation.amount if known is None else known)


def dollars(amount: Decimal | None) -> str:
    """For people: cents from a dollar on, four decimals below, never rounded down to less."""
    if amount is None:
        return "unknown"
    unit = Decimal("0.01") if amount >= 1 or not amount else Decimal("0.0001")
    return f"${amount.quantize(unit, rounding=ROUND_UP):,}"
