"""Scatter pictures of the 2-D layout: the whole map, and each cluster that was divided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patheffects import withStroke

from python_jobs.reporting.cluster_files import bars, canvas, fonts, labels, palette

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.text import Text
    from numpy.typing import NDArray

    from python_jobs.reporting.cluster_files.contents import Contents, Segment

ROOT = "root"
LABELS = 40
"""More labels than this on one map would not be read."""
LEADER_FROM = 10.0
"""Pixels between a label and its cluster's middle from which on a line connects them."""


@dataclass(frozen=True)
class Points:
    """(n) dots of a map: where, how many feedback each stands for, and of which part (-1: none)."""

    xy: NDArray[np.float32]
    weights: NDArray[np.int64]
    parts: NDArray[np.int64]


def write_map(path: Path, given: Contents) -> None:
    """The whole map: level-1 clusters in colour and named, noise in grey behind them."""
    figure = canvas.new_figure(13, 10)
    found = [each for each in given.children(ROOT) if not each.is_noise]
    total = len(given.feedback)
    canvas.head(
        figure,
        f"What customers talk about: {_count(len(found), 'segment')} in {total:,} feedback",
        canvas.source_line(given.about),
    )
    axes = figure.add_axes((0.02, 0.05, 0.96, 0.85))
    hidden = _draw(axes, _points(given, ROOT, found), found)
    noise = sum(each.share for each in given.children(ROOT) if each.is_noise)
    canvas.foot(figure, _legend_line(noise, hidden))
    canvas.save(figure, path)


def write_zoom(path: Path, given: Contents, parent: Segment) -> None:
    """One divided cluster: its own map on the left, the sizes of its parts on the right."""
    found = [each for each in given.children(parent.path) if not each.is_noise]
    parts = given.children(parent.path)
    figure = canvas.new_figure(15, max(7.5, 2.2 + bars.ROW * len(parts)))
    height = figure.get_figheight()
    canvas.head(
        figure,
        f"“{fonts.drawable(parent.name, parent.path)}” in {_count(len(found), 'part')}: "
        f"{parent.count_feedback:,} feedback",
        f"{parent.path} · {parent.share:.1%} of all feedback · {canvas.source_line(given.about)}",
    )
    axes = figure.add_axes((0.02, 0.5 / height, 0.55, 1 - 1.6 / height))
    hidden = _draw(axes, _points(given, parent.path, found), found)
    tall = bars.ROW * len(parts)
    right = figure.add_axes((0.765, 1 - (1.5 + tall) / height, 0.13, tall / height))
    rows = bars.rows_of(parts, palette.colours(len(found)))
    bars.draw(right, rows, name_width=34)
    noise = sum(each.share_of_parent for each in parts if each.is_noise)
    canvas.foot(figure, _legend_line(noise, hidden))
    canvas.save(figure, path)


def _points(given: Contents, parent: str, found: Sequence[Segment]) -> Points:
    tree = given.tree
    rows = tree.members(parent) if parent != ROOT else np.arange(len(tree))
    xy = labels.without_gaps(given.layouts.get(parent, tree.coordinates[rows]))
    position = {each.path: at for at, each in enumerate(found)}
    depth = parent.count(".") + 1
    names = tree.labels_at(depth)[rows]
    parts = np.array([position.get(name, -1) for name in names], dtype=np.int64)
    return Points(xy, given.texts.weights[rows], parts)


def _draw(axes: Axes, points: Points, found: Sequence[Segment]) -> int:
    """Draw dots and labels; returns how many of the clusters found no room for their label."""
    canvas.bare(axes)
    if not len(points.xy):
        canvas.write(axes, 0.5, 0.5, "no feedback", 12, ha="center", transform=axes.transAxes)
        return 0
    colours = np.array([*palette.colours(len(found)), palette.NOISE])
    base = float(np.clip(60_000 / len(points.xy), 3, 60))
    areas = base * np.sqrt(np.minimum(points.weights, 400))
    for is_part in (False, True):
        chosen = np.flatnonzero((points.parts >= 0) == is_part)
        axes.scatter(
            points.xy[chosen, 0],
            points.xy[chosen, 1],
            s=areas[chosen] * (1.0 if is_part else 0.6),
            c=colours[points.parts[chosen]],
            alpha=0.75 if is_part else 0.6,
            linewidths=0,
            zorder=2 if is_part else 1,
        )
    _frame(axes, points.xy)
    return _label(axes, points, found)


def _frame(axes: Axes, xy: NDArray[np.float32]) -> None:
    """One scale for both directions and a margin, also for one point or for points on a line."""
    low, high = xy.min(axis=0).astype(float), xy.max(axis=0).astype(float)
    frame = axes.get_window_extent()
    pixels = np.array([frame.width, frame.height])
    unit = float(((high - low) / pixels).max()) * 1.1 or 1.0
    centre, half = (low + high) / 2, unit * pixels / 2
    axes.set_xlim(centre[0] - half[0], centre[0] + half[0])
    axes.set_ylim(centre[1] - half[1], centre[1] + half[1])


def _label(axes: Axes, points: Points, found: Sequence[Segment]) -> int:
    """Name the clusters, largest first; a line leads from a label that had to move."""
    renderer = axes.figure.canvas.get_renderer()
    to_pixels, to_data = axes.transData, axes.transData.inverted()
    colours = palette.colours(len(found))
    texts = [_text(axes, segment, colours[at]) for at, segment in enumerate(found[:LABELS])]
    extents = [text.get_window_extent(renderer) for text in texts]
    sizes = [(extent.width, extent.height) for extent in extents]
    middles = [labels.middle(points.xy[points.parts == at]) for at in range(len(texts))]
    anchors = [tuple(to_pixels.transform(middle)) for middle in middles]
    edge = axes.get_window_extent(renderer)
    frame = labels.Box(edge.x0, edge.y0, edge.x1, edge.y1)
    dots = labels.Dots(to_pixels.transform(points.xy[points.parts >= 0]), frame)
    spots = labels.place(anchors, sizes, frame, dots)
    for text, spot, anchor, size in zip(texts, spots, anchors, sizes, strict=True):
        if spot is None:
            text.remove()
            continue
        text.set_position(tuple(to_data.transform(spot)))
        box = labels.Box.around(*spot, *size)
        if box.distance(*anchor) > LEADER_FROM:
            ends = to_data.transform([anchor, box.nearest(*anchor)])
            axes.plot(*ends.T, color=text.get_color(), lw=0.7, alpha=0.8, zorder=4)
    return len(found) - sum(spot is not None for spot in spots)


def _text(axes: Axes, segment: Segment, colour: str) -> Text:
    name = fonts.wrapped(fonts.drawable(segment.name, segment.path), 22, 3)
    style = {"ha": "center", "va": "center", "zorder": 5, "linespacing": 1.05}
    text = canvas.write(
        axes, 0.0, 0.0, name, 8.5, bold=True, color=palette.darkened(colour), **style
    )
    text.set_path_effects([withStroke(linewidth=3, foreground="white", alpha=0.9)])
    return text


def _legend_line(noise: float, hidden: int) -> str:
    parts = [
        "each dot is a distinct text, larger where several customers sent it; "
        "dots close together say similar things"
    ]
    parts.append(f"grey: in none of the groups ({noise:.0%})")
    if hidden:
        parts.append(f"{_count(hidden, 'small group')} without a label for want of room")
    return " · ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
