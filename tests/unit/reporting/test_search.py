from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from io import StringIO

from rich.console import Console

from python_jobs.reporting.search import found
from python_jobs.storage.marts import SaidText

TEXT = SaidText(
    content_hash="h",
    feedback_id="f-1",
    feedback_text="The parcel came late",
    count_feedback=3,
    mean_rating=2.25,
    first_at=datetime(2026, 5, 1, 12),  # noqa: DTZ001  (the marts keep UTC without an offset)
    last_at=datetime(2026, 6, 2, 9),  # noqa: DTZ001
    cluster_run_id="run",
    cluster_path="root.0.1",
    cluster_name="Late parcels",
    level_1_name="Delivery",
    level_2_name="Late parcels",
    level_3_name=None,
    categories="Delivery, Price",
    sentiment="negative",
)
BARE = replace(
    TEXT,
    count_feedback=1,
    mean_rating=None,
    last_at=TEXT.first_at,
    cluster_path=None,
    cluster_name=None,
    level_1_name=None,
    level_2_name=None,
    categories=None,
)


def rendered(*texts: SaidText, width: int = 160) -> str:
    out = StringIO()
    hits = [(0.91234, text) for text in texts]
    Console(file=out, width=width, highlight=False).print(found(hits))
    return out.getvalue()


def test_all_that_is_known_is_there() -> None:
    shown = rendered(TEXT)
    assert shown.split("\n")[0].split() == ["0.91", "The", "parcel", "came", "late"]
    for fact in (
        "2026-05-01 to 2026-06-02",
        "said 3 times",
        "★ 2.2",
        "Delivery › Late parcels (root.0.1)",
        "tags: Delivery, Price",
    ):
        assert fact in shown


def test_what_is_not_known_is_left_out() -> None:
    shown = rendered(BARE)
    assert "2026-05-01" in shown
    for word in ("said", "★", "tags", "None", "to 2026", "("):
        assert word not in shown


def test_feedback_cannot_draw_on_the_terminal() -> None:
    hostile = "[red]late[/red] \x1b[2J\x1b]0;x\x07 \u202eevil\u2066 \x9b31m\nnext line"
    shown = rendered(replace(TEXT, feedback_text=hostile, level_1_name=hostile, categories=hostile))
    assert "[red]late[/red]" in shown
    assert not {"\x1b", "\x07", "\u202e", "\u2066", "\x9b"} & set(shown)


def test_long_texts_are_cut() -> None:
    shown = rendered(replace(TEXT, feedback_text="late " * 2_000))
    assert "…" in shown
    assert len(shown.split("\n")) < 8


def test_a_segment_without_a_name_shows_its_path() -> None:
    nameless = replace(TEXT, cluster_name=None, level_1_name=None, level_2_name=None)
    assert "· root.0.1 ·" in rendered(nameless)
