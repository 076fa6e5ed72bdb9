from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from python_jobs.reporting import terminal
from python_jobs.storage.marts import Segment, TagCount, Totals

TOTALS = Totals(
    rejected=2,
    feedback=1_000,
    texts=900,
    tagged=1_000,
    clustered=1_000,
    noise=100,
    mean_rating=3.456,
    first_at=datetime(2026, 1, 1, tzinfo=UTC),
    last_at=datetime(2026, 6, 30, tzinfo=UTC),
    embedded_by="model-e",
    tagged_by="model-t",
)


def segment(path: str, name: str, count: int, **changes) -> Segment:
    given = {
        "path": path,
        "parent_path": path.rpartition(".")[0],
        "name": name,
        "keywords": "a, b",
        "quote": f"quote of {name}",
        "depth": path.count("."),
        "count_feedback": count,
        "share": count / 1_000,
        "mean_rating": 2.5,
        "is_noise": path.endswith("noise"),
    }
    return Segment(**(given | changes))


def rendered(*args) -> str:
    out = StringIO()
    Console(file=out, width=100, highlight=False).print(terminal.summary(*args))
    return out.getvalue()


def test_everything_a_reader_needs_is_there() -> None:
    shown = rendered(
        TOTALS,
        [
            segment("root.0", "Late delivery", 600),
            segment("root.0.0", "Courier", 400),
            segment("root.noise", "Everything else", 100, quote=None),
        ],
        [TagCount("delivery", 500, 0.5, 2.25), TagCount("unused", 0, 0.0, None)],
    )
    for expected in (
        "1,000",
        "2026-01-01 to 2026-06-30",
        "100 said the same as another",
        "900",
        "10.0%",
        "3.46",
        "Late delivery  600  60.0%  ★ 2.5",
        "“quote of Late delivery”",
        "Courier  400  40.0%",
        "Everything else  100",
        "delivery",
        "50.0%",
        "★ 2.2",
    ):
        assert expected in shown
    assert "unused" not in shown


def test_long_lists_say_what_they_leave_out() -> None:
    many = [segment(f"root.{number}", f"Topic {number}", 50) for number in range(20)]
    shown = rendered(TOTALS, many, [])
    assert f"and {20 - terminal.SEGMENTS} more" in shown


@pytest.mark.parametrize(
    ("hostile", "absent"),
    [
        ("[red]markup[/red] [link=http://x]y[/link]", "\x1b]8"),
        ("\x1b[31mcolour\x1b[0m \x07bell", "\x1b[31m"),
        ("safe\u202eesrever", "\u202e"),
    ],
)
def test_hostile_text_is_only_text(hostile, absent) -> None:
    shown = rendered(TOTALS, [segment("root.0", hostile, 5, quote=hostile)], [])
    assert absent not in shown
    if "[red]" in hostile:
        assert "[red]markup[/red]" in shown


def test_short_cuts_between_words() -> None:
    assert terminal.short("one two three", 9) == "one two…"
    assert terminal.short("a\n\tb   c", 20) == "a b c"
    assert len(terminal.short("x" * 500, 90)) == 90


def test_no_segments_and_no_tags_still_make_a_summary() -> None:
    shown = rendered(TOTALS, [], [])
    assert "What customers talk about" not in shown
    assert "loaded" in shown
