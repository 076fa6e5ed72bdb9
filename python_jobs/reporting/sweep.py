"""The trials of a sweep as a table, and in words which to take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.clustering.sweep import Collapse, Sweep, Trial

MARK = "→"
HEADINGS = (
    "level 1",
    "finest",
    "largest",
    "median",
    "noise",
    "persist.",
    "purity",
    "stable",
    "bits",
    "score",
)


def trials_table(sweep: Sweep) -> Table:
    """A line a trial, the recommended one marked; a step that collapses the tree has a `!`."""
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("")
    options = _options(sweep)
    for heading in (*options, *HEADINGS):
        table.add_column(heading, justify="right")
    collapsed = [each.after for each in sweep.collapses]
    for each in sweep.trials:
        mark = (MARK if each is sweep.best else "") + ("!" if each in collapsed else "")
        table.add_row(
            Text(mark),
            *(_option(each, name) for name in options.values()),
            str(each.level_one),
            str(each.finest),
            f"{each.largest:.0%}",
            f"{each.median:.1%}",
            f"{each.noise_share:.0%}",
            f"{each.persistence:.2f}",
            f"{each.purity:.2f}",
            "" if each.stability is None else f"{each.stability:.2f}",
            f"{each.information:.2f}",
            f"{each.score:.2f}",
            style="bold" if each is sweep.best else None,
        )
    return table


def reasons(sweep: Sweep) -> Iterator[str]:
    """Why the recommended trial, and what is to be warned of, in sentences."""
    best = sweep.best
    if best is None:
        yield "No setting found a segment: more feedback or a smaller --min-cluster-size may help."
        return
    stable = "" if best.stability is None else f", and it is found again to {best.stability:.0%}"
    yield (
        "Recommended, since no other has a clearly better score (bits x purity x stability): "
        f"a text's segment, one of {best.finest}, tells {best.information:.2f} bits about those "
        f"of the texts nearest it, {best.purity:.0%} of these share it{stable}; "
        f"{best.noise_share:.0%} of the texts are in none, {best.level_one} segments at level 1."
    )
    near = [each for each in sweep.collapses if best in (each.before, each.after)]
    for each in near:
        yield f"Careful: {_collapse(each)}, and the recommended setting is at this edge."
    others = [each for each in sweep.collapses if each not in near]
    if others:
        more = f" (and {len(others) - 1} more like it)" if len(others) > 1 else ""
        yield f"Warning: {_collapse(others[0])}{more}."


def _collapse(each: Collapse) -> str:
    before, after = each.before, each.after
    counts = (
        (before.level_one, after.level_one)
        if each.level == "level 1"
        else (before.finest, after.finest)
    )
    return (
        f"one step of --min-cluster-size, {before.parameters.min_cluster_size} to "
        f"{after.parameters.min_cluster_size} with --n-neighbors {after.parameters.n_neighbors}, "
        f"collapses {each.level} from {counts[0]} segments to {counts[1]}"
    )


def _options(sweep: Sweep) -> dict[str, str]:
    """Headings of the grid's options, and their names."""
    found = {"min size": "min_cluster_size", "neighbours": "n_neighbors"}
    if any(each.parameters.method == "graph" for each in sweep.trials):
        found["resolution"] = "resolution"
    return found


def _option(trial: Trial, name: str) -> str:
    value = getattr(trial.parameters, name)
    return f"{value:g}" if isinstance(value, float) else str(value)
