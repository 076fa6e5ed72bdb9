"""Marts as `read_report` gives them, made up: for the report's benchmark and its browser tests."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from python_jobs.storage.report import Columns, ReportMarts

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = (
    *("parcel", "late", "sole", "glue", "refund", "size", "boot", "lace", "rain", "dry", "warm"),
    *("narrow", "heel", "grip", "courier", "basket", "app", "login", "price", "colour", "stock"),
    *("return", "label", "chat", "email", "helpful", "friendly", "slow", "quick", "broken", "torn"),
)
FIRST = datetime(2025, 1, 6)  # noqa: DTZ001
WEEKS = 52
TOP, INNER = 12, 4
TEXT_WORDS = 18


def report_marts(count: int, planted: Sequence[str] = ()) -> ReportMarts:
    """`count` feedback in 12 segments of 4 each and noise; `planted` go into texts and names."""
    random = np.random.default_rng(1)
    paths = [f"root.{top}.{inner}" for top in range(TOP) for inner in range(INNER)]
    places = random.integers(0, len(paths) + 6, count)
    at = [paths[place] if place < len(paths) else "root.noise" for place in places.tolist()]
    days = np.sort(random.integers(0, 7 * WEEKS, count))
    centres = random.normal(0, 8, (len(paths) + 6, 2))
    spots = centres[places] + random.normal(0, 0.9, (count, 2))
    ratings = np.clip(np.round(random.normal(3.4, 1.2, count)), 1, 5)
    words = random.integers(0, len(WORDS), (count, TEXT_WORDS))
    texts = [" ".join(WORDS[word] for word in row) for row in words.tolist()]
    texts[: len(planted)] = list(planted)
    products = [*(f"Product {number}" for number in range(6)), *planted]
    categories = ["delivery_time", "fit", "durability", *(f"tag {each}" for each in planted)]
    feedback: Columns = {
        "feedback_id": [f"F{row:07d}" for row in range(count)],
        "feedback_text": list(texts),
        "created_at": [FIRST + timedelta(days=day) for day in days.tolist()],
        "source": [("review", "chat", None)[row % 3] for row in range(count)],
        "language": [("en", "de", None)[row % 5 % 3] for row in range(count)],
        "product": [products[row % len(products)] for row in range(count)],
        "rating": [None if row % 9 == 0 else value for row, value in enumerate(ratings.tolist())],
        "categories": [
            None if row % 4 == 0 else categories[row % len(categories)] for row in range(count)
        ],
        "sentiment": [None] * count,
        "cluster_path": list(at),
        "x": spots[:, 0].tolist(),
        "y": spots[:, 1].tolist(),
        "tagged_by_provider": ["local"] * count,
        "tagged_by_model": ["a model"] * count,
    }
    return ReportMarts(feedback, _marts(feedback, paths, planted, categories), "week")


def _marts(
    feedback: Columns, paths: list[str], planted: Sequence[str], categories: list[str]
) -> dict[str, Columns]:
    tops = [f"root.{top}" for top in range(TOP)]
    tree = ["root", *tops, "root.noise", *paths]
    names = {path: f"{WORDS[row % 31]} · {WORDS[(row * 7) % 31]}" for row, path in enumerate(tree)}
    names.update({"root": "All feedback", "root.noise": "Everything else"})
    names.update({f"root.{row}": text for row, text in enumerate(planted) if row < TOP})
    summary = _columns([_cluster(feedback, path, names, planted) for path in tree])
    weeks = [FIRST.date() + timedelta(weeks=week) for week in range(WEEKS)]
    starts = _weeks_of(feedback)
    lines = [row for path in tree for row in _line(feedback, path, weeks, starts)]
    moving = [_movement(path, row) for row, path in enumerate([*tops, *paths])]
    exemplars = _exemplars(feedback, tree)
    return {
        "cluster_summary": summary,
        "cluster_exemplars": exemplars,
        "emerging_clusters": _columns(moving),
        "cluster_changes": _columns([_event(row, path, names) for row, path in enumerate(tops)]),
        "rating_impact": _columns(
            [_impact("cluster", path, names[path], row) for row, path in enumerate(tops)]
            + [_impact("category", each, each, row) for row, each in enumerate(categories)]
        ),
        "tag_summary": _columns([_tag(feedback, each) for each in categories]),
        "tag_cluster_gap": _columns([_gap(path, names[path]) for path in tops[:4]]),
        "pipeline_health": _columns([_step(row, each) for row, each in enumerate(("load", "tag"))]),
        "cluster_runs": _columns([_run(len(feedback["feedback_id"]))]),
        "cluster_drift": {"run_id": [], "is_latest": []},
        "model_costs": {"job": []},
        "cluster_trends": _columns(lines),
        "tag_trends": _columns(
            [
                {**row, "category": category, "count_tagged_feedback": 10}
                for category in categories
                for row in _line({"cluster_path": [], "rating": []}, "root", weeks, [])
            ]
        ),
    }


def _columns(rows: list[dict[str, Any]]) -> Columns:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _inside(feedback: Columns, path: str) -> list[int]:
    return [
        row
        for row, each in enumerate(feedback["cluster_path"])
        if path == "root" or each == path or each.startswith(f"{path}.")
    ]


def _cluster(
    feedback: Columns, path: str, names: dict[str, str], planted: Sequence[str]
) -> dict[str, Any]:
    rows = _inside(feedback, path)
    ratings = [feedback["rating"][row] for row in rows if feedback["rating"][row] is not None]
    mean = sum(ratings) / len(ratings) if ratings else None
    depth = path.count(".")
    return {
        "cluster_path": path,
        "cluster_key": path.replace("root.", "c") if depth else "root",
        "parent_path": path.rsplit(".", 1)[0] if depth else None,
        "run_id": "run",
        "cluster_name": names[path],
        "summary": planted[0] if planted else "What this segment says, in one sentence.",
        "keywords": ", ".join(WORDS[:8]),
        "top_products": "Product 1",
        "top_sources": "chat",
        "depth": depth,
        "count_feedback": len(rows),
        "share_of_all": len(rows) / len(feedback["feedback_id"]),
        "count_rated": len(ratings),
        "mean_rating": mean,
        "mean_rating_low": None if mean is None else mean - 0.1,
        "mean_rating_high": None if mean is None else mean + 0.1,
        "share_low_rated": 0.2,
        "count_customers": len(rows),
        "stability": 0.7 if depth else None,
        "count_recent": 1,
        "count_previous": 1,
        "change_in_share": 0.01 * (depth - 1) if depth else 0.0,
        "is_noise": path.endswith("noise"),
        "is_leaf": depth == 2 or path.endswith("noise"),
        "first_seen_at": FIRST,
        "last_seen_at": FIRST,
    }


def _weeks_of(feedback: Columns) -> list[int]:
    return [(moment - FIRST).days // 7 for moment in feedback["created_at"]]


def _line(
    feedback: Columns, path: str, weeks: list[date], starts: list[int]
) -> list[dict[str, Any]]:
    counts = np.bincount([starts[row] for row in _inside(feedback, path)], minlength=len(weeks))
    return [
        {
            "cluster_path": path,
            "period_start": week,
            "count_feedback": int(count),
            "count_all_feedback": 1,
            "count_rated": 0,
            "mean_rating": None,
            "is_complete": week != weeks[-1],
        }
        for week, count in zip(weeks, counts, strict=True)
    ]


def _movement(path: str, row: int) -> dict[str, Any]:
    return {
        "cluster_path": path,
        "window_days": 28,
        "movement": ("rising", "fading", "steady", "steady")[min(row, 3)],
        "count_recent": 9,
        "count_earlier": 20,
        "expected_recent": 3.0,
        "share_recent": 0.1,
        "share_earlier": 0.03,
        "rate_ratio": 3.3,
        "rate_ratio_low": 2.0,
        "rate_ratio_high": 5.0,
        "q_value": 0.0005 * (row + 1),
        "is_strongest_window": True,
        "recent_from": FIRST.date() + timedelta(days=7 * WEEKS - 28),
        "recent_until": FIRST.date() + timedelta(days=7 * WEEKS - 1),
    }


def _exemplars(feedback: Columns, tree: list[str]) -> Columns:
    first: dict[str, str] = {}
    for path, identifier in zip(feedback["cluster_path"], feedback["feedback_id"], strict=True):
        first.setdefault(path, identifier)
    known = [path for path in tree if path in first]
    return {
        "cluster_path": known,
        "exemplar_rank": [1] * len(known),
        "feedback_id": [first[path] for path in known],
    }


def _event(row: int, path: str, names: dict[str, str]) -> dict[str, Any]:
    return {
        "cluster_path": path,
        "cluster_key": path.replace("root.", "c"),
        "event": ("born", "split", "merged", "continued")[min(row, 3)],
        "cluster_name": names[path],
        "previous_cluster_name": None if row == 0 else names[path],
        "count_feedback": 10,
        "share_of_previous": 0.5,
        "is_latest": True,
        "published_at": FIRST + timedelta(weeks=WEEKS - 6),
        "run_id": "run",
        "event_number": row,
    }


def _impact(kind: str, theme: str, name: str, row: int) -> dict[str, Any]:
    return {
        "theme_kind": kind,
        "theme": theme,
        "theme_name": name,
        "parent_theme": None,
        "verdict": ("costs stars", "costs stars", "no clear effect", "adds stars")[min(row, 3)],
        "count_rated": 100,
        "mean_rating": 2.5,
        "impact": -1.0 + 0.3 * row,
        "impact_low": -1.3 + 0.3 * row,
        "impact_high": -0.7 + 0.3 * row,
        "impact_on_mean": -0.05 + 0.01 * row,
        "q_value": 0.001,
    }


def _tag(feedback: Columns, category: str) -> dict[str, Any]:
    count = feedback["categories"].count(category)
    return {
        "category": category,
        "parent_category": None,
        "description": f"About {category}",
        "count_feedback": count,
        "share_of_tagged": count / len(feedback["feedback_id"]),
        "mean_rating": 3.0,
        "count_rated": count,
        "is_active": True,
    }


def _gap(path: str, name: str) -> dict[str, Any]:
    return {
        "theme_kind": "cluster",
        "theme": path,
        "theme_name": name,
        "gap": "unexplained cluster",
        "best_match": "fit",
        "best_match_name": "fit",
        "count_feedback": 10,
        "share_of_all": 0.1,
        "share_of_best_match": 0.2,
        "share_unmatched": 0.3,
        "effective_matches": 3.0,
    }


def _step(row: int, step: str) -> dict[str, Any]:
    return {
        "step": step,
        "step_number": row,
        "model": None,
        "health": ("good", "behind")[row % 2],
        "message": None,
        "count_pending": row,
        "count_dead_letters": 0,
        "count_failed_since_good": 0,
        "last_good_at": FIRST,
        "newest_feedback_at": FIRST,
    }


def _run(count: int) -> dict[str, Any]:
    return {
        "run_id": "run",
        "embedding_model": "a model",
        "embedding_dimensions": 384,
        "method": "graph",
        "status": "published",
        "count_feedback": count,
        "count_texts": count,
        "count_clusters": TOP * INNER,
        "noise_share": 0.1,
        "continuity": None,
        "created_at": FIRST,
        "published_at": FIRST + timedelta(weeks=WEEKS),
        "parameters": json.dumps(
            {"asked": {"max_noise_share": 0.05, "seed": 42}, "effective": {"min_cluster_size": 30}}
        ),
        "library_versions": json.dumps({"igraph": "0.11.9"}),
    }
