"""Sizes as horizontal bars: level 1, and below each bar the parts it was divided into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.reporting.cluster_files import canvas, fonts, palette

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from python_jobs.reporting.cluster_files.contents import Contents, Segment

ROOT = "root"
SHOWN = 60
"""Level-1 clusters at most; the smallest are left out, and a line says so."""
ROW = 0.3
"""Inches from bar to bar."""
TOP = 1.2
"""Inches from the upper edge to the first bar."""
ROOM_FOR_NOISE = 1.12
"""A noise bar longer than this many times the longest other bar is cut, and shows that it is."""


@dataclass(frozen=True)
class Row:
    """A bar: of which cluster, in which colour, and whether it is part of the bar above."""

    segment: Segment
    colour: str
    is_part: bool = False

    @property
    def share(self) -> float:
        """Of all feedback at level 1, else of the parent's."""
        is_top = self.segment.depth == 1
        return self.segment.share if is_top else self.segment.share_of_parent


def write_sizes(path: Path, given: Contents) -> None:
    """Level 1 by size, noise last, with level 2 as thinner bars below."""
    segments = given.children(ROOT)
    proper = [each for each in segments if not each.is_noise]
    shown = [*proper[:SHOWN], *(each for each in segments if each.is_noise)]
    rows = []
    for top in rows_of(shown, palette.colours(len(shown))):
        parts = given.children(top.segment.path)
        rows += [top, *rows_of(parts, palette.tones(top.colour, len(parts)), is_part=True)]
    height = max(3.2, 1.9 + ROW * len(rows))
    figure = canvas.new_figure(12, height)
    total = len(given.feedback)
    canvas.head(
        figure, f"What {total:,} feedback are about, by size", canvas.source_line(given.about)
    )
    tall = ROW * max(len(rows), 1)
    axes = figure.add_axes((0.36, 1 - (TOP + tall) / height, 0.44, tall / height))
    draw(axes, rows, name_width=46)
    canvas.foot(figure, _legend_line(proper[SHOWN:], bool(given.divided())))
    canvas.save(figure, path)


def rows_of(
    segments: Sequence[Segment], colours: Sequence[str], *, is_part: bool = False
) -> list[Row]:
    """A row a cluster; noise is grey, `colours` are for the others in order."""
    left = iter(colours)
    return [Row(each, palette.NOISE if each.is_noise else next(left), is_part) for each in segments]


def draw(axes: Axes, rows: Sequence[Row], name_width: int) -> None:
    """Bars from the top, names on the left, count, share and rating on the right."""
    canvas.bare(axes)
    if not rows:
        canvas.write(axes, 0.5, 0.5, "no segments", 12, ha="center", transform=axes.transAxes)
        return
    proper = [row.segment.count_feedback for row in rows if not row.segment.is_noise]
    limit = ROOM_FOR_NOISE * max(proper) if proper else float("inf")
    lengths = np.minimum([row.segment.count_feedback for row in rows], limit)
    axes.set_xlim(0, float(lengths.max()))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    for at, row in enumerate(rows):
        length = float(lengths[at])
        axes.barh(at, length, height=0.5 if row.is_part else 0.74, color=row.colour)
        if length < row.segment.count_feedback:
            for x in (0.9, 0.92):
                ends = [x * length, (x + 0.015) * length]
                axes.plot(ends, [at + 0.45, at - 0.45], color="white", lw=2)
        _write(axes, at, row, length, name_width)


def _write(axes: Axes, at: int, row: Row, length: float, name_width: int) -> None:
    segment = row.segment
    is_faint = segment.is_noise or row.is_part
    size = 8.0 if row.is_part else 9.0
    style = {"va": "center", "color": palette.FAINT_INK if is_faint else palette.INK}
    name = fonts.wrapped(fonts.drawable(segment.name, segment.path), name_width, 1)
    canvas.write(axes, 0, at, f"{name}  ", size, ha="right", **style)
    figures = f"  {segment.count_feedback:,} · {row.share:.1%}"
    if row.is_part:
        figures += " of these"
    if segment.mean_rating is not None:
        figures += f" · ★ {segment.mean_rating:.1f}"
    canvas.write(axes, length, at, figures, size, ha="left", **style)


def _legend_line(hidden: Sequence[Segment], is_divided: bool) -> str:
    parts = ["★ mean rating, of 5"]
    if is_divided:
        parts.append("thin bars: the parts of the bar above them")
    if hidden:
        count = sum(each.count_feedback for each in hidden)
        parts.append(f"{len(hidden)} smaller segments with {count:,} feedback are not shown")
    return " · ".join(parts)
