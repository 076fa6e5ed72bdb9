"""Erasure in clusters: exemplars, names, keywords and centroids that leaned on the erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.jobs.forget import forget
from python_jobs.jobs.name import name
from tests.integration.jobs.conftest import query
from tests.integration.jobs.forgotten import RUN, TEXT_OF, ids

if TYPE_CHECKING:
    from python_jobs.settings import Settings


def test_clusters_lose_what_leaned_on_the_erased(worked: Settings) -> None:
    (path, quoted, feedback_id), *_ = query(
        worked,
        "select cluster_path, content_hash, feedback_id from customer_insights.cluster_exemplars "
        "join intermediate.int_feedback__deduplicated using (content_hash) "
        "where exemplar_rank = 1 and count_occurrences = 1 order by 1",
    )
    result = forget(worked, ids(feedback_id))
    assert query(
        worked,
        "select exemplar_rank from customer_insights.cluster_exemplars "
        f"where cluster_path = '{path}' order by 1",
    ) == [(1,), (2,)]
    assert result.removed["customer_insights.cluster_exemplars"] == 1
    clusters = query(
        worked,
        "select cluster_path, cluster_name, summary, named_by_provider "
        "from customer_insights.clusters where depth = 1 order by 1",
    )
    for each, cluster_name, summary, provider in clusters:
        assert TEXT_OF[feedback_id] not in summary
        assert ("Typical feedback" in summary) is (each != path)
        assert cluster_name == f"Name of {each}"
        assert (provider == "local") is (each == path)
    assert result.clusters_to_name == 1
    assert query(worked, "select run_id, cluster_path from marts.unnamed_clusters") == [(RUN, path)]
    assert quoted not in str(query(worked, "select * from customer_insights.cluster_assignments"))

    assert name(worked, provider="local").named == 1
    assert query(worked, "select count(*) from marts.unnamed_clusters") == [(0,)]
    ((summary,),) = query(
        worked, f"select summary from customer_insights.clusters where cluster_path = '{path}'"
    )
    assert "Typical feedback" in summary
    assert TEXT_OF[feedback_id] not in summary


def test_names_that_were_carried_over_lean_on_what_they_were_made_from(worked: Settings) -> None:
    (path, feedback_id), *_ = query(
        worked,
        "select cluster_path, feedback_id from customer_insights.cluster_exemplars "
        "join intermediate.int_feedback__deduplicated using (content_hash) "
        "where exemplar_rank = 1 and count_occurrences = 1 order by 1",
    )
    query(
        worked,
        "update customer_insights.clusters set summary = 'In other words.' "
        f"where cluster_path = '{path}'",
    )
    query(
        worked,
        "insert into customer_insights.clusters (run_id, cluster_path, parent_path, depth, "
        "is_noise, is_leaf, count_texts, count_feedback, cluster_name, summary, named_at) "
        "select 'later', 'root.99', parent_path, depth, is_noise, is_leaf, count_texts, "
        "count_feedback, cluster_name, summary, named_at from customer_insights.clusters "
        f"where cluster_path = '{path}'",
    )
    forget(worked, ids(feedback_id))
    left = "select run_id from customer_insights.clusters where summary = 'In other words.'"
    assert query(worked, left) == []
    marked = query(worked, "select run_id, cluster_path from customer_insights.cluster_renamings")
    assert set(marked) == {(RUN, path), ("later", "root.99")}


def test_keywords_stay_while_a_remaining_text_has_them(worked: Settings) -> None:
    rows = "select keyword from customer_insights.cluster_keywords where keyword "
    assert len(query(worked, rows + "in ('poisonous', 'nothing')")) == 2
    result = forget(worked, ids("poison", "same-1"))
    assert query(worked, rows + "in ('poisonous', 'nothing')") == [("nothing",)]
    assert result.keywords == result.removed["customer_insights.cluster_keywords"] == 1


def test_a_cluster_without_members_keeps_no_centroid(worked: Settings) -> None:
    everyone = query(
        worked,
        "select feedback_id from customer_insights.cluster_assignments "
        "join intermediate.int_feedback__deduplicated using (content_hash) "
        "where cluster_path = 'root.0'",
    )
    result = forget(worked, ids(*(row[0] for row in everyone)))
    assert result.removed["vector_store.cluster_centroids"] == 1
    centroids = query(worked, "select cluster_path from vector_store.cluster_centroids order by 1")
    assert centroids == [("root.1",), ("root.2",)]
