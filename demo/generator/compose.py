"""Texts put together sentence by sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.draft import (
    GREETS,
    GREETS_OR_THANKS,
    Draft,
    add_verdict,
    be_polite,
    begin,
    finished,
    turn_to,
)
from generator.plan import MAX_USES
from generator.shelf import draw_theme

if TYPE_CHECKING:
    from generator.corpus import Sentence
    from generator.record import Occasion, Text
    from generator.shelf import Shelf
    from generator.themes import Theme

# By channel: numbers of sentences and their weights.
LENGTHS = {
    "v": [(1, 30), (2, 36), (3, 22), (4, 8), (5, 4)],
    "s": [(1, 46), (2, 34), (3, 15), (4, 5)],
    "r": [(1, 68), (2, 26), (3, 6)],
    "c": [(1, 52), (2, 38), (3, 10)],
}
FOCUS_LENGTHS = [(1, 34), (2, 48), (3, 18)]
OTHER_SIGN = {"+": "-", "-": "+"}


def compose(
    shelf: Shelf,
    occasion: Occasion,
    theme: Theme,
    also: Theme | None = None,
    length: int | None = None,
) -> Text | None:
    """Write a text that begins with a theme and may wander; None where no sentence is left.

    also: a second theme that has to be there, beyond the length; length: in sentences, drawn by
    default.
    """
    chance = shelf.chance
    draft = begin(shelf, occasion, theme, own_percent={"c": 62, "r": 50})
    if draft is None:
        return None
    length = length or chance.weighted(LENGTHS[occasion.channel])
    if len(draft.sentences[0].text) > 150:
        length = min(length, 2)
    if also:
        second = shelf.fresh(shelf.fitting(occasion, also), draft.sentences)
        if second is None:
            return None
        turn_to(shelf, draft, also, second)
        length += 1
    while len(draft.sentences) < length and go_on(shelf, draft):
        pass
    if occasion.channel == "c":
        be_polite(shelf, draft, GREETS_OR_THANKS, thanks_percent=34)
    lines = 6 if len(draft.sentences) > 2 else 2
    return finished(shelf, draft, [("plain", 78), ("lines", lines), ("dots", 8), ("dash", 6)])


def go_on(shelf: Shelf, draft: Draft) -> bool:
    """Pursue the theme, turn to another one or pass a verdict; return whether more may follow."""
    pool = follow_ups(shelf, draft, MAX_USES + 3)
    steps = possible_steps(draft, pool)
    if not steps:
        return False
    step = shelf.chance.weighted(steps)
    if step == "theme":
        return another_theme(shelf, draft)
    if step == "verdict":
        add_verdict(shelf, draft)
        return False
    follow_up = shelf.least_used(pool)
    assert follow_up is not None
    draft.sentences.append(follow_up)
    draft.follow_ups += 1
    return True


def follow_ups(shelf: Shelf, draft: Draft, max_uses: int) -> list[Sentence]:
    """Return the sentences that pursue the last theme."""
    pool = shelf.fitting(draft.occasion, draft.themes[-1], "&")
    return [s for s in pool if s.uses < max_uses and s not in draft.sentences]


def possible_steps(draft: Draft, pool: list[Sentence]) -> list[tuple[str, int]]:
    """Return how the text can go on, with weights."""
    channel, begins_with, themes = draft.occasion.channel, draft.themes[0].sign, len(draft.themes)
    steps: list[tuple[str, int]] = []
    if pool and draft.follow_ups < 2 and draft.themes[-1].sign != "0":
        steps.append(("follow_up", 14 if draft.follow_ups else 46))
    if themes < 3 and begins_with != "0" and channel != "r":
        steps.append(("theme", 8 if channel == "c" else 44))
    if themes < 2 and begins_with == "-" and channel == "r":
        steps.append(("theme", 12))
    if channel in "vs" and draft.polarity != "m":
        steps.append(("verdict", 16))
    return steps


def another_theme(shelf: Shelf, draft: Draft) -> bool:
    """Turn to another theme, in reviews and surveys often of the other sign, where one is left."""
    occasion, chance = draft.occasion, shelf.chance
    sign = draft.themes[-1].sign
    if chance.hit(40) and occasion.channel in "vs":
        sign = OTHER_SIGN[sign]
    avoid = [theme.name for theme in draft.themes]
    if draft.polarity != sign:  # a verdict on everything suits no mixed text
        if any(name.startswith("general.") for name in avoid):
            return False
        avoid.append("general.")
    theme = draw_theme(shelf, occasion, sign, avoid)
    if not theme:
        return False
    pool = [
        s
        for s in shelf.fitting(occasion, theme)
        if len(s.text) < 125 and not (s.own and occasion.channel in "cr")
    ]
    sentence = shelf.fresh(pool, draft.sentences)
    if sentence is None:
        return False
    turn_to(shelf, draft, theme, sentence)
    return True


def compose_focused(shelf: Shelf, occasion: Occasion, theme: Theme) -> Text | None:
    """Write a text that stays with one theme; None where no sentence is left."""
    chance = shelf.chance
    length = chance.weighted(FOCUS_LENGTHS)
    draft = begin(shelf, occasion, theme, own_percent={"c": 50, "r": 50})
    if draft is None:
        return None
    while len(draft.sentences) < length:
        follow_up = shelf.least_used(follow_ups(shelf, draft, MAX_USES + 1))
        if follow_up is None:
            break
        draft.sentences.append(follow_up)
    if occasion.channel in "vs" and chance.hit(12):
        add_verdict(shelf, draft)
    if occasion.channel == "c":
        be_polite(shelf, draft, GREETS, thanks_percent=30)
    return finished(shelf, draft, [("plain", 80), ("lines", 4), ("dots", 8), ("dash", 6)])
