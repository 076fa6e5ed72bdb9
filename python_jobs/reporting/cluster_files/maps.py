"""The map: a dot a text, level-1 clusters in colour and named, noise in grey behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patheffects import withStroke

from python_jobs.reporting.cluster_files import canvas, fonts, islands, labels, palette

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
LEADER_FROM = 22.0
"""Pixels between a label and its cluster's middle from which on a line connects them."""
HEIGHT = 8.6
WIDTHS = (9.5, 14.0)
"""Inches of the map, which takes the shape of its layout within these bounds."""


@dataclass(frozen=True)
class Points:
    """(n) dots of a map: where, how many feedback each stands for, and of which part (-1: none)."""

    xy: NDArray[np.float32]
    weights: NDArray[np.int64]
    parts: NDArray[np.int64]


def write_map(path: Path, given: Contents) -> None:
    """The whole map as PNG."""
    found = [each for each in given.children(ROOT) if not each.is_noise]
    points = points_of(given, ROOT, found)
    figure = canvas.new_figure(_width(points.xy), HEIGHT + 1.5)
    height = figure.get_figheight()
    canvas.head(
        figure,
        f"What customers talk about: {count(len(found), 'segment')} "
        f"in {len(given.feedback):,} feedback",
        canvas.source_line(given.about),
    )
    axes = figure.add_axes((0.02, 0.55 / height, 0.96, HEIGHT / height))
    hidden = draw(axes, points, found)
    noise = sum(each.share for each in given.children(ROOT) if each.is_noise)
    canvas.foot(figure, small_print(noise, hidden))
    canvas.save(figure, path)


def points_of(given: Contents, parent: str, found: Sequence[Segment]) -> Points:
    """The texts of `parent`, by which of the clusters `found` they belong to."""
    tree = given.tree
    rows = np.arange(len(tree)) if parent == ROOT else tree.members(parent)
    position = {each.path: at for at, each in enumerate(found)}
    names = tree.labels_at(parent.count(".") + 1)[rows]
    return Points(
        xy=islands.without_gaps(given.layouts.get(parent, tree.coordinates[rows])),
        weights=given.texts.weights[rows],
        parts=np.array([position.get(name, -1) for name in names], dtype=np.int64),
    )


def draw(axes: Axes, points: Points, found: Sequence[Segment]) -> int:
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


def small_print(noise: float, hidden: int) -> str:
    """How to read the map, in one line; `noise` is the share that is in no group."""
    parts = [
        "each dot is a distinct text, larger where several customers sent it",
        "dots close together say similar things; empty space between islands is shortened",
    ]
    if noise:
        share = f"{noise:.0%}" if noise >= 0.01 else "below 1%"
        parts.append(f"grey: in none of the groups ({share})")
    if hidden:
        parts.append(f"{count(hidden, 'small group')} without a label for want of room")
    return " · ".join(parts)


def count(number: int, what: str) -> str:
    """As in "1 part" and "2 parts"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _width(xy: NDArray[np.float32]) -> float:
    if not len(xy):
        return WIDTHS[0]
    wide, high = np.ptp(xy, axis=0)
    return float(np.clip(HEIGHT * 1.1 * wide / high if high else WIDTHS[1], *WIDTHS))


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
    to_pixels, to_data = axes.transData, axes.transData.inverted()
    colours = palette.colours(len(found))
    texts = [_text(axes, segment, colours[at]) for at, segment in enumerate(found[:LABELS])]
    extents = [text.get_window_extent() for text in texts]
    sizes = [(extent.width, extent.height) for extent in extents]
    middles = [labels.middle(points.xy[points.parts == at]) for at in range(len(texts))]
    anchors = [tuple(to_pixels.transform(middle)) for middle in middles]
    edge = axes.get_window_extent()
    frame = labels.Box(edge.x0, edge.y0, edge.x1, edge.y1)
    dots = labels.Dots(to_pixels.transform(points.xy[points.parts >= 0]), frame)
    spots = labels.place(anchors, sizes, frame, dots)
    for text, spot, anchor, size in zip(texts, spots, anchors, sizes, strict=True):
        if spot is None:
            text.remove()
            continue
        text.set_position(tuple(to_data.transform(spot)))
        _halo(axes, text)
        box = labels.Box.around(*spot, *size)
        if box.distance(*anchor) > LEADER_FROM:
            ends = to_data.transform([anchor, box.nearest(*anchor)])
            axes.plot(*ends.T, color=text.get_color(), lw=0.7, alpha=0.8, zorder=4)
    return len(found) - sum(spot is not None for spot in spots)


def _text(axes: Axes, segment: Segment, colour: str) -> Text:
    name = fonts.wrapped(fonts.drawable(segment.name, segment.path), 22, 3)
    return _write(axes, name, palette.darkened(colour), zorder=5)


def _halo(axes: Axes, text: Text) -> None:
    """White below the whole label: one line's own halo would cut the tails of the line above."""
    below = _write(axes, text.get_text(), "white", zorder=4.5)
    below.set_position(text.get_position())
    below.set_path_effects([withStroke(linewidth=5, foreground="white")])


def _write(axes: Axes, name: str, colour: str, zorder: float) -> Text:
    style = {"ha": "center", "va": "center", "linespacing": 1.05}
    text: Text = canvas.write(
        axes, 0.0, 0.0, name, 8.5, bold=True, color=colour, zorder=zorder, **style
    )
    return text
