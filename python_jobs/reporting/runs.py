"""A cluster run, and the difference of two, for a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from python_jobs.reporting.parameters import as_used
from python_jobs.reporting.terminal import short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from python_jobs.storage.cluster_trees import ClusterEvent, StoredCluster

NAME_CHARACTERS = 48
UNNAMED = "(no name yet)"


def run_page(
    facts: Sequence[tuple[str, str]],
    parameters: Mapping[str, Any],
    clusters: Sequence[StoredCluster],
) -> RenderableType:
    """Facts of a run, its parameters as asked for and as used, its tree."""
    table = _grid()
    for label, value in facts:
        table.add_row(label, Text(value))
    options = _grid()
    for name, value in as_used(parameters):
        options.add_row(name, Text(value))
    return Group(
        table,
        Text("\nParameters", style="bold"),
        Padding(options, (0, 2)),
        Text("\nTree", style="bold"),
        Padding(_tree(clusters), (0, 2)),
    )


def changes_page(
    events: Sequence[ClusterEvent],
    before: Mapping[str, str],
    after: Mapping[str, str],
    continuity: float | None,
) -> RenderableType:
    """The events between two runs; `before` and `after` are names by path."""
    counted = Counter(each.event for each in events)
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading in ("", "before", "after", "key"):
        table.add_column(heading, overflow="fold")
    for heading in ("feedback", "of before", "of after", "new", "jaccard"):
        table.add_column(heading, justify="right")
    for each in events:
        table.add_row(
            each.event,
            _side(each.previous_cluster_path, before),
            _side(each.cluster_path, after),
            each.cluster_key or each.previous_cluster_key or "",
            f"{each.count_feedback:,}",
            *map(_percent, (each.share_of_previous, each.share_of_cluster, each.share_unseen)),
            "" if each.jaccard is None else f"{each.jaccard:.2f}",
        )
    kept = "no text in common" if continuity is None else f"{continuity:.1%} of it kept its key"
    tally = ", ".join(f"{count} {event}" for event, count in counted.items())
    return Group(Text(f"Feedback in both runs: {kept}"), Text(tally), Text(), table)


def _side(path: str | None, names: Mapping[str, str]) -> Text:
    if path is None:
        return Text("–", style="dim")
    name = short(names.get(path, UNNAMED), NAME_CHARACTERS)
    return Text.assemble((name, "cyan"), (f"  {path}", "dim"))


def _tree(clusters: Sequence[StoredCluster]) -> RenderableType:
    branches: dict[str, Tree] = {}
    for each in clusters:
        label = Text.assemble(
            (
                short(each.cluster_name or UNNAMED, NAME_CHARACTERS),
                "dim" if each.is_noise else "cyan",
            ),
            f"  {each.count_feedback:,}",
            ("" if each.stability is None else f"  stability {each.stability:.2f}", "dim"),
            (f"  {each.cluster_path}  {each.cluster_key}", "dim"),
        )
        if each.parent_path in branches:
            branches[each.cluster_path] = branches[each.parent_path].add(label)
        else:
            branches[each.cluster_path] = Tree(label, guide_style="dim")
    return next(iter(branches.values()), Text("(empty)"))


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column()
    return grid


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
