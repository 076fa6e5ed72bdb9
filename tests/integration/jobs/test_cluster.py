"""From vectors to published marts: cluster, name, gate."""

from __future__ import annotations

import json
import os
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.errors import DatabaseError, RejectedError, UsageError
from python_jobs.jobs import gate, runs
from python_jobs.jobs.budget import Budget, BudgetReached
from python_jobs.jobs.cluster import cluster
from python_jobs.jobs.dbt import run_dbt
from python_jobs.jobs.name import NOISE_NAME, name
from python_jobs.jobs.report import report
from python_jobs.jobs.sweep import SweepPlan, sweep_database
from python_jobs.storage import results
from python_jobs.storage.job_inputs import PendingText, Period
from python_jobs.storage.vectors import write_vectors
from python_jobs.storage.warehouse import Warehouse, native
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.dbt_builds import build
from tests.integration.jobs.conftest import TEXTS, query, with_openai

if TYPE_CHECKING:
    from python_jobs.settings import Settings

pytestmark = pytest.mark.slow

PARAMETERS = ClusterParameters(min_cluster_size=4, n_neighbors=5)
ALWAYS = Period()
DISTINCT = len({text.lower() for _, _, text in TEXTS})


@pytest.fixture
def embedded_topics(staged: Settings) -> Settings:
    """Every text has a vector near the centre of its topic (the word before the month)."""
    texts = query(
        staged,
        "select content_hash, min(canonical_feedback_id), min(canonical_text) "
        "from intermediate.int_feedback__deduplicated group by content_hash order by content_hash",
    )
    random = np.random.default_rng(7)
    topics = sorted({_topic(text) for _, _, text in texts})
    centres = random.normal(size=(len(topics), 16))
    vectors = np.array(
        [
            centres[topics.index(_topic(text))] + random.normal(scale=0.05, size=16)
            for _, _, text in texts
        ],
        dtype=np.float32,
    )
    items = [PendingText(*row) for row in texts]
    with Warehouse(staged) as warehouse, warehouse.transaction() as connection:
        write_vectors(native(connection), [i.content_hash for i in items], vectors, model="blobs")
        results.record_embedded(
            connection,
            items,
            [None] * len(items),
            provider="test",
            model="blobs",
            dimensions=16,
            job_run_id="test",
        )
        results.activate_model(
            connection, results.ActiveModel("embedding", "test", "blobs", dimensions=16)
        )
    return staged


def _topic(text: str) -> str:
    words = text.split()
    return words[-2] if words[-1].isdigit() else "other"


def published(settings: Settings) -> list[tuple[str, str]]:
    return query(
        settings, "select cluster_path, cluster_name from marts.clusters order by cluster_path"
    )


def test_a_candidate_is_named_judged_and_published(embedded_topics: Settings) -> None:
    settings = embedded_topics
    result = cluster(settings, PARAMETERS, period=ALWAYS)
    assert result.count_texts == DISTINCT
    assert result.count_feedback == len(TEXTS)
    assert result.count_clusters >= 5
    assert published(settings) == []  # nobody sees a candidate

    with pytest.raises(UsageError, match="without a name"):
        runs.publish(settings, None)
    with FakeOpenAI() as server:
        with pytest.raises(BudgetReached):
            name(with_openai(settings, server), budget=Budget(Decimal("0.000001")))
        assert server.requests == []
        named = name(with_openai(settings, server))
        assert named.requests == server.count() > 0
        assert name(with_openai(settings, server)).named == 0
    run = gate.judge_candidate(settings)
    assert run is not None
    assert run.status == "published"
    build(settings)

    names = dict(published(settings))
    assert names["root"] == "All feedback"
    for path, given in names.items():
        siblings = [
            other
            for key, other in names.items()
            if key.rpartition(".")[0] == path.rpartition(".")[0] and key != path
        ]
        assert given.casefold() not in [other.casefold() for other in siblings]
        assert (given == NOISE_NAME) == path.endswith("noise")
    placed = query(
        settings, "select count(*), count(cluster_path), count(x), count(y) from marts.feedback"
    )
    assert placed == [(len(TEXTS),) * 4]
    same = query(
        settings,
        "select count(distinct cluster_path) from marts.feedback where feedback_id like 'same-%'",
    )
    assert same == [(1,)]
    centroids = query(settings, "select count(*) from vector_store.cluster_centroids")
    assert centroids[0][0] == len(names) - 1
    measured = "count(stability) = sum(case when is_noise or depth = 0 then 0 else 1 end)"
    for mart in ("clusters", "cluster_summary"):
        assert query(settings, f"select {measured} from marts.{mart}") == [(True,)]
    assert report(settings) is not None


def test_the_same_input_is_not_clustered_twice(embedded_topics: Settings) -> None:
    first = cluster(embedded_topics, PARAMETERS, period=ALWAYS)
    again = cluster(embedded_topics, PARAMETERS, period=ALWAYS)
    assert (again.run_id, again.unchanged) == (first.run_id, True)
    forced = cluster(embedded_topics, PARAMETERS, period=ALWAYS, force=True)
    assert forced.run_id != first.run_id
    states = {run.run_id: run.status for run in runs.list_runs(embedded_topics)}
    assert states == {first.run_id: "rejected", forced.run_id: "candidate"}
    paths = "select content_hash, cluster_path from customer_insights.cluster_assignments"
    assert query(embedded_topics, f"{paths} where run_id = '{first.run_id}' order by 1") == query(
        embedded_topics, f"{paths} where run_id = '{forced.run_id}' order by 1"
    )


def test_a_run_by_the_graph_method_says_so(embedded_topics: Settings) -> None:
    parameters = ClusterParameters(method="graph", min_cluster_size=4, n_neighbors=5)
    first = cluster(embedded_topics, parameters, period=ALWAYS)
    assert first.count_clusters >= 5
    assert cluster(embedded_topics, parameters, period=ALWAYS).unchanged
    assert not cluster(embedded_topics, PARAMETERS, period=ALWAYS).unchanged
    [(asked,)] = query(
        embedded_topics,
        "select parameters -> 'asked' from customer_insights.cluster_runs where method = 'graph'",
    )
    assert asked["resolution"] is None
    assert asked["max_noise_share"] == 0.05
    assert "n_components" not in asked
    before = query(embedded_topics, "select count(*) from customer_insights.job_runs")
    plan = SweepPlan(parameters, ("n_neighbors", "resolution"), 31, ALWAYS)
    found = sweep_database(embedded_topics, plan)
    assert (found.count_sampled, found.count_texts) == (31, DISTINCT)
    assert found.sweep.best is not None
    assert found == sweep_database(embedded_topics, plan)
    assert query(embedded_topics, "select count(*) from customer_insights.job_runs") == before


def test_a_bad_candidate_is_rejected_and_the_marts_stay(
    embedded_topics: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = embedded_topics
    cluster(settings, PARAMETERS, period=ALWAYS)
    name(settings, provider="local")
    gate.judge_candidate(settings)
    build(settings)
    before = query(settings, "select * from marts.cluster_summary order by cluster_path")
    assert before

    bad = cluster(settings, PARAMETERS, period=ALWAYS, force=True)
    name(settings, provider="local")
    query(
        settings,
        "update customer_insights.clusters set cluster_name = 'Twins' "
        f"where run_id = '{bad.run_id}' and cluster_path in ('root.0', 'root.1')",
    )
    where = f"where run_id = '{bad.run_id}'"
    query(settings, f"update customer_insights.cluster_runs set noise_share = .95 {where}")
    monkeypatch.setattr(gate, "run_dbt", beside_another_dbt)
    with pytest.raises(RejectedError) as caught:
        gate.judge_candidate(settings)
    assert "assert_candidate_sibling_names_distinct" in caught.value.message
    assert "assert_candidate_noise_share_bounded" in caught.value.message
    (latest, *_) = runs.list_runs(settings)
    assert (latest.run_id, latest.status) == (bad.run_id, "rejected")
    assert "noise_share" in (latest.status_reason or "")
    build(settings)
    assert query(settings, "select * from marts.cluster_summary order by cluster_path") == before
    assert gate.judge_candidate(settings) is None


def beside_another_dbt(settings: Settings, arguments: list[str], **options: Any) -> int:
    """Run dbt, and one on another database that ends first with nothing but passed tests."""
    code = run_dbt(settings, arguments, **options)
    passed = {"unique_id": "test.customer_insights.assert_all.1", "status": "pass", "failures": 0}
    shared = settings.dbt_project_dir / os.environ["DBT_TARGET_PATH"] / "run_results.json"
    shared.write_text(json.dumps({"results": [passed]}), encoding="utf-8")
    return code


def test_a_period_limits_what_is_clustered_and_shown(embedded_topics: Settings) -> None:
    june = Period(date(2026, 6, 1), date(2026, 6, 30))
    in_june = [row for row in TEXTS if row[1].startswith("2026-06")]
    result = cluster(embedded_topics, PARAMETERS, period=june)
    assert result.count_feedback == len(in_june)
    name(embedded_topics, provider="local")
    gate.judge_candidate(embedded_topics)
    build(embedded_topics, "--select", "+feedback")
    placed = query(
        embedded_topics,
        "select feedback_id from marts.feedback where cluster_path is not null order by 1",
    )
    assert [row[0] for row in placed] == sorted(row[0] for row in in_june)


def test_the_limit_takes_the_latest(embedded_topics: Settings) -> None:
    result = cluster(embedded_topics, PARAMETERS, period=ALWAYS, limit=3)
    assert result.count_texts == 3
    texts = query(
        embedded_topics,
        "select max(created_at) >= '2026-06-12' from marts.clustering_input join "
        "customer_insights.cluster_assignments using (content_hash) group by content_hash",
    )
    assert texts == [(True,)] * 3


def test_nothing_embedded_means_nothing_to_do(staged: Settings) -> None:
    result = cluster(staged, PARAMETERS, period=ALWAYS)
    assert (result.run_id, result.count_texts) == (None, 0)
    assert runs.list_runs(staged) == []


def test_a_missing_vector_is_said(embedded_topics: Settings) -> None:
    query(
        embedded_topics,
        "delete from vector_store.embeddings where content_hash = "
        "(select min(content_hash) from vector_store.embeddings)",
    )
    with pytest.raises(DatabaseError, match="1 texts are recorded as embedded"):
        cluster(embedded_topics, PARAMETERS, period=ALWAYS)


def test_the_published_run_cannot_be_rejected(embedded_topics: Settings) -> None:
    cluster(embedded_topics, PARAMETERS, period=ALWAYS)
    name(embedded_topics, provider="local")
    run = runs.publish(embedded_topics, None)
    with pytest.raises(UsageError, match="is published"):
        runs.reject(embedded_topics, run.run_id, "no")
    with pytest.raises(UsageError, match="no candidate waits"):
        runs.publish(embedded_topics, None)
    with pytest.raises(UsageError, match="no cluster run nonsense"):
        runs.publish(embedded_topics, "nonsense")
