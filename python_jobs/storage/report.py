"""The marts as columns, for the HTML report: what `bi_reader` may read, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from python_jobs.storage import tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Columns: TypeAlias = dict[str, list[Any]]
"""Values by column, all of one length; null is None."""

_MARTS: dict[str, tuple[str, str]] = {
    "cluster_summary": (
        "cluster_path cluster_key parent_path run_id cluster_name summary keywords top_products"
        " top_sources depth count_feedback share_of_all count_rated mean_rating mean_rating_low"
        " mean_rating_high share_low_rated count_customers stability count_recent count_previous"
        " change_in_share is_noise is_leaf first_seen_at last_seen_at",
        "depth cluster_path",
    ),
    "cluster_exemplars": (
        "cluster_path exemplar_rank feedback_id",
        "cluster_path exemplar_rank feedback_id",
    ),
    "emerging_clusters": (
        "cluster_path window_days movement count_recent count_earlier expected_recent"
        " share_recent share_earlier rate_ratio rate_ratio_low rate_ratio_high q_value"
        " is_strongest_window recent_from recent_until",
        "cluster_path window_days",
    ),
    "cluster_changes": (
        "cluster_path cluster_key event cluster_name previous_cluster_name count_feedback"
        " share_of_previous is_latest published_at run_id event_number",
        "published_at run_id event_number",
    ),
    "rating_impact": (
        "theme_kind theme theme_name parent_theme verdict count_rated mean_rating impact"
        " impact_low impact_high impact_on_mean q_value",
        "theme_kind theme",
    ),
    "tag_summary": (
        "category parent_category description count_feedback share_of_tagged mean_rating"
        " count_rated is_active",
        "category",
    ),
    "tag_cluster_gap": (
        "theme_kind theme theme_name gap best_match best_match_name count_feedback share_of_all"
        " share_of_best_match share_unmatched effective_matches",
        "theme_kind theme",
    ),
    "pipeline_health": (
        "step step_number model health message count_pending count_dead_letters"
        " count_failed_since_good last_good_at newest_feedback_at",
        "step_number",
    ),
    "cluster_runs": (
        "run_id embedding_model embedding_dimensions method status count_feedback count_texts"
        " count_clusters noise_share continuity created_at published_at parameters"
        " library_versions",
        "created_at run_id",
    ),
    "cluster_drift": (
        "run_id reason count_feedback noise_share expected_noise_share added_share"
        " is_full_run_recommended is_latest assigned_at",
        "assigned_at run_id",
    ),
    "model_costs": (
        "requested_on job provider model mode count_requests input_tokens output_tokens cost_usd"
        " known_cost_usd",
        "requested_on job provider model mode",
    ),
}
"""Columns and order of the small marts."""

_FEEDBACK = (
    "feedback_id feedback_text created_at source product rating categories sentiment cluster_path"
    " language x y tagged_by_provider tagged_by_model"
)
_TRENDS = {
    "cluster_trends": "cluster_path period_start count_feedback count_all_feedback count_rated"
    " mean_rating is_complete",
    "tag_trends": "category period_start count_feedback count_tagged_feedback count_rated"
    " mean_rating is_complete",
}

MARTS = ("feedback", *_MARTS, *_TRENDS)
"""All that the report reads, as its exposure in the dbt project says, too."""

# A line of a chart has room for about so many points.
_DAYS, _WEEKS = 92, 130


@dataclass(frozen=True)
class ReportMarts:
    """The marts that the report shows, in an order that an unchanged rerun gives again.

    Attributes:
        feedback: of the mart `feedback`, the earliest first.
        marts: the others by name, the two trends in one `period` only.
        period: day, week or month, whichever suits the span of the feedback.
    """

    feedback: Columns
    marts: Mapping[str, Columns]
    period: str


def read_report(connection: sa.Connection) -> ReportMarts:
    """Read all that the report shows."""
    feedback = _read(connection, "feedback", _FEEDBACK, "created_at feedback_id")
    marts = {
        name: _read(connection, name, columns, order) for name, (columns, order) in _MARTS.items()
    }
    created = feedback["created_at"]
    period = period_of(created[0], created[-1]) if created else "month"
    for name, columns in _TRENDS.items():
        key = columns.split()[0]
        marts[name] = _read(connection, name, columns, f"{key} period_start", period)
    return ReportMarts(feedback, marts, period)


def period_of(first: datetime, last: datetime) -> str:
    """The shortest period of the trends whose line has a readable number of points."""
    days = (last - first).days
    if days <= _DAYS:
        return "day"
    return "week" if days <= _WEEKS * 7 else "month"


def _read(
    connection: sa.Connection,
    mart: str,
    columns: str,
    order: str,
    period: str | None = None,
) -> Columns:
    names = columns.split()
    known = dict.fromkeys([*names, *order.split(), "period"])
    table = tables.table(tables.MARTS, mart, known)
    query = sa.select(*(table.c[name] for name in names)).order_by(
        *(table.c[name] for name in order.split())
    )
    if period:
        query = query.where(table.c.period == period)
    rows = connection.execute(query).all()
    values = zip(*rows, strict=True) if rows else ([] for _ in names)
    return dict(zip(names, map(list, values), strict=True))
