"""What batches cost is recorded at their price, and a ceiling holds before they are made."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.errors import ConfigurationError, ExitCode
from python_jobs.jobs.batch import fetch, submit_embeddings, submit_tags
from python_jobs.jobs.budget import Budget, BudgetReached
from tests.integration.jobs.batch.conftest import (
    DISTINCT,
    SMALL,
    counted,
    items,
    pending,
    stored,
)
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_jobs.settings import Settings
    from tests.fakes.openai_server import FakeOpenAI

SUBMITS = pytest.mark.parametrize("submit", [submit_embeddings, submit_tags])


def bound(live: Settings, submit: Callable[..., Any]) -> Decimal:
    """What everything may cost; nothing is left behind."""
    made = submit(live, SMALL, budget=Budget(Decimal(1000)))
    assert made.items == DISTINCT
    query(live, "delete from customer_insights.api_batch_items")
    query(live, "update customer_insights.api_batches set closed_at = now()")
    return Decimal(made.cost_bound)


@pytest.mark.parametrize(
    ("submit", "price"),
    [
        (submit_embeddings, "0.02 * input_tokens"),
        (submit_tags, "0.40 * input_tokens + 1.60 * output_tokens"),
    ],
)
def test_requests_of_a_batch_cost_half(
    submit: Callable[..., Any], price: str, live: Settings
) -> None:
    made = submit(live, SMALL, budget=Budget(Decimal(1000)))
    fetch(live)
    ((total, expected),) = query(
        live,
        f"select sum(cost_usd), sum({price}) / 2000000 from customer_insights.api_usage "
        "where mode = 'batch'",
    )
    assert total == expected
    assert 0 < total <= made.cost_bound


def test_the_cost_of_a_model_without_a_price_is_unknown(live: Settings) -> None:
    odd = live.model_copy(update={"embedding_model": "my-own", "embedding_dimensions": 1536})
    submit_embeddings(odd, SMALL)
    assert fetch(odd).done == DISTINCT
    assert query(live, "select distinct cost_usd from customer_insights.api_usage") == [(None,)]


@SUBMITS
def test_a_ceiling_cuts_the_file_where_the_next_request_could_pass_it(
    submit: Callable[..., Any], live: Settings, api: FakeOpenAI
) -> None:
    whole = bound(live, submit)
    api.batch_api.files.clear()
    with pytest.raises(BudgetReached, match="texts are still pending") as stopped:
        submit(live, SMALL, budget=Budget(whole / 2))
    made = items(live)["waiting"]
    assert 0 < made < DISTINCT
    assert f"; {DISTINCT - made} texts" in stopped.value.message
    assert stopped.value.exit_code == ExitCode.BUDGET
    assert stopped.value.spent <= whole / 2 < stopped.value.spent + stopped.value.needed
    assert len(api.batch_api.files) == 1
    assert counted(live, "customer_insights.leases") == 0
    assert submit(live, SMALL, budget=Budget(whole)).items == DISTINCT - made
    assert fetch(live).done == DISTINCT


@SUBMITS
def test_where_not_even_one_request_fits_nothing_is_sent(
    submit: Callable[..., Any], live: Settings, api: FakeOpenAI
) -> None:
    with pytest.raises(BudgetReached, match=f"{DISTINCT} texts are still pending"):
        submit(live, SMALL, budget=Budget(Decimal(0)))
    assert not api.batch_api.calls
    assert counted(live, "customer_insights.api_batches") == 0


@SUBMITS
def test_a_ceiling_that_holds_everything_stops_nothing(
    submit: Callable[..., Any], live: Settings
) -> None:
    whole = bound(live, submit)
    assert submit(live, SMALL, budget=Budget(whole)).items == DISTINCT


def test_the_ceiling_is_one_for_all_files(live: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bound(live, submit_embeddings)
    from python_jobs.jobs import batch_submit

    monkeypatch.setitem(batch_submit.pack.__kwdefaults__, "max_requests", 2)
    with pytest.raises(BudgetReached):
        submit_embeddings(live, SMALL, budget=Budget(whole * 3 / 4))
    open_batches = counted(
        live, "(select 1 from customer_insights.api_batches where closed_at is null) as still"
    )
    assert open_batches > 1
    assert DISTINCT / 2 < items(live)["waiting"] < DISTINCT
    assert pending(live) == DISTINCT - items(live)["waiting"]


def test_a_ceiling_without_a_price_is_refused_before_anything_is_sent(
    live: Settings, api: FakeOpenAI
) -> None:
    odd = live.model_copy(update={"embedding_model": "my-own", "embedding_dimensions": 1536})
    with pytest.raises(ConfigurationError, match="has no price of my-own"):
        submit_embeddings(odd, SMALL, budget=Budget(Decimal(1)))
    assert not api.batch_api.calls
    assert stored(live) == counted(live, "customer_insights.job_runs") == 0


def test_what_the_command_has_spent_before_counts(live: Settings) -> None:
    whole = bound(live, submit_embeddings)
    with pytest.raises(BudgetReached) as stopped:
        submit_embeddings(live, SMALL, budget=Budget(whole, spent=whole / 2))
    assert whole / 2 < stopped.value.spent <= whole
    shared = Budget(2 * whole)
    query(live, "update customer_insights.api_batch_items set status = 'released'")
    assert submit_embeddings(live, SMALL, budget=shared).cost_bound == shared.reserved == whole
    with pytest.raises(BudgetReached):
        submit_tags(live, SMALL, budget=shared)
