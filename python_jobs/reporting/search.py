"""What `insights search` shows: two lines a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from python_jobs.reporting.terminal import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from python_jobs.storage.marts import SaidText

TEXT_CHARACTERS = 160
NAME_CHARACTERS = 60


def found(hits: Sequence[tuple[float, SaidText]]) -> RenderableType:
    """Similarity and text, then who said it, where it belongs and its tags.

    Feedback and names are shown as plain text, never as markup.
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for similarity, text in hits:
        table.add_row(
            Text(f"{similarity:.2f}", style="bold"),
            Group(Text(short(text.feedback_text, TEXT_CHARACTERS)), _details(text)),
        )
    return table


def _details(text: SaidText) -> Text:
    return Text(" · ".join(_facts(text)), style="dim")


def _facts(text: SaidText) -> list[str]:
    first, last = f"{text.first_at:%Y-%m-%d}", f"{text.last_at:%Y-%m-%d}"
    facts = [first if first == last else f"{first} to {last}"]
    if text.count_feedback > 1:
        facts.append(f"said {text.count_feedback:,} times")
    if text.mean_rating is not None:
        facts.append(f"★ {text.mean_rating:.1f}")
    if text.cluster_path:
        names = " › ".join(short(name, NAME_CHARACTERS) for name in text.segments)
        facts.append(f"{names} ({text.cluster_path})" if names else text.cluster_path)
    if text.categories:
        facts.append(f"tags: {short(text.categories, 2 * NAME_CHARACTERS)}")
    return facts
