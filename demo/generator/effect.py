"""What the costly theme costs: measured, and nudged to where it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.plan import COSTLY, COSTLY_TARGET

if TYPE_CHECKING:
    from generator.record import Record


def cost_in_stars(records: list[Record], by_channel: bool = False) -> tuple[float, int]:
    """Return the effect within a product (and channel), and the number of records behind it.

    The effect is the mean rating of the rated records with the theme less the mean rating of all
    others, averaged over products, weighted by the number of rated records with the theme.
    """
    cells: dict[tuple[str, str], tuple[list[int], list[int]]] = {}
    for record in records:
        if record.rating:
            key = (record.occasion.product, record.occasion.channel if by_channel else "")
            having, others = cells.setdefault(key, ([], []))
            (having if record.about(COSTLY) else others).append(int(record.rating))
    total, weight = 0.0, 0
    for _, (having, others) in sorted(cells.items()):
        if having and others:
            gap = sum(having) / len(having) - sum(others) / len(others)
            total += gap * len(having)
            weight += len(having)
    return total / weight, weight


def balance(records: list[Record]) -> None:
    """Nudge single ratings by a star until the planted effect is where it should be."""
    for record in records:
        if record.kind != "costly" or not record.rating:
            continue
        now, _ = cost_in_stars(records)
        if abs(now - COSTLY_TARGET) < 0.01:
            break
        may_rise = "123" if record.polarity == "m" else "12"
        if now < COSTLY_TARGET and record.rating in may_rise:
            record.rating = str(int(record.rating) + 1)
        elif now > COSTLY_TARGET and record.rating in "234":
            record.rating = str(int(record.rating) - 1)
