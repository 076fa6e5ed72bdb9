"""The price of what is pending, before a call is made, and what a run then uses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from python_jobs.cli.estimate import estimate as command
from python_jobs.errors import DatabaseError
from python_jobs.jobs.budget import ZERO
from python_jobs.jobs.embed import embed
from python_jobs.jobs.estimate import estimate
from python_jobs.jobs.expected import CLUSTERS, OUTPUT, REQUEST_FRAME, Estimate
from python_jobs.jobs.pending import Selection
from python_jobs.jobs.tag import tag
from python_jobs.providers.tokens import count_tokens
from python_jobs.storage.job_inputs import Period
from python_jobs.storage.prices import PriceTable, read_prices, read_seed
from python_jobs.storage.warehouse import Warehouse
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.jobs.conftest import TEXTS, query, with_openai

if TYPE_CHECKING:
    from python_jobs.settings import Settings

SMALL = Selection(batch_size=5, workers=2)
DISTINCT = {text.lower(): text for _, _, text in reversed(TEXTS)}
ACTIVE = "select * from customer_insights.active_models order by kind"
USED = (
    "select sum(count_items), count(*), sum(input_tokens), sum(output_tokens), sum(cached_tokens) "
    "from customer_insights.api_usage where job = '{}'"
)


def jobs_of(found: Estimate) -> dict[str, Any]:
    return {job.job: job for job in found.jobs}


def prices_of(settings: Settings) -> PriceTable:
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        return read_prices(connection)


# --- the estimate and the run ---------------------------------------------------------------


def test_embedding_uses_exactly_what_was_estimated(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        job = jobs_of(estimate(settings, SMALL))["embed"]
        embed(settings, SMALL)
    ((items, requests, tokens, written, _),) = query(staged, USED.format("embed"))
    assert (job.count_items, job.requests, job.input_tokens) == (items, requests, tokens)
    assert job.count_items == len(DISTINCT)
    assert job.output_tokens == written == 0
    assert job.cost() == Decimal(tokens) * Decimal("0.02") / 1_000_000
    assert job.cost(batch=True) == job.cost() / 2


def test_tagging_reads_exactly_what_was_estimated(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        job = jobs_of(estimate(settings, SMALL))["tag"]
        tag(settings, SMALL)
    ((items, requests, tokens, _, _),) = query(staged, USED.format("tag"))
    assert (job.count_items, job.requests) == (items, requests)
    # the fake counts the messages alone; a provider adds its format and the answer's schema
    added = job.requests * (schema_tokens(staged) + REQUEST_FRAME)
    assert job.input_tokens - added == tokens
    assert job.output_tokens == len(DISTINCT) * OUTPUT
    assert job.cached_tokens == 0


def schema_tokens(settings: Settings) -> int:
    from python_jobs.jobs.tag import read_taxonomy
    from python_jobs.providers.openai.prompts import tagging_schema

    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        names = read_taxonomy(connection).names
    return count_tokens([json.dumps(tagging_schema(names), ensure_ascii=False)], "gpt-4.1-mini")[0]


def test_output_and_caching_follow_what_was_recorded(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        tag(settings, Selection(batch_size=5, workers=2, limit=10))
        ((_, _, tokens, written, cached),) = query(staged, USED.format("tag"))
        job = jobs_of(estimate(settings, SMALL))["tag"]
    left = len(DISTINCT) - 10
    assert job.count_items == left
    assert job.output_tokens == round(left * float(written) / 10)
    assert job.cached_tokens / job.input_tokens == pytest.approx(float(cached / tokens), abs=0.001)
    assert "2 earlier requests" in job.basis
    assert job.cost() < replace(job, cached_tokens=0).cost()


def test_nothing_pending_costs_nothing(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        embed(settings, SMALL)
        tag(settings, SMALL)
        found = estimate(settings, SMALL)
    assert [(job.count_items, job.requests, job.cost()) for job in found.jobs] == [(0, 0, ZERO)] * 3
    assert found.total() == found.total(batch=True) == 0


def test_period_and_limit_are_those_of_the_jobs(staged: Settings) -> None:
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        june = Selection(period=Period(date(2026, 6, 1), date(2026, 6, 30)), batch_size=5)
        count = estimate(settings, june, embeddings_only=True).jobs[0].count_items
        assert count == 16  # 15 texts of June, and "nothing to add"
        limited = Selection(limit=7, batch_size=5)
        job = estimate(settings, limited, embeddings_only=True).jobs[0]
        assert (job.count_items, job.requests) == (7, 2)
        assert embed(settings, limited).input_tokens > 0
    assert query(staged, USED.format("embed"))[0][:2] == (7, 2)


# --- read only ----------------------------------------------------------------------------------


def test_an_estimate_calls_nothing_and_changes_nothing(staged: Settings) -> None:
    embed(staged, Selection(limit=3), provider="local")
    tag(staged, Selection(limit=3), provider="local")
    tables = ("active_models", "embedded_items", "tagged_items", "api_usage", "job_runs")
    statements = [f"select * from customer_insights.{name} order by 1, 2" for name in tables]
    before = [query(staged, statement) for statement in statements]
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        found = estimate(settings, SMALL)
        assert server.count() == 0
    assert {job.provider for job in found.jobs} == {"openai"}
    assert found.jobs[0].count_items == found.jobs[1].count_items == len(DISTINCT)
    assert [query(staged, statement) for statement in statements] == before
    assert len(query(staged, ACTIVE)) == 2


def test_no_key_is_needed(staged: Settings) -> None:
    assert staged.openai_api_key is None
    found = estimate(staged, SMALL, provider="openai")
    assert [job.model for job in found.jobs] == [
        "text-embedding-3-small",
        "gpt-4.1-mini",
        "gpt-4.1-mini",
    ]
    total = found.total()
    assert total is not None
    assert total > 0
    assert query(staged, ACTIVE) == []


def test_the_local_provider_is_free(staged: Settings) -> None:
    found = estimate(staged, SMALL, provider="local")
    assert [job.count_items for job in found.jobs[:2]] == [len(DISTINCT)] * 2
    assert [job.requests for job in found.jobs] == [0, 0, 0]
    assert found.total() == 0


def test_clusters_to_be_named_are_guessed(staged: Settings) -> None:
    job = jobs_of(estimate(staged, SMALL, provider="openai"))["name"]
    assert (job.unit, job.count_items) == ("clusters", CLUSTERS)
    assert job.cost() == job.cost(batch=True) > 0


# --- prices -------------------------------------------------------------------------------------


def test_the_seed_prices_what_the_project_uses_by_default(staged: Settings) -> None:
    table = prices_of(staged)
    today = datetime.now(UTC).date()
    for provider in ("openai", "azure"):
        small = table.price("text-embedding-3-small", today, provider=provider)
        mini = table.price("gpt-4.1-mini", today, provider=provider)
        assert small
        assert mini
        assert small.cost(1_000_000) == small.cost(1_000_000, 0, 1_000_000) == Decimal("0.02")
        assert mini.cost(1_000_000) == Decimal("0.40")
        assert mini.cost(1_000_000, 1_000_000, 1_000_000) == Decimal("1.70")
        assert mini.cost(1_000_000, 1_000_000, batch=True) == Decimal("1.00")
    for job in estimate(staged, SMALL, provider="local").jobs:
        local = table.price(job.model, today, provider="local")
        assert local
        assert local.cost(10**9, 10**9) == 0


def test_the_latest_price_that_counts_already_is_taken(staged: Settings) -> None:
    table = prices_of(staged)
    old = table.price("gpt-4o", date(2024, 10, 1), provider="openai")
    new = table.price("gpt-4o", date(2024, 10, 2), provider="openai")
    assert old
    assert new
    assert (old.input_per_million, new.input_per_million) == (Decimal(5), Decimal("2.5"))
    assert table.price("gpt-4o", date(2024, 5, 12), provider="openai") is None


def test_an_unknown_model_has_an_unknown_cost(
    staged: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings = staged.model_copy(update={"chat_model": "gpt-4.1-minimal"})
    with caplog.at_level("WARNING", logger="insights"):
        found = estimate(settings, SMALL, provider="openai")
    assert [job.cost() is None for job in found.jobs] == [False, True, True]
    assert found.total() is None
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "gpt-4.1-mini" in warnings[0]


def test_without_dbt_the_way_out_is_named(settings: Settings) -> None:
    with pytest.raises(DatabaseError) as caught:
        estimate(settings, SMALL)
    assert "dbt build" in (caught.value.hint or "")


# --- the command --------------------------------------------------------------------------------


def test_json_holds_the_figures(staged: Settings) -> None:
    options = ["--provider", "openai", "--json"]
    plain = CliRunner().invoke(command, options, obj=staged, catch_exceptions=False)
    batch = CliRunner().invoke(command, [*options, "--batch"], obj=staged, catch_exceptions=False)
    shown, halved = json.loads(plain.stdout), json.loads(batch.stdout)
    assert [job["job"] for job in shown["jobs"]] == ["embed", "tag", "name"]
    assert shown["jobs"][0]["texts"] == len(DISTINCT)
    assert shown["jobs"][0]["price_valid_from"] == "2024-01-25"
    assert shown["cost_usd"] > shown["batch_cost_usd"] == halved["cost_usd"] > 0
    total = sum(job["cost_usd"] for job in shown["jobs"])
    assert shown["cost_usd"] == pytest.approx(total)


def test_people_see_the_total_and_the_date_of_the_price(staged: Settings) -> None:
    options = ["--provider", "openai", "--embeddings-only"]
    shown = CliRunner().invoke(command, options, obj=staged, catch_exceptions=False).stdout
    assert "openai, text-embedding-3-small" in shown
    assert f"{len(DISTINCT)} texts" in shown
    assert "price of 2024-01-25" in shown
    assert "By the Batch API: $0.0001" in shown
    assert "tag" not in shown


@pytest.mark.parametrize(
    "options",
    [
        ["--limit", "-1"],
        ["--start-date", "2026-02-30"],
    ],
)
def test_unusable_options_are_refused(settings: Settings, options: list[str]) -> None:
    assert CliRunner().invoke(command, options, obj=settings).exit_code == 2


def test_the_seed_gives_the_prices_of_the_mart(staged: Settings) -> None:
    seed = staged.dbt_project_dir / "seeds" / "model_prices.csv"
    assert set(read_seed(seed).prices) == set(prices_of(staged).prices)
