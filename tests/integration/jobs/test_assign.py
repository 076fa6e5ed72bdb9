"""New feedback placed into the published tree: what is written, and that marts show it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from python_jobs.errors import BusyError, UsageError
from python_jobs.jobs import assign as job
from python_jobs.jobs import run_views, runs
from python_jobs.jobs.assign import assign
from python_jobs.jobs.cluster import cluster
from python_jobs.jobs.dbt import run_dbt
from python_jobs.jobs.forget import Choice, forget
from python_jobs.jobs.lock import pipeline_lock
from python_jobs.jobs.name import name
from python_jobs.storage.connection import psycopg_connect
from python_jobs.storage.job_inputs import Period
from python_jobs.storage.vectors import write_vectors
from tests.integration.dbt_builds import build_and_test
from tests.integration.jobs.conftest import TEXTS, query
from tests.integration.jobs.test_cluster import ALWAYS, PARAMETERS, embedded_topics

if TYPE_CHECKING:
    from python_jobs.settings import Settings

pytestmark = pytest.mark.slow

__all__ = ["embedded_topics"]

RUN = (
    "select run_id, status, count_feedback, count_texts, noise_share, continuity, input_hash "
    "from customer_insights.cluster_runs"
)
MADE = "select * from customer_insights.cluster_assignments where assigned_at is null order by 2"
ADDED = (
    "select feedback_id, a.cluster_path, membership_probability, noise_score, x, y "
    "from customer_insights.cluster_assignments as a "
    "join intermediate.int_feedback__deduplicated using (content_hash) "
    "where assigned_at is not null order by 1"
)
LATER = [row[0] for row in TEXTS if row[0].endswith("-6-0")] + ["poison"]
"""One June text of each topic, and one that is like nothing."""


@pytest.fixture
def later(embedded_topics: Settings) -> Settings:
    """A published run of all but `LATER` and the three who say the same; these are embedded now."""
    settings = embedded_topics
    far = np.full((1, 16), 9.0, dtype=np.float32) * np.resize([1, -1], 16)
    with psycopg_connect(settings) as connection:
        hashes = connection.execute(
            "select content_hash from intermediate.int_feedback__deduplicated "
            "where feedback_id = 'poison'"
        ).fetchall()
        write_vectors(connection, [hashes[0][0]], far.astype(np.float32), model="blobs")
    chosen = ", ".join(f"'{each}'" for each in [*LATER, "same-1"])
    query(
        settings,
        "create table public.hidden as select * from customer_insights.embedded_items "
        f"where feedback_id in ({chosen}); "
        "delete from customer_insights.embedded_items "
        f"where feedback_id in ({chosen})",
    )
    publish(settings, ALWAYS)
    query(settings, "insert into customer_insights.embedded_items select * from public.hidden")
    return settings


def publish(settings: Settings, period: Period) -> str:
    """Cluster, name and publish without the gate's dbt run; the run's id."""
    result = cluster(settings, PARAMETERS, period=period)
    name(settings, provider="local")
    runs.publish(settings, None)
    assert result.run_id
    return result.run_id


def stored(settings: Settings) -> list[Any]:
    return [query(settings, each) for each in (RUN, MADE)]


def test_new_feedback_joins_its_topic_and_marts_show_it(later: Settings) -> None:
    settings = later
    run, made = stored(settings)
    topics = {
        row[0].split("-")[0]: row[1]
        for row in query(
            settings,
            "select feedback_id, cluster_path from customer_insights.cluster_assignments "
            "join intermediate.int_feedback__deduplicated using (content_hash)",
        )
    }
    found = assign(settings, period=ALWAYS)
    assert (found.count_texts, found.count_feedback) == (len(LATER) + 1, len(LATER) + 3)
    # what all three say and "poison" are like no topic
    assert found.count_noise_texts >= 1
    assert stored(settings) == [run, made]  # the full run's rows stay
    added = {row[0]: row[1:] for row in query(settings, ADDED)}
    assert set(added) == {*LATER, "same-1", "same-2", "same-3"}
    assert added["poison"][0] == "root.noise"
    assert added["poison"][1] == 0
    for each in LATER[:-1]:
        assert added[each][0].split(".")[:2] == topics[each.split("-")[0]].split(".")[:2]
        assert 0 < added[each][1] <= 1
    assert len({added[f"same-{number}"] for number in (1, 2, 3)}) == 1

    again = assign(settings, period=ALWAYS)
    assert (again.count_texts, again.count_feedback) == (0, 0)
    assert again.noise_share == found.noise_share
    calls = query(
        settings,
        "select status, (counts ->> 'count_texts')::integer, counts ->> 'run_id' "
        "from customer_insights.job_runs where job = 'assign'",
    )
    assert calls == [("succeeded", found.count_texts, found.run_id)]

    build_and_test(settings)
    shown = query(
        settings,
        "select feedback_id, cluster_path is not null and cluster_name is not null and "
        "level_1_name is not null and cluster_key is not null, is_assigned, "
        "assigned_at is not null from marts.feedback order by 1",
    )
    assert shown == sorted((row[0], True, row[0] in added, row[0] in added) for row in TEXTS)
    summary = query(
        settings,
        "select count_feedback, count_assigned, count_texts from marts.cluster_summary "
        "where cluster_path = 'root'",
    )
    assert summary == [(len(TEXTS), len(added), run[0][3] + found.count_texts)]
    trends = (
        "select sum(count_feedback) from marts.cluster_trends "
        "where cluster_path = 'root' and period = 'week'"
    )
    assert query(settings, trends) == [(len(TEXTS),)]
    assert query(settings, "select count(*), bool_or(is_latest) from marts.cluster_drift") == [
        (1, True)
    ]


def test_the_order_and_the_blocks_do_not_matter(
    later: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = Period(end=date(2026, 5, 31))
    assert assign(later, period=may, limit=1).count_texts == 1  # what same-1 says
    monkeypatch.setattr(job, "IN_MEMORY", 0)
    monkeypatch.setattr(job, "BLOCK", 2)
    assert assign(later, period=ALWAYS).count_texts == len(LATER)
    in_steps = query(later, ADDED)
    query(
        later,
        "delete from customer_insights.cluster_assignments where assigned_at is not null; "
        "delete from customer_insights.cluster_assign_runs",
    )
    monkeypatch.undo()
    assign(later, period=ALWAYS)
    assert query(later, ADDED) == in_steps


def test_what_comes_after_the_run_s_last_day_is_shown_too(embedded_topics: Settings) -> None:
    settings = embedded_topics
    may = Period(date(2026, 5, 2), date(2026, 5, 31))
    publish(settings, may)
    later = [row[0] for row in TEXTS if row[1] >= "2026-06"]
    found = assign(settings, period=ALWAYS)
    assert found.count_feedback == len(later)
    selection = ["run", "--select", "int_clusters__assigned_feedback", "feedback"]
    assert run_dbt(settings, selection, quiet=True) == 0
    shown = query(settings, "select feedback_id from marts.feedback where is_assigned order by 1")
    assert [row[0] for row in shown] == sorted(later)
    unplaced = query(settings, "select feedback_id from marts.feedback where cluster_path is null")
    assert unplaced == [("same-1",)]  # before the first day, though later ones say the same
    # more was assigned than a quarter of what the run was made from
    assert found.reason is not None
    assert "of what the run was made from" in found.reason


def test_an_erasure_takes_what_was_assigned(later: Settings) -> None:
    assign(later, period=ALWAYS)
    forget(later, Choice(("poison", "same-1")))
    left = {row[0] for row in query(later, ADDED)}
    assert left == {*LATER[:-1], "same-2", "same-3"}
    assert assign(later, period=ALWAYS).count_texts == 0


def test_the_next_full_run_takes_its_keys_from_the_full_run(later: Settings) -> None:
    first = assign(later, period=ALWAYS).run_id
    second = cluster(later, PARAMETERS, period=ALWAYS)
    assert second.run_id
    assert not second.unchanged
    events = run_views.diff(later, first, second.run_id).events
    # a text that was assigned is new to the next run as well
    assert any(each.share_unseen for each in events)


def test_without_a_tree_to_assign_to_the_way_out_is_said(embedded_topics: Settings) -> None:
    settings = embedded_topics
    cluster(settings, PARAMETERS, period=ALWAYS)
    with pytest.raises(UsageError, match="no cluster run is published") as caught:
        assign(settings, period=ALWAYS)
    assert "insights cluster" in (caught.value.hint or "")
    name(settings, provider="local")
    runs.publish(settings, None)
    with pipeline_lock(settings), pytest.raises(BusyError):
        assign(settings, period=ALWAYS)
    query(settings, "update customer_insights.active_models set model = 'other'")
    query(settings, "update customer_insights.embedded_items set model = 'other'")
    with pytest.raises(UsageError, match="made with blobs"):
        assign(settings, period=ALWAYS)
