"""How well tags agree with labels that people gave: precision, recall and F1."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Score:
    """The agreement for one category, or over several.

    Attributes:
        precision: share of the tags given that people gave too; None where none was given.
        recall: share of the labels that were found; None where there is none.
        f1: their harmonic mean, 2·hits / (given + support); None where both are 0.
        support: labels.
        given: tags.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    given: int


@dataclass(frozen=True)
class Scores:
    """By category, and together.

    Attributes:
        categories: in the order of the taxonomy.
        micro: over all tags and labels alike.
        macro: means over the categories that people used; precision counts 0 where a category
            that they used was never given.
    """

    categories: dict[str, Score]
    micro: Score
    macro: Score

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def score(
    names: Sequence[str], labels: Sequence[frozenset[str]], tags: Sequence[frozenset[str]]
) -> Scores:
    """Compare tags with labels, text by text.

    Args:
        names: the categories.
        labels: what people said of each text.
        tags: what the tagger said, in the same order.
    """
    pairs = list(zip(labels, tags, strict=True))
    counts = {
        name: (
            sum(name in label and name in tag for label, tag in pairs),
            sum(name in tag for _, tag in pairs),
            sum(name in label for label, _ in pairs),
        )
        for name in names
    }
    categories = {name: _score(*count) for name, count in counts.items()}
    hits, given, support = (sum(column) for column in zip(*counts.values(), strict=True))
    used = [each for each in categories.values() if each.support]
    macro = Score(
        _mean([each.precision for each in used]),
        _mean([each.recall for each in used]),
        _mean([each.f1 for each in used]),
        support,
        given,
    )
    return Scores(categories, _score(hits, given, support), macro)


def table(scores: Scores) -> Table:
    """Categories by support, then micro and macro, for a terminal."""
    shown = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    shown.add_column("category")
    for heading in ("precision", "recall", "F1", "support", "given"):
        shown.add_column(heading, justify="right")
    ranked = sorted(scores.categories.items(), key=lambda item: (-item[1].support, item[0]))
    for name, each in ranked:
        shown.add_row(Text(name), *_cells(each))
    shown.add_section()
    shown.add_row(Text("micro", style="bold"), *_cells(scores.micro))
    shown.add_row(Text("macro", style="bold"), *_cells(scores.macro))
    return shown


def _score(hits: int, given: int, support: int) -> Score:
    return Score(
        precision=hits / given if given else None,
        recall=hits / support if support else None,
        f1=2 * hits / (given + support) if given + support else None,
        support=support,
        given=given,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    return sum(value or 0.0 for value in values) / len(values) if values else None


def _cells(each: Score) -> list[str]:
    ratios = ["–" if value is None else f"{value:.2f}" for value in (each.precision, each.recall)]
    return [
        *ratios,
        "–" if each.f1 is None else f"{each.f1:.2f}",
        str(each.support),
        str(each.given),
    ]
