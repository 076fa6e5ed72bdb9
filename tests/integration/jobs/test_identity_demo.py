"""Two runs on the demo's feedback, the second with a tenth of it new and a theme that emerges."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.errors import RejectedError
from python_jobs.jobs import run_views, runs
from python_jobs.jobs.cluster import cluster
from python_jobs.jobs.embed import embed
from python_jobs.jobs.gate import judge_candidate
from python_jobs.jobs.load import load
from python_jobs.jobs.name import name
from python_jobs.jobs.pending import Selection
from python_jobs.storage.job_inputs import Period
from tests.integration.dbt_builds import build, stage
from tests.integration.jobs.conftest import query

if TYPE_CHECKING:
    from python_jobs.settings import Settings

pytestmark = pytest.mark.slow

DEMO = Path(__file__).resolve().parents[3] / "demo"
OTHER_NEW_ROWS = 163  # with the 110 of the emerging theme, a tenth of the first run's rows
MEMBERS = (
    "select cluster_path, content_hash from customer_insights.cluster_assignments "
    "where run_id = '{}'"
)

KEYS = "select cluster_path, cluster_key from customer_insights.clusters where run_id = '{}'"


def load_rows(settings: Settings, file: Path, rows: list[dict[str, str]]) -> None:
    """Load, stage and embed."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    load(settings, file)
    stage(settings)
    embed(settings, Selection(), provider="local")


def candidate(settings: Settings, **options: Any) -> str:
    """Cluster and name; the run's id."""
    result = cluster(settings, ClusterParameters(**options), period=Period())
    name(settings, provider="local")
    assert result.run_id
    return result.run_id


def members(settings: Settings, run_id: str) -> dict[str, set[str]]:
    """Texts of each cluster, those of its descendants included; neither root nor noise."""
    found: dict[str, set[str]] = {}
    for path, content_hash in query(settings, MEMBERS.format(run_id)):
        parts = path.split(".")
        for end in range(2, len(parts) + 1):
            if parts[end - 1] != "noise":
                found.setdefault(".".join(parts[:end]), set()).add(content_hash)
    return found


def placed(settings: Settings, run_id: str) -> set[str]:
    """Texts of the run, noise included."""
    return {content_hash for _, content_hash in query(settings, MEMBERS.format(run_id))}


def checksums(settings: Settings) -> dict[str, str]:
    """One number for the rows of each mart that BI reads."""
    tables = query(
        settings,
        "select table_name from information_schema.tables "
        "where table_schema = 'marts' and table_type = 'BASE TABLE'",
    )
    return {
        table: query(
            settings, f"select md5(string_agg(t::text, '|' order by t::text)) from marts.{table} t"
        )[0][0]
        for (table,) in tables
    }


@pytest.fixture
def demo() -> tuple[list[dict[str, str]], set[str]]:
    """All rows in order of time, and the ids of the emerging theme."""
    with (DEMO / "feedback.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    truth = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))
    return rows, set(truth["emerging_theme"]["ids"])


def test_keys_survive_a_week_and_a_bad_run_changes_nothing(
    prepared: Settings, tmp_path: Path, demo: tuple[list[dict[str, str]], set[str]]
) -> None:
    settings = prepared
    rows, emerging = demo
    known = [row for row in rows if row["feedback_id"] not in emerging][:-OTHER_NEW_ROWS]
    assert 0.09 < 1 - len(known) / len(rows) < 0.11
    load_rows(settings, tmp_path / "first.csv", known)
    first = candidate(settings)
    assert judge_candidate(settings)

    load_rows(settings, tmp_path / "second.csv", rows)
    second = candidate(settings)
    assert judge_candidate(settings)
    build(settings)
    _continuing_clusters_keep_their_keys(settings, first, second)
    _the_emerging_theme_is_born(settings, emerging)
    _events_are_right(settings, first, second)

    before = checksums(settings)
    assert len(before) >= 8
    bad = candidate(settings, min_cluster_size=2)
    with pytest.raises(RejectedError, match="assert_candidate_continuity_bounded"):
        judge_candidate(settings)
    latest = runs.list_runs(settings)[0]
    assert (latest.run_id, latest.status) == (bad, "rejected")
    assert "continuity" in (latest.status_reason or "")
    build(settings)
    assert checksums(settings) == before


def _continuing_clusters_keep_their_keys(settings: Settings, first: str, second: str) -> None:
    """Continuing is who holds most of an earlier cluster, and of what was known is mostly it.

    That is told from the members alone. Clusters of the emerging theme are new whatever else
    they hold.
    """
    old, new = members(settings, first), members(settings, second)
    both = placed(settings, first) & placed(settings, second)
    keys = [dict(query(settings, KEYS.format(run))) for run in (first, second)]
    continuing = [
        (before, after)
        for before, was in old.items()
        for after, now in new.items()
        if before.count(".") == after.count(".")
        and len(was & now) > len(was & both) / 2
        and len(was & now) > len(now & both) / 2
        and len(now & both) > len(now) / 2
    ]
    kept = [keys[0][before] == keys[1][after] for before, after in continuing]
    assert len(kept) >= 8
    assert sum(kept) >= 0.95 * len(kept)


def _the_emerging_theme_is_born(settings: Settings, emerging: set[str]) -> None:
    """Most of the theme is in a cluster with a key of its own, made mostly of new feedback."""
    listed = ", ".join(f"'{each}'" for each in sorted(emerging))
    born = query(
        settings,
        "select c.cluster_path, c.cluster_name, c.share_unseen, count(f.feedback_id) "
        "from marts.cluster_changes as c "
        "join marts.cluster_hierarchy as h on h.ancestor_path = c.cluster_path "
        "join marts.feedback as f on f.cluster_path = h.descendant_path "
        f"where c.event = 'born' and c.is_latest and f.feedback_id in ({listed}) "
        "group by c.cluster_path, c.cluster_name, c.share_unseen order by 4 desc",
    )
    _, _, share_unseen, count = born[0]
    assert count > 0.6 * len(emerging)
    assert share_unseen > 0.5
    words = " ".join(each[1] for each in born if each[3] > 0.6 * len(emerging)).casefold()
    assert "basket" in words or "cart" in words


def _events_are_right(settings: Settings, first: str, second: str) -> None:
    """Each event says of its clusters what their members say."""
    old, new = members(settings, first), members(settings, second)
    both = placed(settings, first) & placed(settings, second)
    counts = dict(query(settings, "select content_hash, count(*) from marts.feedback group by 1"))

    def weight(texts: set[str]) -> int:
        return sum(counts[each] for each in texts)

    events = run_views.diff(settings, first, second).events
    assert {each.event for each in events} >= {"continued", "born"}
    for each in events:
        was = old.get(each.previous_cluster_path or "", set()) & both
        now = new.get(each.cluster_path or "", set())
        if each.event in ("continued", "split", "merged"):
            assert each.count_feedback == weight(was & now)
            assert each.jaccard == pytest.approx(weight(was & now) / weight(was | (now & both)))
        if each.event == "born":
            assert each.count_feedback == weight(now)
            assert each.share_unseen == pytest.approx(1 - weight(now & both) / weight(now))
        if each.event == "continued":
            assert each.cluster_key == each.previous_cluster_key
        elif each.event == "split":
            assert weight(was & now) >= weight(now & both) / 2
        elif each.event == "merged":
            assert weight(was & now) >= weight(was) / 2
    assert {each.cluster_path for each in events} - {None} == set(new)
    assert {each.previous_cluster_path for each in events} - {None} == set(old)
