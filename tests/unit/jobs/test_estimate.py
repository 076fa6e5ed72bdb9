"""What cannot be counted before a call: assumptions, earlier requests, and sums of both."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from python_jobs.jobs import expected
from python_jobs.jobs.expected import Estimate, JobEstimate
from python_jobs.storage.prices import Averages, Price

PRICE = Price(
    model="m",
    provider="openai",
    kind="chat",
    currency="USD",
    source_note="a test",
    input_per_million=Decimal(4),
    cached_input_per_million=Decimal(1),
    output_per_million=Decimal(8),
    batch_discount=Decimal("0.5"),
    valid_from=date(2025, 1, 1),
)
TAG = JobEstimate(
    "tag", "openai", "m", count_items=10, requests=2, input_tokens=1_000_000, price=PRICE
)
NAME = replace(TAG, job="name", unit="clusters", input_tokens=500_000, batchable=False)
PAST = Averages(requests=7, items=5, input_tokens=300, output_tokens=41.3, cached_share=0.75)


def test_only_what_the_batch_api_can_do_is_cheaper_by_it() -> None:
    found = Estimate((TAG, NAME))
    assert found.total() == 6
    assert found.total(batch=True) == 2 + 2


@pytest.mark.parametrize(
    ("unknown", "total"),
    [
        pytest.param(replace(NAME, price=None), None, id="one-unknown-price-is-an-unknown-total"),
        pytest.param(replace(NAME, price=None, requests=0), Decimal(4), id="unless-unused"),
    ],
)
def test_an_unknown_price_is_not_taken_for_free(
    unknown: JobEstimate, total: Decimal | None
) -> None:
    assert Estimate((TAG, unknown)).total() == total


@pytest.mark.parametrize(
    ("model", "each"),
    [
        ("gpt-4.1-mini", expected.OUTPUT),
        ("gpt-5-nano", expected.OUTPUT + expected.THOUGHT),
        ("o4-mini", expected.OUTPUT + expected.THOUGHT),
    ],
)
def test_models_that_think_first_write_more(model: str, each: int) -> None:
    found = expected.with_output(replace(TAG, model=model), None)
    assert (found.output_tokens, found.cached_tokens) == (10 * each, 0)
    assert f"{each} tokens" in found.basis


def test_earlier_requests_count_instead_of_assumptions() -> None:
    found = expected.with_output(replace(TAG, model="gpt-5"), PAST)
    assert (found.output_tokens, found.cached_tokens) == (413, 750_000)
    assert found.cost() == Decimal("1.753304")  # 250,000 at 4, 750,000 at 1, 413 at 8


@pytest.mark.parametrize(
    ("count", "past", "requests", "sent", "written"),
    [
        (1, None, 1, 450, 60),
        (30, None, 5, 13_500, 1_800),
        (30, PAST, 6, 9_000, 1_239),
    ],
)
def test_naming_is_guessed_by_the_cluster(
    count: int, past: Averages | None, requests: int, sent: int, written: int
) -> None:
    found = expected.naming(replace(NAME, count_items=count), past)
    assert (found.requests, found.input_tokens, found.output_tokens) == (requests, sent, written)
