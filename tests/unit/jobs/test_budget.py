"""Money: what a call costs, to the last digit, and a ceiling that nothing passes."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from python_jobs.errors import ConfigurationError, UsageError
from python_jobs.jobs.budget import (
    ZERO,
    Budget,
    BudgetReached,
    Reservation,
    chat_bound,
    cost_of,
    dollars,
    embedding_bound,
    price_for,
)
from python_jobs.providers.base import Usage
from python_jobs.providers.tokens import count_tokens, most_tokens
from python_jobs.storage.prices import Price, PriceTable

MINI = Price(
    model="gpt-4.1-mini",
    provider="openai",
    kind="chat",
    currency="USD",
    source_note="a test",
    input_per_million=Decimal("0.40"),
    cached_input_per_million=Decimal("0.10"),
    output_per_million=Decimal("1.60"),
    batch_discount=Decimal("0.5"),
    valid_from=date(2025, 4, 14),
)
SMALL = replace(
    MINI,
    model="text-embedding-3-small",
    kind="embedding",
    input_per_million=Decimal("0.02"),
    cached_input_per_million=Decimal("0.02"),
    output_per_million=ZERO,
)
NOW = date(2026, 6, 1)
TABLE = PriceTable((MINI, SMALL))

amounts = st.decimals(0, 5, places=6, allow_nan=False, allow_infinity=False)
prices = st.decimals(0, 1000, places=6, allow_nan=False, allow_infinity=False)
tokens = st.integers(0, 10**12)


# --- what a call costs ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "used", "batch", "cost"),
    [
        pytest.param(SMALL, (1, 0, 0), False, "0.00000002", id="one-token"),
        pytest.param(SMALL, (1_000_000, 0, 0), False, "0.02", id="a-million"),
        pytest.param(SMALL, (3, 0, 0), True, "0.00000003", id="batch-is-half"),
        pytest.param(MINI, (1000, 100, 0), False, "0.00056", id="input-and-output"),
        pytest.param(MINI, (1000, 100, 900), False, "0.00029", id="cached-input-is-cheaper"),
        pytest.param(MINI, (10, 0, 99), False, "0.000001", id="more-cached-than-sent-is-all"),
        pytest.param(MINI, (1000, 100, 900), True, "0.00028", id="no-cache-discount-in-a-batch"),
        pytest.param(MINI, (0, 0, 0), False, "0", id="nothing"),
    ],
)
def test_costs_are_exact(price: Price, used: tuple[int, int, int], batch: bool, cost: str) -> None:
    usage = Usage(requests=1, input_tokens=used[0], output_tokens=used[1], cached_tokens=used[2])
    assert cost_of(usage, price, batch=batch) == Decimal(cost)


@settings(deadline=None)
@given(prices, prices, prices, tokens, tokens, tokens)
def test_costs_equal_the_same_sum_in_fractions(
    each: Decimal, cached_each: Decimal, out_each: Decimal, sent: int, got: int, cached: int
) -> None:
    price = replace(
        MINI,
        input_per_million=each,
        cached_input_per_million=cached_each,
        output_per_million=out_each,
    )
    cached = min(cached, sent)
    exact = (
        (sent - cached) * Fraction(each) + cached * Fraction(cached_each) + got * Fraction(out_each)
    ) / 1_000_000
    assert Fraction(price.cost(sent, got, cached)) == exact


def test_an_unknown_price_is_no_price_of_zero() -> None:
    assert cost_of(Usage(requests=1, input_tokens=10), None) is None


# --- which price counts -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "on", "expected"),
    [
        pytest.param("m", date(2024, 12, 31), None, id="before-the-first"),
        pytest.param("m", date(2025, 1, 1), "1", id="its-first-day"),
        pytest.param("m", date(2025, 6, 30), "1", id="the-day-before-the-next"),
        pytest.param("m", date(2025, 7, 1), "2", id="the-next-one"),
        pytest.param("m", date(2099, 1, 1), "2", id="long-after"),
        pytest.param("m-2025-04-14", date(2026, 1, 1), "2", id="a-snapshot-costs-as-its-model"),
        pytest.param("n-2025-04-14", date(2026, 1, 1), "7", id="a-snapshot-with-its-own-price"),
        pytest.param("m-2025", date(2026, 1, 1), None, id="another-model"),
        pytest.param("ft:m", date(2026, 1, 1), None, id="a-fine-tuned-model"),
    ],
)
def test_the_price_of_a_day(model: str, on: date, expected: str | None) -> None:
    first = replace(MINI, model="m", input_per_million=Decimal(1), valid_from=date(2025, 1, 1))
    table = PriceTable(
        (
            replace(first, valid_before=date(2025, 7, 1)),
            replace(first, input_per_million=Decimal(2), valid_from=date(2025, 7, 1)),
            replace(first, model="n", input_per_million=Decimal(6)),
            replace(first, model="n-2025-04-14", input_per_million=Decimal(7)),
            replace(first, provider="azure", input_per_million=Decimal(9)),
        )
    )
    price = table.price(model, on, provider="openai")
    assert (price and price.input_per_million) == (expected and Decimal(expected))


def test_a_ceiling_needs_a_price_and_names_what_is_like_it() -> None:
    with pytest.raises(ConfigurationError, match=r"has no price of gpt-4\.1-mnii") as caught:
        price_for(TABLE, provider="openai", model="gpt-4.1-mnii", on=NOW, max_cost=Decimal(1))
    assert "gpt-4.1-mini" in caught.value.message
    assert "model_prices.csv" in caught.value.message
    assert "dbt build" in (caught.value.hint or "")


def test_without_a_ceiling_an_unknown_price_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING", logger="insights"):
        assert price_for(TABLE, provider="openai", model="x", on=NOW, max_cost=None) is None
    assert "costs are unknown" in caplog.text


# --- the most that a call can cost --------------------------------------------------------------

TRICKY = [
    "",
    "a",
    "ß",
    "漢字かな交じり文",
    "👩‍👩‍👧‍👦",
    "\x00\x01",
    "aaaa" * 50,
    "<|endoftext|>",
    "\ud800",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(TRICKY) | st.text(), max_size=5))
def test_no_tokenizer_makes_more_tokens_than_the_bound(texts: list[str]) -> None:
    for model in ("text-embedding-3-small", "gpt-4.1-mini"):
        assert sum(count_tokens(texts, model)) <= most_tokens(texts)
    assert sum(len(text) // 4 + 1 for text in texts) <= most_tokens(texts)


def test_the_bound_of_one_request() -> None:
    assert embedding_bound(SMALL, ["x" * 84]) == SMALL.cost(100)
    assert embedding_bound(SMALL, ["x" * 84], batch=True) == SMALL.cost(100, batch=True)
    assert chat_bound(MINI, ["x" * 84], 50) == MINI.cost(100, 50)
    assert chat_bound(MINI, ["x" * 84], 50, batch=True) == MINI.cost(100, 50, batch=True)
    assert embedding_bound(None, ["x"]) == chat_bound(None, ["x"], 9) == ZERO


# --- the ceiling --------------------------------------------------------------------------------


def test_the_last_call_that_fits_is_made_and_the_next_is_not() -> None:
    budget = Budget(Decimal("1.00"))
    budget.settle(budget.reserve(Decimal("0.60")), Decimal("0.60"))
    budget.settle(budget.reserve(Decimal("0.40")), Decimal("0.40"))
    with pytest.raises(BudgetReached) as caught:
        budget.reserve(Decimal("0.000001"))
    assert budget.spent == 1
    error = caught.value.leaving(1234)
    assert "$1.00 is reached: $1.00 spent" in error.message
    assert "1,234 texts are still pending" in error.message
    assert (error.exit_code, error.hint) == (caught.value.exit_code, caught.value.hint)


def test_what_is_set_aside_counts_until_it_is_settled() -> None:
    budget = Budget(Decimal(1))
    first = budget.reserve(Decimal("0.7"))
    with pytest.raises(BudgetReached):
        budget.reserve(Decimal("0.4"))
    assert (budget.spent, budget.reserved) == (ZERO, Decimal("0.7"))
    budget.settle(first, Decimal("0.1"))
    assert (budget.spent, budget.reserved) == (Decimal("0.1"), ZERO)
    budget.reserve(Decimal("0.4"))


def test_a_call_waits_for_money_that_others_may_give_back() -> None:
    budget = Budget(Decimal(1))
    first = budget.reserve(Decimal(1))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(budget.reserve, Decimal("0.5"), wait=True)
        assert not waiting.done()
        budget.settle(first, Decimal("0.2"))
        assert waiting.result(timeout=300).amount == Decimal("0.5")


def test_a_call_does_not_wait_for_money_that_never_comes_back() -> None:
    budget = Budget(Decimal(1))
    budget.settle(budget.reserve(Decimal("0.8")), Decimal("0.8"))
    budget.reserve(Decimal("0.1"))
    with pytest.raises(BudgetReached):
        budget.reserve(Decimal("0.3"), wait=True)


def test_a_waiting_call_gives_up_when_the_money_is_gone() -> None:
    budget = Budget(Decimal(1))
    first = budget.reserve(Decimal(1))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(budget.reserve, Decimal("0.5"), wait=True)
        budget.settle(first, Decimal("0.9"))
        with pytest.raises(BudgetReached):
            waiting.result(timeout=300)


def test_without_a_ceiling_money_is_only_counted() -> None:
    budget = Budget()
    budget.settle(budget.reserve(Decimal(10**9)), Decimal(10**9))
    assert budget.spent == 10**9


def test_what_was_spent_before_counts() -> None:
    budget = Budget(Decimal(1), spent=Decimal("0.9"))
    budget.settle(budget.reserve(Decimal("0.1")), Decimal("0.1"))
    with pytest.raises(BudgetReached):
        budget.reserve(Decimal("0.01"))


def test_a_ceiling_of_nothing_allows_what_is_free() -> None:
    budget = Budget(ZERO)
    budget.settle(budget.reserve(ZERO), ZERO)
    with pytest.raises(BudgetReached):
        budget.reserve(Decimal("0.000000001"))


@pytest.mark.parametrize("ceiling", ["-0.01", "NaN", "Infinity"])
def test_a_ceiling_is_an_amount(ceiling: str) -> None:
    with pytest.raises(UsageError, match="no amount of money"):
        Budget(Decimal(ceiling))


def test_a_reservation_is_settled_once() -> None:
    budget = Budget(Decimal(1))
    reservation = budget.reserve(Decimal("0.5"))
    budget.settle(reservation, ZERO)
    with pytest.raises(ValueError, match="not open"):
        budget.settle(reservation, ZERO)
    with pytest.raises(ValueError, match="not open"):
        budget.settle(Reservation(ZERO), ZERO)


def test_a_call_that_cost_more_than_possible_is_counted_and_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    budget = Budget(Decimal(1))
    with caplog.at_level("WARNING", logger="insights"):
        budget.settle(budget.reserve(Decimal("0.5")), Decimal("1.5"))
    assert budget.spent == Decimal("1.5")
    assert "more than" in caplog.text
    with pytest.raises(BudgetReached):
        budget.reserve(ZERO)


class CeilingHolds(RuleBasedStateMachine):
    """Whatever is reserved and settled, in any order, the ceiling stands."""

    reservations = Bundle("reservations")

    def __init__(self) -> None:
        super().__init__()
        self.budget = Budget(Decimal(10))
        self.spent = ZERO
        self.open: list[Reservation] = []

    @rule(target=reservations, amount=amounts)
    def reserve(self, amount: Decimal) -> Reservation:
        fits = self.spent + sum(each.amount for each in self.open) + amount <= 10
        try:
            reservation = self.budget.reserve(amount)
        except BudgetReached:
            assert not fits
            return Reservation(amount)  # never open: `settle` below leaves it alone
        assert fits
        self.open.append(reservation)
        return reservation

    @rule(reservation=consumes(reservations), share=st.integers(0, 100))
    def settle(self, reservation: Reservation, share: int) -> None:
        if reservation not in self.open:
            return
        actual = reservation.amount * share / 100
        self.budget.settle(reservation, actual)
        self.open.remove(reservation)
        self.spent += actual

    @invariant()
    def never_above(self) -> None:
        assert self.budget.spent == self.spent
        assert self.budget.reserved == sum((each.amount for each in self.open), ZERO)
        assert self.budget.spent + self.budget.reserved <= 10


TestCeilingHolds = CeilingHolds.TestCase
TestCeilingHolds.settings = settings(deadline=None)


@pytest.mark.parametrize("wait", [False, True])
def test_threads_together_never_pass_the_ceiling(wait: bool) -> None:
    budget = Budget(Decimal(1))
    most = ZERO
    lock = threading.Lock()
    bound, actual = Decimal("0.013"), Decimal("0.0071")

    def work(_: int) -> int:
        nonlocal most
        made = 0
        while True:
            try:
                reservation = budget.reserve(bound, wait=wait)
            except BudgetReached:
                return made
            with lock:
                most = max(most, budget.spent + budget.reserved)
            budget.settle(reservation, actual)
            made += 1

    with ThreadPoolExecutor(8) as pool:
        made = sum(pool.map(work, range(8)))
    assert budget.reserved == 0
    assert budget.spent == made * actual <= 1
    assert most <= 1
    if wait:  # nobody gave up while a call fitted
        assert budget.spent + bound > 1


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("0.00000002", "$0.0001"),
        ("0.01234", "$0.0124"),
        ("1", "$1.00"),
        ("1.001", "$1.01"),
        ("12345.6", "$12,345.60"),
    ],
)
def test_amounts_are_shown_in_dollars_and_never_as_less(amount: str, shown: str) -> None:
    assert dollars(Decimal(amount)) == shown
    assert dollars(None) == "unknown"
