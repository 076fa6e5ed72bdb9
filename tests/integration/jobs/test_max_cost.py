"""What a command may spend: the ceiling holds, nothing is lost, and the next run goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import ConfigurationError
from python_jobs.jobs.budget import Budget, BudgetReached, budget_since
from python_jobs.jobs.embed import embed
from python_jobs.jobs.pending import Selection
from python_jobs.jobs.tag import tag
from tests.fakes import faults
from tests.fakes.openai_answers import count_tokens
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.jobs.conftest import TEXTS, query, with_openai

if TYPE_CHECKING:
    from python_jobs.settings import Settings

SMALL = Selection(batch_size=4, workers=3)
SINGLE = Selection(batch_size=1, workers=3)
EACH = Decimal("0.02") / 1_000_000
"""US dollars for a token of text-embedding-3-small."""
DISTINCT = len({text.lower() for _, _, text in TEXTS})
COST = "select sum(cost_usd), count(*), count(cost_usd) from customer_insights.api_usage"


def test_every_request_has_its_cost(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        spent = Budget()
        embedded = embed(settings, SMALL, budget=spent)
        tagged = tag(settings, SMALL, budget=spent)
    [(total, requests, priced)] = query(staged, COST)
    assert total == spent.spent == embedded.cost_usd + tagged.cost_usd
    assert requests == priced == embedded.requests + tagged.requests
    [(tokens, cost)] = query(
        staged,
        "select sum(input_tokens), sum(cost_usd) from customer_insights.api_usage "
        "where job = 'embed'",
    )
    assert cost == tokens * EACH
    [(counted,)] = query(
        staged, "select counts ->> 'cost_usd' from customer_insights.job_runs where job = 'tag'"
    )
    assert Decimal(counted) == pytest.approx(tagged.cost_usd)


@pytest.mark.parametrize("share", [Decimal("0.3"), Decimal("0.7")])
def test_the_ceiling_is_never_passed_and_the_next_run_goes_on(
    staged: Settings, share: Decimal
) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        tokens = sum(map(count_tokens, {text.lower() for _, _, text in TEXTS}))
        ceiling = tokens * EACH * share
        with pytest.raises(BudgetReached, match=r"texts are still pending") as caught:
            embed(settings, SINGLE, budget=Budget(ceiling))
        [(total, requests, _)] = query(staged, COST)
        assert total <= ceiling
        assert requests == server.count("/embeddings") > 0
        [(stored,)] = query(staged, "select count(*) from vector_store.embeddings")
        [(left,)] = query(
            staged, "select count(distinct content_hash) from marts.pending_embeddings"
        )
        assert f"{left} texts are still pending" in caught.value.message
        assert stored + left == DISTINCT
        assert query(staged, "select count(*) from customer_insights.leases") == [(0,)]
        assert embed(settings, SMALL).done == left
        sent = [text for request in server.requests for text in request.body["input"]]
    assert len(sent) == len(set(sent)) == DISTINCT


def test_answers_that_fail_their_checks_draw_on_the_ceiling(staged: Settings) -> None:
    ceiling = 200 * EACH
    with FakeOpenAI() as server:
        server.script(*[faults.not_a_number] * 200)
        with pytest.raises(BudgetReached):
            embed(with_openai(staged, server), SINGLE, budget=Budget(ceiling))
    [(total, requests, _)] = query(staged, COST)
    assert 0 < total <= ceiling
    assert requests > 0


def test_a_ceiling_needs_a_price(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server).model_copy(
            update={"embedding_model": "bge-m3", "embedding_dimensions": 1536}
        )
        with pytest.raises(ConfigurationError, match="no price of bge-m3"):
            embed(settings, SMALL, budget=Budget(Decimal(1)))
        assert server.requests == []
        assert embed(settings, SMALL).cost_usd is None
    [(total, requests, priced)] = query(staged, COST)
    assert (total, requests > 0, priced) == (None, True, 0)


def test_a_budget_of_a_period(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        before = datetime.now(UTC)
        spent = embed(settings, SMALL).cost_usd
        assert spent
        today = budget_since(settings, spent, before)
        assert today.spent == spent
        with pytest.raises(BudgetReached):
            tag(settings, SMALL, budget=today)
        assert server.count("/chat/completions") == 0
        assert budget_since(settings, spent, before + timedelta(days=1)).spent == 0
