"""`clusters.html`: the map to move about in, in one file that needs no network.

Feedback is hostile input. It reaches the page in three ways, each escaped: as HTML through a
Jinja environment that escapes everything, as JSON that bokeh escapes for its script element, and
in tooltips, where bokeh escapes every `@field` (unless asked not to by `{safe}`, which is used
nowhere). The page's Content-Security-Policy forbids every request to the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from python_jobs.reporting.cluster_files import canvas, islands, labels, palette
from python_jobs.reporting.cluster_files.folder import new_file
from python_jobs.reporting.terminal import short

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from python_jobs.reporting.cluster_files.contents import Contents, Segment

ROOT = "root"
TEXT = 300
"""Characters of a text that are shown, and searched."""
QUOTES = 2
KEYWORDS = 8
MAX_DOTS = 50_000
"""More are thinned out, evenly by chance: the page would not open on a small machine."""

_TOOLTIP = """
<div style="max-width: 22rem; white-space: normal; overflow-wrap: anywhere; line-height: 1.35">
  <div style="font-weight: 600">@name</div>
  <div style="color: #666">@path@figures</div>
  <div style="margin-top: .3rem">@text</div>
</div>
"""

_FRAME: dict[str, Any] = {
    "name": "map",
    "sizing_mode": "stretch_both",
    "match_aspect": True,
    "x_axis_type": None,
    "y_axis_type": None,
    "tools": "pan,wheel_zoom,box_zoom,reset,save",
    "active_scroll": "wheel_zoom",
    "toolbar_location": "above",
    "output_backend": "webgl",
    "outline_line_color": None,
    "background_fill_color": "white",
}


@dataclass(frozen=True)
class Entry:
    """A segment in the list beside the map, with its parts."""

    segment: Segment
    colour: str
    figures: str
    keywords: str
    quotes: tuple[str, ...]
    parts: tuple[Entry, ...]


def write_page(path: Path, given: Contents) -> None:
    """The interactive map with a list of segments to highlight, and a search in the texts."""
    from bokeh.embed import file_html
    from bokeh.resources import INLINE
    from jinja2 import Environment, FileSystemLoader

    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    rows = _shown(len(given.tree))
    top = [each for each in given.children(ROOT) if not each.is_noise]
    html = file_html(
        _figure(given, rows),
        resources=INLINE,
        title=f"{len(given.feedback):,} feedback in {len(top)} segments",
        template=pages.get_template("page.html"),
        template_variables={
            "subtitle": canvas.source_line(given.about),
            "entries": _entries(given, ROOT, _colours(given)),
            "count_texts": len(given.tree),
            "count_shown": len(rows),
            "noise_share": given.noise_share,
        },
    )
    with new_file(path) as file:
        file.write(html)


def _shown(count: int) -> NDArray[np.int64]:
    if count <= MAX_DOTS:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, MAX_DOTS, replace=False))


def _colours(given: Contents) -> dict[str, str]:
    """By path: level 1 as in the pictures, what is below in the colour of its level 1."""
    top = [each.path for each in given.children(ROOT) if not each.is_noise]
    first = dict(zip(top, palette.colours(len(top)), strict=True))
    levels = {each.path: ".".join(each.path.split(".")[:2]) for each in given.segments}
    return {path: first.get(level, palette.NOISE) for path, level in levels.items()}


def _entries(given: Contents, parent: str, colours: dict[str, str]) -> tuple[Entry, ...]:
    return tuple(
        Entry(
            segment=segment,
            colour=colours[segment.path],
            figures=f"{segment.count_feedback:,} · {segment.share:.1%}"
            + _stars(segment.mean_rating),
            keywords=", ".join(segment.keywords[:KEYWORDS]),
            quotes=tuple(short(text, TEXT) for text in segment.exemplars[:QUOTES]),
            parts=_entries(given, segment.path, colours),
        )
        for segment in given.children(parent)
    )


def _figure(given: Contents, rows: NDArray[np.int64]) -> Any:
    from bokeh.core.properties import value
    from bokeh.models import ColumnDataSource, DataRange1d, HoverTool
    from bokeh.models.annotations import LabelSet
    from bokeh.plotting import figure

    xy = islands.without_gaps(given.tree.coordinates)
    dots = ColumnDataSource(_dots(given, rows, xy), name="dots")
    names = ColumnDataSource(_names(given, xy), name="names")
    # room for the labels of clusters at the edge
    plot = figure(x_range=DataRange1d(range_padding=0.2), **_FRAME)
    plot.toolbar.logo = None
    plot.grid.visible = False
    drawn = plot.scatter(
        "x", "y", size="size", fill_color="colour", fill_alpha="alpha", line_color=None, source=dots
    )
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=_TOOLTIP, limit=1))
    plot.add_layout(
        LabelSet(
            x="x",
            y="y",
            text="name",
            text_color="colour",
            text_alpha="alpha",
            text_align="center",
            text_baseline="middle",
            text_font=value("sans-serif"),
            text_font_size="12px",
            text_font_style="bold",
            background_fill_color="white",
            background_fill_alpha="backing",
            source=names,
        )
    )
    return plot


def _dots(given: Contents, rows: NDArray[np.int64], xy: NDArray[np.float32]) -> dict[str, Any]:
    """A dot a text, noise first so that it lies behind."""
    paths = given.tree.labels[rows]
    top = given.tree.labels_at(1)[rows]
    is_noise = np.array([str(path).endswith(".noise") for path in top], dtype=bool)
    order = np.argsort(~is_noise, kind="stable")
    rows, paths, is_noise = rows[order], paths[order], is_noise[order]
    by_path = {each.path: each.name for each in given.segments}
    colours = _colours(given)
    base = float(np.clip(9 - 1.6 * np.log10(max(len(rows), 1) / 300), 3, 9))
    weights = given.texts.weights[rows]
    return {
        "x": xy[rows, 0],
        "y": xy[rows, 1],
        "size": (base * np.minimum(weights, 400) ** 0.25).astype(np.float32),
        "colour": [colours[path] for path in paths],
        "alpha": np.where(is_noise, 0.5, 0.75).astype(np.float32),
        "path": [str(path) for path in paths],
        "name": [by_path[path] for path in paths],
        "figures": [_figures(given, int(row)) for row in rows],
        "text": [short(given.texts.texts[row], TEXT) for row in rows],
    }


def _figures(given: Contents, row: int) -> str:
    count, rating = int(given.texts.weights[row]), float(given.ratings[row])
    times = f" · said {count:,} times" if count > 1 else ""
    return times + _stars(None if np.isnan(rating) else rating)


def _names(given: Contents, xy: NDArray[np.float32]) -> dict[str, Any]:
    """A label a cluster: level 1 first, the largest first; the page shows what has room."""
    colours = _colours(given)
    named = [each for each in given.segments if not each.is_noise and each.depth <= 2]
    named.sort(key=lambda each: (each.depth, -each.count_feedback))
    middles = [labels.middle(xy[given.tree.members(each.path)]) for each in named]
    return {
        "x": [x for x, _ in middles],
        "y": [y for _, y in middles],
        "name": [short(each.name, 34).replace(" ·…", " …") for each in named],
        "path": [each.path for each in named],
        "depth": [each.depth for each in named],
        "colour": [palette.darkened(colours[each.path]) for each in named],
        "alpha": [0.0] * len(named),
        "backing": [0.0] * len(named),
    }


def _stars(rating: float | None) -> str:
    return "" if rating is None else f" · ★ {rating:.1f}"
