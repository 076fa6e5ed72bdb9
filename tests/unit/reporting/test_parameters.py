from __future__ import annotations

from python_jobs.reporting.parameters import as_used


def test_what_became_something_else_says_what_was_asked_for() -> None:
    parameters = {
        "asked": {"seed": 42, "min_cluster_size": None, "min_samples": 50},
        "effective": {"min_cluster_size": 30, "min_samples": 9, "divided_further": ["root", "a"]},
    }
    assert as_used(parameters) == [
        ("divided_further", "root, a"),
        ("min_cluster_size", "30  (automatic)"),
        ("min_samples", "9  (asked for: 50)"),
        ("seed", "42"),
    ]
    assert as_used({}) == []
