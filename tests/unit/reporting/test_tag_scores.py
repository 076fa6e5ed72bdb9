from __future__ import annotations

import json

import pytest
from rich.console import Console

from python_jobs.reporting.tag_scores import score, table

LABELS = [frozenset("a"), frozenset("ab"), frozenset("b"), frozenset()]
TAGS = [frozenset("a"), frozenset("a"), frozenset("ac"), frozenset()]


def test_scores_by_category_and_together() -> None:
    scores = score("abcd", LABELS, TAGS)
    a, b, c, d = scores.categories.values()
    assert (a.precision, a.recall, a.f1) == (pytest.approx(2 / 3), 1.0, pytest.approx(0.8))
    assert (b.precision, b.recall, b.f1, b.support, b.given) == (None, 0.0, 0.0, 2, 0)
    assert (c.precision, c.recall, c.f1, c.support, c.given) == (0.0, None, 0.0, 0, 1)
    assert (d.precision, d.recall, d.f1) == (None, None, None)
    micro, macro = scores.micro, scores.macro
    assert (micro.precision, micro.recall, micro.f1) == (0.5, 0.5, 0.5)
    assert macro.f1 == pytest.approx(0.4)  # over a and b, which people used
    assert macro.precision == pytest.approx(1 / 3)
    json.dumps(scores.as_dict())


def test_perfect_and_empty() -> None:
    perfect = score("ab", LABELS, LABELS)
    assert (perfect.micro.f1, perfect.macro.f1) == (1.0, 1.0)
    nothing = score("ab", [], [])
    assert (nothing.micro.f1, nothing.macro.f1) == (None, None)


def test_the_table_shows_every_category_and_no_markup() -> None:
    console = Console(width=100, record=True)
    console.print(table(score(["[red]a", "b"], [frozenset(["b"])], [frozenset(["b"])])))
    shown = console.export_text()
    assert "[red]a" in shown
    assert shown.index("b ") < shown.index("[red]a") < shown.index("micro") < shown.index("macro")
    assert "1.00" in shown
    assert "–" in shown
