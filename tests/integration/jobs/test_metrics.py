"""MetricFlow takes the metrics as they are defined, and answers what SQL on the marts answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from psycopg import connect
from pydantic import SecretStr

from python_jobs.jobs.dbt import run_dbt
from python_jobs.settings import Settings
from tests.integration.databases import fresh_database
from tests.integration.dbt_builds import parsed_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from python_jobs.storage.embedded import ServerInfo
    from tests.integration.jobs.asking import Asker

pytestmark = pytest.mark.slow

pytest.importorskip("metricflow", reason="needs metricflow: pip install 'dbt-metricflow<0.16'")

# Marts by hand: what they hold is another test's matter.
_MARTS = """
update marts.feedback set
    rating = case when ascii(right(content_hash, 1)) % 4 > 0
        then 1 + ascii(left(content_hash, 1)) % 5 end,
    product = case when feedback_id < 'p' then 'boot' when feedback_id < 'sa' then 'shoe' end,
    source = case when feedback_id like '%1' then 'shop' else 'chat' end,
    customer_id = case when feedback_id <> 'poison' then right(feedback_id, 1) end,
    sentiment = case when feedback_id < 'd' then 'negative' when feedback_id < 'p' then 'positive'
        when feedback_id < 'sa' then 'very negative' end,
    cluster_path = 'root.0', is_noise = feedback_id like '%0', tagged_by_model = 'm',
    count_categories = case when feedback_id like '%2' then 0 else 2 end;
insert into marts.cluster_trends (cluster_path, period, period_start, cluster_key, run_id,
    cluster_name, depth, count_feedback, count_all_feedback, share_of_all, count_rated, mean_rating,
    is_complete)
select path, period, start, path, 'r', 'Name of ' || path, length(path) / 6, number, 10,
    number / 10.0, least(number, 4), 4, true
from (values ('root', 10, 'day', date '2026-05-01'), ('root.0', 3, 'day', date '2026-05-01'),
    ('root', 10, 'day', date '2026-05-02'), ('root.0', 0, 'day', date '2026-05-02'),
    ('root', 10, 'day', date '2026-06-01'), ('root.0', 5, 'day', date '2026-06-01'),
    ('root', 99, 'month', date '2026-05-01'), ('root.0', 99, 'week', date '2026-05-01'))
    as trend (path, number, period, start);
update marts.cluster_trends set mean_rating = null where count_rated = 0;
insert into marts.tag_trends (category, period, period_start, count_feedback, count_tagged_feedback,
    share_of_tagged, count_rated, mean_rating, count_negative, is_complete)
values ('delivery', 'month', '2026-05-01', 1, 4, 0.25, 1, 2, 1, true),
    ('delivery', 'month', '2026-06-01', 5, 8, 0.625, 3, 4, 0, true),
    ('delivery', 'week', '2026-05-04', 70, 80, 0.875, 70, 1, 70, true);
insert into marts.model_costs (requested_on, job, provider, model, mode, count_requests,
    count_failed_requests, count_items, input_tokens, cached_tokens, output_tokens,
    count_requests_without_price, cost_usd, known_cost_usd)
values ('2026-05-01', 'embed', 'openai', 'small', 'online', 3, 1, 100, 5000, 0, 0, 0, 0.5, 0.5),
    ('2026-06-01', 'tag', 'openai', 'chat', 'online', 1, 0, 50, 700, 0, 300, 1, null, 0.25);
"""

_OF_FEEDBACK = """
select {group} as "group", count(*) as feedback_count,
    count(distinct content_hash) as text_count, count(distinct customer_id) as customer_count,
    count(rating) as rated_count, avg(rating) as mean_rating,
    count(*) filter (where rating <= 2) * 1.0 / nullif(count(rating), 0) as low_rating_share,
    count(*) filter (where rating >= 4) * 1.0 / nullif(count(rating), 0) as high_rating_share,
    count(*) filter (where sentiment like '%%negative') * 1.0 / nullif(count(sentiment), 0)
        as negative_share,
    count(*) filter (where sentiment like '%%positive') * 1.0 / nullif(count(sentiment), 0)
        as positive_share,
    count(*) filter (where count_categories > 0) * 1.0 / count(*) as categorised_share,
    count(*) filter (where is_noise) * 1.0 / count(*) as noise_share
from marts.feedback group by 1 order by 1
"""
METRICS = (
    *("feedback_count", "text_count", "customer_count", "rated_count", "mean_rating"),
    *("low_rating_share", "high_rating_share", "negative_share", "positive_share"),
    *("categorised_share", "noise_share"),
)


@pytest.fixture(scope="module")
def url(server: ServerInfo, staged_template: str) -> Iterator[str]:
    """Of a database that dbt has built."""
    with fresh_database(server, staged_template) as (_, url):
        yield url


@pytest.fixture(scope="module")
def connection(url: str) -> Iterator[Connection[Any]]:
    """To that database, its marts filled by this module."""
    with connect(url, autocommit=True) as connection:
        connection.execute(_MARTS.encode())
        yield connection


@pytest.fixture(scope="module")
def manifest(url: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What dbt tells MetricFlow; parsing checks it with dbt's own rules."""
    from tests.integration.jobs.asking import parse

    folder = tmp_path_factory.mktemp("metrics")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("INSIGHTS_DBT_TARGET", "INSIGHTS_SCHEMA_PREFIX"):
            patch.delenv(name, raising=False)
        patch.setenv("DBT_TARGET_PATH", parsed_target(folder / "target"))
        assert (
            run_dbt(Settings(database_url=SecretStr(url), home=folder), ["parse"], quiet=True) == 0
        )
    return parse((folder / "target" / "semantic_manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def metrics(manifest: Any, connection: Connection[Any]) -> Asker:
    from tests.integration.jobs.asking import Asker

    return Asker(manifest, connection)


def rows(connection: Connection[Any], statement: str) -> list[dict[str, Any]]:
    cursor = connection.execute(statement.encode())
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def same(found: list[dict[str, Any]], expected: list[dict[str, Any]], group: str) -> None:
    """The same groups with the same figures, whatever number type a database gives them."""
    by_group = {row["group"]: row for row in expected}
    assert len(by_group) > 1
    assert {row[group] for row in found} == set(by_group)
    for row in found:
        for metric in METRICS:
            wanted = by_group[row[group]][metric]
            assert row[metric] == (None if wanted is None else pytest.approx(float(wanted))), metric


def test_the_definitions_fit_the_marts(manifest: Any, connection: Connection[Any]) -> None:
    from tests.integration.jobs.asking import issues

    assert issues(manifest, connection) == []


@pytest.mark.parametrize("dimension", ["product", "source", "sentiment"])
def test_figures_of_feedback_are_those_of_sql(
    metrics: Asker, connection: Connection[Any], dimension: str
) -> None:
    expected = rows(connection, _OF_FEEDBACK.format(group=dimension))
    group = f"feedback__{dimension}"
    same(metrics.ask(*METRICS, by=(group,)), expected, group)


def test_figures_of_months_are_those_of_sql(metrics: Asker, connection: Connection[Any]) -> None:
    expected = rows(connection, _OF_FEEDBACK.format(group="date_trunc('month', created_at)"))
    found = metrics.ask(*METRICS, "feedback_change", by=("metric_time__month",))
    same(found, expected, "metric_time__month")
    counts = [row["feedback_count"] for row in expected]
    changes = [row["feedback_change"] for row in found]
    assert changes[0] is None
    assert changes[1] == pytest.approx((counts[1] - counts[0]) / counts[0])


def test_windows_are_filled_day_by_day(metrics: Asker, connection: Connection[Any]) -> None:
    (expected,) = rows(
        connection,
        "select count(*) as number from marts.feedback "
        "where created_at >= '2026-05-13' and created_at < '2026-06-10'",
    )
    found = metrics.ask("feedback_of_28_days", by=("metric_time__day",))
    by_day = {str(row["metric_time__day"])[:10]: row["feedback_of_28_days"] for row in found}
    assert by_day["2026-06-09"] == expected["number"] > 0  # a day without feedback of its own


def test_shares_of_themes_add_up_over_days(metrics: Asker) -> None:
    (may, june) = metrics.ask(
        *("theme_share", "theme_mean_rating"),
        by=("metric_time__month",),
        where="{{ Dimension('cluster_day__cluster_name') }} = 'Name of root.0'",
    )
    assert (may["theme_share"], june["theme_share"]) == (pytest.approx(3 / 20), pytest.approx(0.5))
    assert (may["theme_mean_rating"], june["theme_mean_rating"]) == (4, 4)


def test_shares_of_categories_count_months_only(metrics: Asker) -> None:
    (found,) = metrics.ask(
        *("category_share", "category_mean_rating"), by=("category_month__category",)
    )
    assert found["category_share"] == pytest.approx(6 / 12)
    assert found["category_mean_rating"] == pytest.approx((2 + 3 * 4) / 4)


def test_costs_are_for_a_thousand(metrics: Asker, connection: Connection[Any]) -> None:
    (feedback,) = rows(connection, "select count(*) as number from marts.feedback")
    (found,) = metrics.ask(
        *("cost_usd", "cost_per_1000_feedback", "cost_per_1000_texts", "requests_without_price"),
        "failed_request_share",
    )
    assert found["cost_usd"] == pytest.approx(0.75)
    assert found["cost_per_1000_feedback"] == pytest.approx(750 / feedback["number"])
    assert found["cost_per_1000_texts"] == pytest.approx(5)
    assert found["requests_without_price"] == 1
    assert found["failed_request_share"] == pytest.approx(0.25)


def test_saved_queries_answer(metrics: Asker, manifest: Any) -> None:
    names = [query.name for query in manifest.saved_queries]
    assert len(names) == 5
    for name in names:
        assert metrics.ask_saved(name), name
