"""Keys, events and names from one published run to the next, and the commands that show them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from python_jobs.cli.runs import runs as command
from python_jobs.errors import UsageError
from python_jobs.jobs import run_views, runs
from python_jobs.jobs.cluster import cluster
from python_jobs.jobs.dbt import run_dbt
from python_jobs.jobs.gate import judge_candidate
from python_jobs.jobs.name import name
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.dbt_builds import build_and_test
from tests.integration.jobs.conftest import query, with_openai
from tests.integration.jobs.test_cluster import ALWAYS, PARAMETERS, embedded_topics

if TYPE_CHECKING:
    from python_jobs.settings import Settings

pytestmark = pytest.mark.slow

__all__ = ["embedded_topics"]

KEYS = "select cluster_path, cluster_key from customer_insights.clusters where run_id = '{}'"


def published_run(settings: Settings, *, judged: bool = False) -> str:
    """Cluster, name and publish, by the gate or at once; the run's id."""
    result = cluster(settings, PARAMETERS, period=ALWAYS, force=True)
    name(settings, provider="local")
    assert judge_candidate(settings) if judged else runs.publish(settings, None)
    assert result.run_id
    return result.run_id


def invoke(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), obj=settings, catch_exceptions=False)


def found_json(settings: Settings, *arguments: str) -> dict[str, Any]:
    result = invoke(settings, *arguments, "--json")
    assert result.exit_code == 0
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_keys_and_names_stay_and_renaming_asks_nobody(embedded_topics: Settings) -> None:
    settings = embedded_topics
    first = published_run(settings)
    keys = dict(query(settings, KEYS.format(first)))
    assert len(set(keys.values())) == len(keys)
    assert keys["root"] == "root"

    # The second run has other parameters, which change nothing here, and half of the texts.
    second = cluster(settings, PARAMETERS, period=ALWAYS, force=True)
    assert second.run_id
    assert dict(query(settings, KEYS.format(second.run_id))) == keys
    with FakeOpenAI() as server:
        assert name(settings, provider="local").named == 0
        assert server.requests == []
    names = "select cluster_path, cluster_name, summary, named_at from customer_insights.clusters"
    assert query(settings, f"{names} where run_id = '{first}' order by 1") == query(
        settings, f"{names} where run_id = '{second.run_id}' order by 1"
    )
    facts = query(
        settings,
        "select previous_run_id, continuity from customer_insights.cluster_runs "
        f"where run_id = '{second.run_id}'",
    )
    assert facts == [(first, 1.0)]
    events = query(
        settings,
        "select event, cluster_key, previous_cluster_key, jaccard, share_unseen "
        f"from customer_insights.cluster_events where run_id = '{second.run_id}'",
    )
    assert {each[0] for each in events} == {"continued"}
    assert all(each[1] == each[2] and each[3:] == (1.0, 0.0) for each in events)

    # Another model names in its own words.
    with FakeOpenAI() as server:
        assert name(with_openai(settings, server)).named > 0
        assert server.count() > 0


def test_changes_reach_the_mart_and_given_names_win(embedded_topics: Settings) -> None:
    settings = embedded_topics
    first = published_run(settings)
    # Undo one cluster of the published run, so that the next one has something new in it.
    gone, other = [
        row[0]
        for row in query(
            settings,
            f"select cluster_path from customer_insights.clusters where run_id = '{first}' "
            "and depth = 1 and not is_noise and is_leaf order by 1 limit 2",
        )
    ]
    query(
        settings,
        f"update customer_insights.cluster_assignments set cluster_path = '{other}' "
        f"where run_id = '{first}' and cluster_path = '{gone}'",
    )
    query(settings, f"delete from customer_insights.clusters where cluster_path = '{gone}'")
    keys = dict(query(settings, KEYS.format(first)))
    second = published_run(settings, judged=True)
    build_and_test(settings)

    changed = query(
        settings,
        "select event, previous_cluster_path, cluster_path, is_latest from marts.cluster_changes "
        "where event <> 'continued' order by event_number",
    )
    assert {each[0] for each in changed} == {"split"}
    assert {each[1] for each in changed} == {other}
    parts = {each[2] for each in changed}
    assert len(parts) == 2
    now = dict(query(settings, "select cluster_path, cluster_key from marts.clusters"))
    assert len({now[part] for part in parts} - set(keys.values())) == 1
    assert {now[part] for part in parts} & {keys[other]}
    unkeyed = query(settings, "select count(*) from marts.feedback where cluster_key is null")
    assert unkeyed == [(0,)]

    page = invoke(settings, "diff", first, second)
    assert page.exit_code == 0
    assert "split" in page.stdout
    told = found_json(settings, "diff", first, second)
    assert [each["event"] for each in told["events"]].count("split") == 2
    back = run_views.diff(settings, second, first)
    assert {each.event for each in back.events} == {"continued", "merged"}
    assert back.continuity == told["continuity"]
    with pytest.raises(UsageError, match="no cluster run"):
        run_views.diff(settings, first, "elsewhere")

    query(
        settings,
        f"insert into staging.cluster_names values ('{keys[other]}', 'What people call it', null)",
    )
    selection = ["run", "--select", "int_clusters__published+", "int_clusters__named+"]
    assert run_dbt(settings, selection, quiet=True) == 0
    given = query(
        settings,
        "select c.cluster_name, c.named_by_provider, s.cluster_name from marts.clusters as c "
        "join marts.cluster_summary as s using (cluster_key) "
        f"where cluster_key = '{keys[other]}'",
    )
    assert given == [("What people call it", "human", "What people call it")]
    everywhere = query(
        settings,
        "select distinct cluster_name from marts.cluster_changes "
        f"where cluster_key = '{keys[other]}'",
    )
    assert everywhere == [("What people call it",)]


def test_show_tells_of_a_run(embedded_topics: Settings) -> None:
    settings = embedded_topics
    first = published_run(settings)
    page = invoke(settings, "show", first)
    assert page.exit_code == 0
    for expected in (first, "published", "min_cluster_size", "All feedback", "root.0"):
        assert expected in page.stdout
    told = found_json(settings, "show", first)
    assert told["status"] == "published"
    assert told["parameters"]["asked"]["min_cluster_size"] == 4
    assert told["clusters"][0]["cluster_key"] == "root"
    assert len(told["clusters"]) == told["count_clusters"] + 1
    with pytest.raises(UsageError, match="no candidate"):
        run_views.show(settings, None)
    cluster(settings, PARAMETERS, period=ALWAYS, force=True)
    runs.reject(settings, None, "not today")
    latest = runs.list_runs(settings)[0]
    assert "rejected: not today" in invoke(settings, "show", latest.run_id).stdout
