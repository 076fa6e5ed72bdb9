"""Names of what the jobs read and write. dbt creates the tables (`macros/job_tables`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_jobs.settings import Settings

JOBS = "customer_insights"
MARTS = "marts"
RAW = "raw"
VERSION = 5
"""Of the tables that the jobs own; dbt's macro `create_tables` brings a database to it."""
_INSTANTS = ("_at", "_until")


def table(schema: str, name: str, columns: Iterable[str]) -> sa.Table:
    """A table by name; a `Table`, because only those follow `schema_translate_map`.

    Points in time have a type, for pyodbc drops an offset that nobody asked for: models keep UTC
    without one, all other tables keep it. Else a value has the type that Python gave it.
    """
    instant = sa.DateTime(timezone=schema != MARTS)
    return sa.Table(
        name,
        sa.MetaData(),
        *(sa.Column(each, instant if each.endswith(_INSTANTS) else None) for each in columns),
        schema=schema,
    )


def _table(schema: str, name: str, columns: str) -> sa.Table:
    return table(schema, name, columns.split())


pending_embeddings = _table(
    MARTS,
    "pending_embeddings",
    "feedback_id canonical_feedback_id content_hash model feedback_text dimensions created_at",
)
pending_tags = _table(
    MARTS,
    "pending_tags",
    "feedback_id canonical_feedback_id content_hash model feedback_text created_at",
)
tagging_taxonomy = _table(
    MARTS, "tagging_taxonomy", "category parent_category description examples category_hash"
)
taxonomy_changes = _table(
    MARTS, "taxonomy_changes", "taxonomy_hash category parent_category change"
)
outdated_tags = _table(MARTS, "outdated_tags", "content_hash model taxonomy_hash reason")
clustering_input = _table(
    MARTS,
    "clustering_input",
    "feedback_id content_hash model feedback_text dimensions rating created_at",
)
pending_assignments = _table(
    MARTS,
    "pending_assignments",
    "feedback_id content_hash run_id cluster_path created_at",
)
unnamed_clusters = _table(
    MARTS,
    "unnamed_clusters",
    "run_id cluster_path parent_path keywords depth count_feedback is_noise",
)
unnamed_cluster_exemplars = _table(
    MARTS, "unnamed_cluster_exemplars", "run_id cluster_path feedback_text exemplar_rank"
)

active_models = _table(
    JOBS,
    "active_models",
    "kind provider model dimensions taxonomy_hash prompt_hash activated_at",
)
embedded_items = _table(
    JOBS,
    "embedded_items",
    "content_hash model dimensions provider feedback_id long_text embedded_at job_run_id",
)
tagged_items = _table(
    JOBS,
    "tagged_items",
    "content_hash model provider feedback_id taxonomy_hash prompt_hash sentiment tagged_at"
    " job_run_id",
)
feedback_tags = _table(JOBS, "feedback_tags", "content_hash model category confidence rationale")
tagged_taxonomies = _table(
    JOBS, "tagged_taxonomies", "taxonomy_hash category category_hash recorded_at"
)
retag_requests = _table(JOBS, "retag_requests", "content_hash model reason requested_at job_run_id")
cluster_runs = _table(
    JOBS,
    "cluster_runs",
    "run_id status status_reason method parameters library_versions embedding_model"
    " embedding_dimensions input_hash count_feedback count_texts noise_share start_date end_date"
    " created_at published_at job_run_id previous_run_id continuity",
)
clusters = _table(
    JOBS,
    "clusters",
    "run_id cluster_path parent_path depth is_noise is_leaf count_texts count_feedback persistence"
    " cluster_name summary named_by_provider named_by_model prompt_hash named_at cluster_key"
    " stability",
)
cluster_events = _table(
    JOBS,
    "cluster_events",
    "run_id event_number previous_run_id event cluster_key cluster_path previous_cluster_key"
    " previous_cluster_path count_feedback share_of_previous share_of_cluster share_unseen jaccard",
)
cluster_renamings = _table(JOBS, "cluster_renamings", "run_id cluster_path marked_at job_run_id")
cluster_keywords = _table(
    JOBS, "cluster_keywords", "run_id cluster_path keyword_rank keyword score"
)
cluster_exemplars = _table(
    JOBS, "cluster_exemplars", "run_id cluster_path exemplar_rank content_hash"
)
cluster_assignments = _table(
    JOBS,
    "cluster_assignments",
    "run_id content_hash cluster_path membership_probability noise_score x y assigned_at",
)
cluster_assign_runs = _table(
    JOBS,
    "cluster_assign_runs",
    "job_run_id run_id assigned_at count_texts count_feedback count_noise_texts"
    " count_noise_feedback distance_bound noise_share expected_noise_share far_share"
    " expected_far_share added_share reason",
)
job_runs = _table(
    JOBS,
    "job_runs",
    "job_run_id job status started_at finished_at alive_until provider model counts error",
)
api_usage = _table(
    JOBS,
    "api_usage",
    "request_id job_run_id job provider model requested_at count_items input_tokens output_tokens"
    " cached_tokens latency_seconds retries status mode cost_usd",
)
leases = _table(JOBS, "leases", "job model content_hash job_run_id")
dead_letters = _table(JOBS, "dead_letters", "job content_hash model reason failed_at job_run_id")

rejected_feedback = _table(RAW, "rejected_feedback", "origin line_number reason feedback_id")
feedback = _table(
    MARTS,
    "feedback",
    "feedback_id content_hash cluster_run_id cluster_path tagged_by_model tagged_by_provider"
    " rating is_canonical is_noise created_at",
)
cluster_summary = _table(
    MARTS,
    "cluster_summary",
    "cluster_path parent_path run_id cluster_name summary keywords exemplar_text depth"
    " count_feedback share_of_all mean_rating is_noise is_leaf",
)
tag_summary = _table(
    MARTS,
    "tag_summary",
    "category parent_category count_feedback share_of_tagged mean_rating mean_confidence",
)


def schema_names(settings: Settings) -> dict[str, str]:
    """For SQLAlchemy's `schema_translate_map`: a developer's target may prefix every schema."""
    return {name: settings.schema_name(name) for name in (JOBS, MARTS, RAW)}
