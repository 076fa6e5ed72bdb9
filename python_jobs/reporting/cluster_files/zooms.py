"""A divided cluster in a picture of its own: its map, the sizes of its parts, what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.reporting.cluster_files import bars, canvas, fonts, maps, palette

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from python_jobs.reporting.cluster_files.contents import Contents, Segment

WIDTH = 15.0
"""Inches."""
TOP = 1.25
"""Inches from the upper edge to the first bar."""
QUOTE_LINES = 3
LINE = 0.165
"""Inches a line of a quote."""


def write_zoom(path: Path, given: Contents, parent: Segment) -> None:
    """The map of one cluster on the left; bars and a quote of each part on the right."""
    parts = given.children(parent.path)
    found = [each for each in parts if not each.is_noise]
    colours = palette.colours(len(found))
    tall = bars.ROW * len(parts)
    height = max(7.5, TOP + tall + 1.0)
    figure = canvas.new_figure(WIDTH, height)
    name = fonts.wrapped(fonts.drawable(parent.name, parent.path), 60, 1)
    canvas.head(
        figure,
        f"“{name}” in {maps.count(len(found), 'part')}: {parent.count_feedback:,} feedback",
        f"{parent.path} · {parent.share:.1%} of all feedback · {canvas.source_line(given.about)}",
    )
    axes = figure.add_axes((0.02, 0.5 / height, 0.55, 1 - (TOP + 0.5) / height))
    hidden = maps.draw(axes, maps.points_of(given, parent.path, found), found)
    right = figure.add_axes((0.765, 1 - (TOP + tall) / height, 0.13, tall / height))
    bars.draw(right, bars.rows_of(parts, colours), name_width=32)
    _quote(figure, found, colours, TOP + tall + 0.45)
    noise = sum(each.share_of_parent for each in parts if each.is_noise)
    canvas.foot(figure, maps.small_print(noise, hidden))
    canvas.save(figure, path)


def _quote(figure: Figure, found: Sequence[Segment], colours: Sequence[str], below: float) -> None:
    """The exemplary text of each part, from `below` inches under the edge as far as they fit."""
    height = figure.get_figheight()
    for segment, colour in zip(found, colours, strict=True):
        text = fonts.drawable(segment.exemplars[0]) if segment.exemplars else ""
        lines = fonts.wrapped(text, 76, QUOTE_LINES).splitlines()
        needed = LINE * (len(lines) + 1) + 0.15
        if not lines or below + needed > height - 0.6:
            continue
        name = fonts.wrapped(fonts.drawable(segment.name, segment.path), 60, 1)
        ink = palette.darkened(colour)
        canvas.write(figure, 0.6, 1 - below / height, name, 8.5, bold=True, color=ink, va="top")
        quote = "“" + "\n".join(lines) + "”"
        style = {"va": "top", "color": palette.FAINT_INK, "linespacing": 1.25}
        canvas.write(figure, 0.6, 1 - (below + LINE + 0.02) / height, quote, 8.5, **style)
        below += needed
