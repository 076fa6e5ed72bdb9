"""`./run_pipeline.sh --demo`, twice, and what a stranger may expect of it."""

from __future__ import annotations

import json
import subprocess
from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from benchmarks import chance
from tests.acceptance import recomputed
from tests.acceptance.conftest import ROOT
from tests.integration.conftest import wait_for
from tests.integration.report.browser import chromium, opened
from tests.portability import transpiled

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from tests.acceptance.conftest import Checkout

pytestmark = pytest.mark.slow

TRUTH: dict[str, Any] = json.loads((ROOT / "demo" / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def first_build(checkout: Checkout) -> subprocess.CompletedProcess[str]:
    """What an analytics engineer does before any job has run."""
    started = checkout.run("insights", "db", "start")
    assert started.returncode == 0, started.stderr
    return checkout.run("dbt", "build", cwd="dbt_project")


@pytest.fixture(scope="module")
def demo(
    checkout: Checkout, first_build: subprocess.CompletedProcess[str]
) -> subprocess.CompletedProcess[str]:
    finished = checkout.pipeline("--demo")
    assert finished.returncode == 0, finished.stderr
    return finished


@pytest.fixture(scope="module")
def members(checkout: Checkout, demo: subprocess.CompletedProcess[str]) -> dict[str, set[str]]:
    """Feedback ids of each cluster, those of its children included."""
    found = defaultdict(set)
    for path, feedback_id in checkout.query(
        "select ancestor_path, feedback_id from marts.feedback "
        "join marts.cluster_hierarchy on cluster_path = descendant_path"
    ):
        found[path].add(feedback_id)
    return found


def best_cluster(members: dict[str, set[str]], ids: list[str]) -> tuple[str, float]:
    """The cluster that matches a planted theme best, and its F1."""
    planted = set(ids)
    scores = {
        path: 2 * len(planted & found) / (len(planted) + len(found))
        for path, found in members.items()
        if path != "root"
    }
    path = max(scores, key=lambda each: (scores[each], each))
    return path, scores[path]


def test_the_run_ends_with_a_page_to_look_at(
    checkout: Checkout, demo: subprocess.CompletedProcess[str]
) -> None:
    assert f"open {checkout.folder / 'report.html'} in a browser" in demo.stderr
    with chromium() as browser, opened(browser, checkout.folder / "report.html") as page:
        assert page.count() == 3_000
        assert len(page.tab.query_selector_all(".tile")) > 10
        assert len(page.tab.query_selector_all(".sentences li")) >= 3


def test_dbt_build_works_on_a_database_where_no_job_has_run(
    first_build: subprocess.CompletedProcess[str],
) -> None:
    assert first_build.returncode == 0, first_build.stdout
    assert "ERROR=0" in first_build.stdout
    assert "WARN=0" in first_build.stdout


def test_the_summary_says_what_came_in_and_what_came_out(
    demo: subprocess.CompletedProcess[str],
) -> None:
    assert "3,000 rows in = 3,000 loaded + 0 unchanged + 0 updated + 0 rejected" in demo.stderr
    for expected in ("3,000", "2,800", "What customers talk about", "Tags", "★", "“"):
        assert expected in demo.stdout
    assert "Next:" in demo.stderr
    assert "local" in demo.stderr  # the provider is said out loud
    assert "Traceback" not in demo.stderr


def test_duplicates_are_found(checkout: Checkout, demo: subprocess.CompletedProcess[str]) -> None:
    rows = checkout.query(
        "select feedback_id, canonical_feedback_id, is_canonical from marts.feedback"
    )
    assert len(rows) == TRUTH["totals"]["records"]
    assert sum(not row[2] for row in rows) == TRUTH["totals"]["duplicate_records"]
    canonical = {row[0]: row[1] for row in rows}
    for duplicate, first in TRUTH["exact_duplicates"]["all"]:
        assert canonical[duplicate] == first


def test_the_emerging_theme_is_a_segment_that_was_not_there_before(
    checkout: Checkout, members: dict[str, set[str]]
) -> None:
    theme = TRUTH["emerging_theme"]
    path, score = best_cluster(members, theme["ids"])
    assert score > 0.6
    weeks = checkout.query(
        "select period_start < date '2026-07-20' as is_before, sum(count_feedback) "
        f"from marts.cluster_trends where cluster_path = '{path}' and period = 'week' group by 1"
    )
    counts = dict(weeks)
    assert counts[False] > 5 * counts[True]


def test_the_fading_theme_is_a_segment_that_ends_with_the_fix(
    checkout: Checkout, members: dict[str, set[str]]
) -> None:
    path, score = best_cluster(members, TRUTH["fading_theme"]["ids"])
    assert score > 0.5
    counts = dict(
        checkout.query(
            "select period_start < date '2026-02-15' as is_before, sum(count_feedback) "
            f"from marts.cluster_trends where cluster_path = '{path}' and period = 'day' group by 1"
        )
    )
    assert counts[True] > 3 * counts[False]


def test_emerging_and_fading_theme_are_found_as_such(
    checkout: Checkout, members: dict[str, set[str]]
) -> None:
    movements = dict(
        checkout.query(
            "select cluster_path, movement from marts.emerging_clusters where is_strongest_window"
        )
    )
    assert movements[best_cluster(members, TRUTH["emerging_theme"]["ids"])[0]] in ("new", "rising")
    assert movements[best_cluster(members, TRUTH["fading_theme"]["ids"])[0]] == "fading"


def test_chances_are_scipy_s(checkout: Checkout, demo: subprocess.CompletedProcess[str]) -> None:
    chances = recomputed.p_values(checkout.query)
    assert len(chances) > 30
    assert chances["mart"].to_numpy() == pytest.approx(chances["scipy"], rel=1e-9, abs=1e-20)


def test_the_cost_of_a_star_is_found_and_its_interval_holds_the_truth(
    checkout: Checkout, demo: subprocess.CompletedProcess[str]
) -> None:
    ((verdict, low, high),) = checkout.query(
        "select verdict, impact_low, impact_high from marts.rating_impact "
        "where theme = 'refund_time'"
    )
    assert verdict == "costs stars"
    assert low < TRUTH["costs_a_star"]["expected_effect"] < high
    assert high < -0.5


@pytest.mark.filterwarnings("ignore")  # of a library that only this test uses
@pytest.mark.parametrize("fit", [recomputed.category_fit, recomputed.cluster_fits])
def test_impacts_are_least_squares_with_hc3_errors(
    checkout: Checkout,
    demo: subprocess.CompletedProcess[str],
    fit: Callable[[recomputed.Query], pd.DataFrame],
) -> None:
    pytest.importorskip("statsmodels")
    found = fit(checkout.query)
    assert len(found) > 5
    assert found["impact"].to_numpy() == pytest.approx(found["ols"], abs=1e-9)
    assert found["error"].to_numpy() == pytest.approx(found["hc3"], abs=1e-9)


@pytest.mark.parametrize("chain", [chance.DATES, chance.RATINGS], ids=["dates", "ratings"])
def test_nothing_is_found_in_shuffled_data(
    checkout: Checkout, demo: subprocess.CompletedProcess[str], chain: chance.Chain
) -> None:
    project = checkout.folder / "dbt_project"
    with psycopg.connect(checkout.url) as connection:
        found = [chance.run(connection, project, chain, seed)[1] for seed in (None, 0.1, 0.2, 0.3)]
    assert found[0] >= 3
    assert sum(found[1:]) <= 1  # in three shuffles; benchmarks/chance.py measures how rare one is


def test_near_duplicates_are_those_planted(
    checkout: Checkout, demo: subprocess.CompletedProcess[str]
) -> None:
    first = dict(checkout.query("select feedback_id, canonical_feedback_id from marts.feedback"))
    planted = {
        frozenset((first[copy], first[original]))
        for copy, original, _ in TRUTH["near_duplicates"]["pairs"]
    }
    found = {
        frozenset(pair)
        for pair in checkout.query(
            "select feedback_id, first_feedback_id from marts.near_duplicates"
        )
    }
    assert found == planted


def test_planted_noise_is_far_from_its_like(
    checkout: Checkout, demo: subprocess.CompletedProcess[str]
) -> None:
    planted = set(TRUTH["noise"]["ids"])
    rows = checkout.query("select feedback_id, noise_score from marts.feedback")
    inside = sorted(score for feedback_id, score in rows if feedback_id in planted)
    outside = sorted(score for feedback_id, score in rows if feedback_id not in planted)
    wins = sum(bisect_left(outside, score) for score in inside)
    assert wins / (len(inside) * len(outside)) > 0.7  # area under the ROC curve; 0.5 is chance


def test_hostile_feedback_is_kept_as_it_is(
    checkout: Checkout, demo: subprocess.CompletedProcess[str]
) -> None:
    rows = checkout.query(
        "select count(*) from marts.feedback where feedback_text like '%<script>%' "
        "or feedback_text like '=HYPERLINK(%'"
    )
    assert rows == [(2,)]


def test_what_sql_server_gets_means_the_same(
    checkout: Checkout, demo: subprocess.CompletedProcess[str]
) -> None:
    folder = checkout.folder / "t_sql"
    folder.mkdir()
    (folder / "profiles.yml").write_bytes((ROOT / "profiles.yml.example").read_bytes())
    compiled = checkout.run(
        *("dbt", "compile", "--no-introspect", "--no-populate-cache"),
        *("--select", "path:models", "--indirect-selection", "empty"),
        cwd="dbt_project",
        DBT_PROFILES_DIR=str(folder),
        DBT_TARGET_PATH=str(folder / "target"),
        INSIGHTS_DBT_TARGET="sqlserver",
    )
    assert compiled.returncode == 0, compiled.stdout
    manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    models = {
        node["name"]: node["compiled_code"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    with psycopg.connect(checkout.url) as connection:
        transpiled.build(connection, models, manifest)
        assert transpiled.differences(connection, manifest) == {}
        connection.rollback()


def test_a_second_run_calls_no_model_and_changes_no_mart(
    checkout: Checkout, demo: subprocess.CompletedProcess[str]
) -> None:
    before = checkout.checksums()
    assert len(before) >= 21
    before.pop("pipeline_health")  # tells of the very runs
    again = checkout.pipeline("--demo")
    assert again.returncode == 0, again.stderr
    assert "0 loaded + 3,000 unchanged" in again.stderr
    assert again.stderr.count("no model call made") == 3
    after = checkout.checksums()
    after.pop("pipeline_health")
    assert after == before
    assert checkout.query("select count(*) from customer_insights.api_usage") == [(0,)]


def test_a_second_pipeline_at_once_stops_at_once(
    checkout: Checkout, demo: subprocess.CompletedProcess[str]
) -> None:
    with subprocess.Popen(
        ["insights", "lock", "sleep", "3600"], env=checkout.environment, cwd=checkout.folder
    ) as holder:
        try:
            held = "select count(*) from pg_locks where locktype = 'advisory'"
            wait_for(lambda: checkout.query(held) != [(0,)], "lock")
            second = checkout.pipeline("--demo")
        finally:
            holder.terminate()
    assert second.returncode == 75
    assert "another pipeline run" in second.stderr
