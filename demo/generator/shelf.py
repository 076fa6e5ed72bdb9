"""The sentences at hand: which ones fit an occasion, and which of them to take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.plan import MAX_USES
from generator.tables.themes import SIGN_WEIGHTS, WEIGHTS
from generator.themes import Theme, clash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from generator.chance import Chance
    from generator.corpus import Sentence
    from generator.record import Occasion

CONNECTOR = "general.connector"
VERDICT = "general.verdict"
GREETING = "general.greeting_chat"
THANKS = "general.thanks_chat"
FILLERS = (CONNECTOR, VERDICT, GREETING, THANKS)


class Shelf:
    """All sentences of the corpus, in piles by language, theme and mark."""

    def __init__(self, chance: Chance, sentences: list[Sentence]) -> None:
        self.chance = chance
        self.sentences = sentences
        self._piles: dict[tuple[str, Theme, str], list[Sentence]] = {}
        for s in sentences:
            self._piles.setdefault((s.lang, s.theme, s.mark), []).append(s)

    def fitting(self, occasion: Occasion, theme: Theme, mark: str = "") -> list[Sentence]:
        """Return the sentences of a theme that suit the occasion."""
        product, channel, month = occasion.product, occasion.channel, occasion.when.month
        return [
            s
            for s in self._piles.get((occasion.lang, theme, mark), [])
            if product in s.products and channel in s.channels and month in s.months
        ]

    def fillers(self, lang: str, name: str, sign: str) -> list[Sentence]:
        """Return the sentences that say nothing of their own, whatever the occasion."""
        return self._piles.get((lang, Theme(name, sign), "&"), [])

    def least_used(self, pool: Sequence[Sentence], spread: float = 2.5) -> Sentence | None:
        """Return one of the least used sentences, or None if there are none."""
        return min(pool, key=lambda s: s.uses + self.chance.random() * spread, default=None)

    def fresh(self, pool: Sequence[Sentence], taken: Sequence[Sentence] = ()) -> Sentence | None:
        """Return a little used sentence that is not taken yet, or None."""
        return self.least_used(
            [s for s in pool if s not in taken and s.uses < MAX_USES], spread=1.8
        )


def draw_theme(
    shelf: Shelf, occasion: Occasion, sign: str | None = None, avoid: Sequence[str] = ()
) -> Theme | None:
    """Draw a theme by weight and by what the corpus still offers for the occasion.

    avoid: sub-themes, or beginnings of their names, that the theme must not clash with.
    """
    column = "vrcs".index(occasion.channel)
    pairs: list[tuple[Theme, float]] = []
    for name, weights in WEIGHTS.items():
        if not weights[column] or any(clash(name, other) for other in avoid):
            continue
        for theme in (Theme(name, sign) for sign in (sign or "+-0")):
            left = 0.0
            for sentence in shelf.fitting(occasion, theme):
                left += appeal(sentence)
            if left:
                pairs.append((theme, weights[column] * left * SIGN_WEIGHTS[theme.sign]))
    return shelf.chance.weighted(pairs) if pairs else None


def appeal(sentence: Sentence) -> float:
    """Return how much a sentence adds to the weight of its theme."""
    if not sentence.uses:
        return 2.2
    if sentence.uses < 3:
        return 1.0
    return 0.6 if sentence.uses < MAX_USES else 0.0
