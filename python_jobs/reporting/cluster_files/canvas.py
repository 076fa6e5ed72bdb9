"""Figures without pyplot: nothing global is created, set or left open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from python_jobs.reporting.cluster_files import palette
from python_jobs.reporting.cluster_files.folder import new_binary
from python_jobs.reporting.cluster_files.fonts import drawable, font, wrapped

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from python_jobs.reporting.cluster_files.contents import About

DPI = 150
MARGIN = 0.45
"""Inches."""


def new_figure(width: float, height: float) -> Figure:
    """An empty white figure of that many inches, on its own canvas."""
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write the figure as PNG."""
    with new_binary(path) as file:
        figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None})


def write(target: Any, x: float, y: float, text: str, size: float, **style: Any) -> Any:
    """Put text on a figure or on axes; `$` in it is a dollar, never mathematics."""
    bold = style.pop("bold", False)
    style.setdefault("color", palette.INK)
    return target.text(
        x, y, text, fontproperties=font(size, bold=bold), parse_math=False, usetex=False, **style
    )


def head(figure: Figure, title: str, subtitle: str) -> None:
    """Title and subtitle at the top left, at a fixed distance from the edge."""
    height = figure.get_figheight()
    left = MARGIN / figure.get_figwidth()
    write(figure, left, 1 - 0.38 / height, drawable(title), 15, bold=True, va="top")
    style = {"va": "top", "color": palette.FAINT_INK}
    write(figure, left, 1 - 0.74 / height, drawable(subtitle), 9.5, **style)


def foot(figure: Figure, text: str) -> None:
    """Small print at the bottom left, in as many lines as it takes."""
    left, bottom = MARGIN / figure.get_figwidth(), 0.2 / figure.get_figheight()
    lines = wrapped(drawable(text), int((figure.get_figwidth() - 2 * MARGIN) * 15), 3)
    style = {"va": "bottom", "color": palette.FAINT_INK, "linespacing": 1.3}
    write(figure, left, bottom, lines, 8, **style)


def bare(axes: Axes) -> None:
    """Take away the scales and the frame: the axes of a layout have no unit."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def source_line(about: About) -> str:
    """What the picture was made from: vectors, method, day."""
    period = ""
    if about.start or about.end:
        period = f"feedback from {about.start or 'the first'} to {about.end or 'the last'} · "
    return f"{period}vectors: {about.model} · {about.method} · {about.made_at:%Y-%m-%d %H:%M} UTC"
