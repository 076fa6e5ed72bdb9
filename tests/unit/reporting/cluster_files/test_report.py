"""The report in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from python_jobs.reporting.cluster_files.report import write_report

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.reporting.cluster_files.contents import Contents

    from .conftest import Make


def report(given: Contents, folder: Path) -> str:
    write_report(folder / "report.txt", given, ("clusters.html",))
    return (folder / "report.txt").read_text(encoding="utf-8")


def test_it_says_what_there_is_to_know(make: Make, tmp_path: Path) -> None:
    text = report(make(), tmp_path)
    for part in (
        "2026-01-31 12:30:05 UTC",
        "19\n",
        "14 (5 said the same as another)",
        "2025-01-01 to 2025-01-19",
        "2 at level 1, 2 below",
        "14 feedback, 73.7%",
        "5 feedback, 26.3%",
        "a-model, 8 dimensions",
        "local, keywords-and-medoid",
        "min_cluster_size      automatic: 5",
        "n_neighbors           15",
        "umap-learn 0.5",
        "a note about this run",
        "clusters.html",
    ):
        assert part in text


def test_the_tree_is_indented_with_figures_keywords_and_a_quote(make: Make, tmp_path: Path) -> None:
    lines = report(make(), tmp_path).splitlines()
    at = lines.index("root.0  Name of root.0")
    assert lines[at + 1].startswith("    11 feedback · 57.9% of all · 8 texts · rating ")
    assert lines[at + 2 : at + 4] == ["    heel, pain", "    “text 0”"]
    assert lines[at + 4] == "    root.0.0  Name of root.0.0"
    assert "of its parent" in lines[at + 5]


def test_period_and_limit_are_told_where_they_were_given(make: Make, tmp_path: Path) -> None:
    given = make()
    about = replace(given.about, start=date(2025, 1, 1), limit=500)
    text = report(replace(given, about=about), tmp_path)
    assert "asked for: 2025-01-01 to the last; the latest 500 texts at most" in text
    assert "asked for" not in report(given, tmp_path)


@pytest.mark.parametrize("text", ["a\nb\r\nc", "\x1b[31mred\x07", "a\u202eb", "long " * 4_000])
def test_texts_stay_in_their_place(make: Make, tmp_path: Path, text: str) -> None:
    found = report(make(text=text, name=text), tmp_path)
    assert not set(found) & {"\x1b", "\x07", "\u202e", "\r"}
    assert max(map(len, found.splitlines())) <= 101


def test_nothing_at_all(make: Make, tmp_path: Path) -> None:
    text = report(make({}), tmp_path)
    assert "none: there was no feedback to cluster" in text
    assert "mean rating" not in text
