"""The summary at the end of a run, for a terminal: totals, the tree, the tags."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from python_jobs.storage.marts import Segment, TagCount, Totals

SEGMENTS = 12
CHILDREN = 4
TAGS = 10
QUOTE_CHARACTERS = 90


def summary(
    totals: Totals, segments: Sequence[Segment], tags: Sequence[TagCount]
) -> RenderableType:
    """Everything in reading order; feedback is shown as plain text, never as markup."""
    parts: list[RenderableType] = [_heading("Feedback"), Padding(_totals(totals), (0, 2))]
    if segments:
        parts += [Text(), _heading("What customers talk about"), Padding(_tree(segments), (0, 2))]
    if tags:
        parts += [Text(), _heading("Tags"), Padding(_tags(tags), (0, 2))]
    return Group(*parts)


def short(text: str, characters: int = QUOTE_CHARACTERS) -> str:
    """One line of at most `characters`, cut between words, without control characters."""
    printable = "".join(" " if _is_hidden(sign) else sign for sign in text)
    line = " ".join(printable.split())
    if len(line) <= characters:
        return line
    cut = line[: characters - 1]
    words = cut.rsplit(" ", 1)[0]
    return (words if len(words) > characters // 2 else cut).rstrip(" ,;:-") + "…"


def _is_hidden(sign: str) -> bool:
    # Control and format characters could move the cursor or reverse the line; emoji joiners may.
    return unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs") and sign != "\u200d"


def _heading(words: str) -> Text:
    return Text(words, style="bold")


def _totals(totals: Totals) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column(style="dim")
    period = ""
    if totals.first_at and totals.last_at:
        period = f"{totals.first_at:%Y-%m-%d} to {totals.last_at:%Y-%m-%d}"
    table.add_row("loaded", f"{totals.feedback:,}", period)
    if totals.rejected:
        table.add_row("rejected", f"{totals.rejected:,}", "see raw.rejected_feedback")
    duplicates = totals.feedback - totals.texts
    table.add_row("distinct texts", f"{totals.texts:,}", f"{duplicates:,} said the same as another")
    if totals.embedded_by:
        placed = totals.clustered - totals.noise
        table.add_row("in a segment", f"{placed:,}", f"vectors by {totals.embedded_by}")
        table.add_row("in none", f"{totals.noise:,}", _percent(totals.noise, totals.clustered))
    table.add_row("tagged", f"{totals.tagged:,}", f"by {totals.tagged_by}" * bool(totals.tagged_by))
    if totals.mean_rating is not None:
        table.add_row("mean rating", f"{totals.mean_rating:.2f}", "of 5")
    return table


def _tree(segments: Sequence[Segment]) -> Tree:
    by_parent: dict[str | None, list[Segment]] = {}
    for segment in segments:
        by_parent.setdefault(segment.parent_path, []).append(segment)
    tree = Tree(Text("All feedback"), guide_style="dim")
    _grow(tree, by_parent, "root", SEGMENTS)
    return tree


def _grow(tree: Tree, by_parent: dict[str | None, list[Segment]], path: str, at_most: int) -> None:
    children = by_parent.get(path, [])
    shown = [each for each in children if not each.is_noise][:at_most]
    for segment in shown:
        branch = tree.add(_segment(segment))
        if segment.depth < 2:
            _grow(branch, by_parent, segment.path, CHILDREN)
    hidden = sum(not each.is_noise for each in children) - len(shown)
    if hidden > 0:
        tree.add(Text(f"and {hidden} more", style="dim"))
    for segment in children:
        if segment.is_noise:
            tree.add(Text.assemble((segment.name, "dim"), (_figures(segment), "dim")))


def _segment(segment: Segment) -> Text:
    label = Text.assemble((short(segment.name, 60), "cyan"), _figures(segment))
    if segment.quote:
        label.append(f"\n“{short(segment.quote)}”", style="italic dim")
    return label


def _figures(segment: Segment) -> str:
    rating = f"  ★ {segment.mean_rating:.1f}" if segment.mean_rating is not None else ""
    return f"  {segment.count_feedback:,}  {segment.share:.1%}{rating}"


def _tags(tags: Sequence[TagCount]) -> Table:
    table = Table.grid(padding=(0, 2))
    for justify in ("left", "right", "right", "right"):
        table.add_column(justify=justify)
    for tag in tags[:TAGS]:
        if tag.count_feedback:
            rating = f"★ {tag.mean_rating:.1f}" if tag.mean_rating is not None else ""
            table.add_row(
                Text(tag.category), f"{tag.count_feedback:,}", f"{tag.share or 0:.1%}", rating
            )
    return table


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else ""
