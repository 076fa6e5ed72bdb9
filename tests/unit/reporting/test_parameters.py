from __future__ import annotations

from python_jobs.reporting.parameters import as_used


def test_what_became_something_else_says_what_was_asked_for() -> None:
    parameters = {
        "asked": {"seed": 42, "min_cluster_size": None},
        "effective": {"min_cluster_size": 30, "layout": "umap"},
    }
    assert as_used(parameters) == [
        ("layout", "umap"),
        ("min_cluster_size", "30  (asked for: None)"),
        ("seed", "42"),
    ]
    assert as_used({}) == []
