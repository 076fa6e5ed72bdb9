"""Calls of each function of erasure that speaks to the warehouse; see `storage_calls`."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from python_jobs.settings import Settings
from python_jobs.storage import (
    erased_clusters,
    erased_history,
    erasure,
    erasure_tables,
    lost_vectors,
    tables,
    tombstones,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
PLACE = ("run", "root.1")
NAME = erased_clusters.NewName(PLACE, "n", "s")
HERE = Settings()
FOUND = {
    (tables.JOBS, "leases"): ("content_hash",),
    (tables.JOBS, "embedded_items"): ("content_hash", "feedback_id"),
    ("intermediate", "int_feedback__deduplicated"): (
        *("canonical_feedback_id", "canonical_text", "content_hash", "feedback_id"),
        "feedback_text",
    ),
    ("intermediate", "int_feedback__similar_texts"): ("content_hash", "similar_hash"),
}
"""What the database's catalogue tells of tables that are about feedback."""
INSPECTED = SimpleNamespace(
    has_table=lambda *_: True, get_schema_names=lambda: ["marts", "marts_as_of_2026_01_31"]
)

ERASURE: dict[str, list[Callable[[Any], object]]] = {
    "erasure.begin": [lambda c: erasure.begin(c, HERE)],
    "erasure.choose": [
        lambda c: erasure.choose(c, "feedback_id", ["f1", "größe"]),
        lambda c: erasure.choose(c, "source", ["web"]),
        lambda c: erasure.choose(c, "customer_id", ["C1"]),
    ],
    "erasure.choose_where": [
        lambda c: erasure.choose_where(c, [("origin", "x"), ("source", "y"), ('an "odd" one', "z")])
    ],
    "erasure.choose_orphans": [lambda c: erasure.choose_orphans(c, HERE, [["h1"]])],
    "erasure.weigh": [lambda c: erasure.weigh(c, HERE)],
    "erasure.spellings": [lambda c: erasure.spellings(c, HERE)],
    "erasure.remove": [lambda c: erasure.remove(c, HERE)],
    "erasure.remove_from_models": [lambda c: erasure.remove_from_models(c, HERE)],
    "erasure.gone_hashes": [erasure.gone_hashes],
    "erasure.chosen_ids": [erasure.chosen_ids],
    "erasure_tables.create_scratch": [lambda c: erasure_tables.create_scratch(c, HERE)],
    "erasure_tables.drop_scratch": [erasure_tables.drop_scratch],
    "erasure_tables.is_staged": [lambda c: erasure_tables.is_staged(c, HERE)],
    "erasure_tables.holdings": [lambda c: erasure_tables.holdings(c, HERE)],
    "erasure_tables.models": [lambda c: erasure_tables.models(c, HERE)],
    "erased_clusters.places_of_gone_texts": [erased_clusters.places_of_gone_texts],
    "erased_clusters.places_of_evidence": [lambda c: erased_clusters.places_of_evidence(c, ["h1"])],
    "erased_clusters.close_exemplar_ranks": [
        lambda c: erased_clusters.close_exemplar_ranks(c, [PLACE])
    ],
    "erased_clusters.read_keywords": [lambda c: erased_clusters.read_keywords(c, "run")],
    "erased_clusters.read_member_texts": [
        lambda c: list(erased_clusters.read_member_texts(c, "run"))
    ],
    "erased_clusters.drop_keywords": [
        lambda c: erased_clusters.drop_keywords(c, "run", {"root": ["word"]})
    ],
    "erased_clusters.read_member_places": [lambda c: erased_clusters.read_member_places(c, ["r"])],
    "erased_clusters.read_named": [erased_clusters.read_named],
    "erased_clusters.rename": [
        lambda c: erased_clusters.rename(
            c, [NAME], at=NOW, job_run_id="j", provider="p", model="m", prompt_hash="q"
        )
    ],
    "erased_history.read_versions": [lambda c: erased_history.read_versions(c, HERE)],
    "erased_history.keys_of": [lambda c: erased_history.keys_of(c, [PLACE])],
    "erased_history.empty_versions": [lambda c: erased_history.empty_versions(c, ["v"], ["v"])],
    "erased_history.past_schemas": [lambda c: erased_history.past_schemas(c, HERE)],
    "erased_history.drop_schema": [
        lambda c: erased_history.drop_schema(c, "marts_as_of_2026_01_31")
    ],
    "tombstones.leave_tombstones": [
        lambda c: tombstones.leave_tombstones(c, ["f1"], at=NOW, job_run_id="j")
    ],
    "tombstones.known_tombstones": [lambda c: tombstones.known_tombstones(c, ["f1"])],
    "lost_vectors.lost": [lambda c: next(lost_vectors._recorded(c, "m", 3))],
    "lost_vectors.make_pending": [lambda c: lost_vectors.make_pending(c, "m", 3, ["h1"])],
}
MODULES_OF_ERASURE = (
    *(erasure, erasure_tables, erased_clusters, erased_history),
    *(lost_vectors, tombstones),
)
