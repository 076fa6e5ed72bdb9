"""Text that can be drawn, and colours that can be told apart."""

from __future__ import annotations

from itertools import combinations

import pytest

from python_jobs.reporting.cluster_files import fonts, palette


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Late delivery · courier", "Late delivery · courier"),
        ("Größe zu klein", "Größe zu klein"),
        ("two\nlines\tand  tabs", "two lines and tabs"),
        ("thanks \U0001faf6\U0001f3fd\ufe0f a lot", "thanks a lot"),
        ("a\u202eb\u200bc\x00d", "abcd"),
        ("e\u0301te\u0301", "été"),
        ("\U0001faf6", "instead"),
        ("\ud83d", "instead"),
        ("…!", "instead"),
        ("", "instead"),
    ],
)
def test_only_signs_that_a_font_has(text: str, drawn: str) -> None:
    assert fonts.drawable(text, "instead") == drawn


def test_every_sign_left_is_in_a_font_or_taken_out() -> None:
    text = "日本語 العربية हिन्दी ไทย Ελληνικά Кириллица"
    line = fonts.drawable(text)
    assert "Ελληνικά" in line
    assert "Кириллица" in line


def test_wrapping_cuts_and_leaves_no_dot_at_an_end() -> None:
    wrapped = fonts.wrapped("wet rock · steep ground · sole grips", 12, 3)
    assert wrapped.splitlines() == ["wet rock", "steep ground", "sole grips"]
    cut = fonts.wrapped("wet rock · steep ground · sole grips", 12, 2)
    assert cut.endswith("…")
    assert len(cut.splitlines()) == 2
    assert fonts.wrapped("", 12, 2) == ""


def test_the_first_27_colours_differ_and_can_be_seen_on_white() -> None:
    colours = palette.colours(27)
    assert len(set(colours)) == 27
    assert colours[:9] == list(palette.TOL_MUTED)
    for colour in colours:
        assert palette.luminance(colour) < 0.75
        assert palette.luminance(palette.tones(colour, 5)[-1]) <= 0.7
    assert palette.colours(0) == []
    assert palette.colours(60)[27:36] == colours[:9]


def test_neighbours_in_line_differ_in_lightness_for_the_colour_blind() -> None:
    pairs = list(combinations([palette.luminance(colour) for colour in palette.colours(3)], 2))
    assert all(abs(a - b) > 0.05 for a, b in pairs)


def test_ink_has_enough_contrast() -> None:
    for colour in palette.colours(27):
        assert 1.05 / (palette.luminance(palette.darkened(colour)) + 0.05) >= 7


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(0, "#336699"), (1, "#FFFFFF"), (-1, "#000000"), (0.5, "#99B2CC"), (-0.5, "#1A334C")],
)
def test_tones(amount: float, expected: str) -> None:
    assert palette.tone("#336699", amount) == expected


def test_tones_of_a_colour_start_with_it() -> None:
    assert palette.tones("#336699", 1) == ["#336699"]
    assert len(set(palette.tones("#336699", 8))) == 8
    assert palette.tones("#336699", 0) == []
