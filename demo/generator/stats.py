"""How the data turned out, for whoever works on the corpus."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from generator.plan import MAX_USES
from generator.themes import family

if TYPE_CHECKING:
    from generator.corpus import Sentence


def print_stats(truth: dict[str, Any], sentences: list[Sentence]) -> None:
    """Print totals, how often sentences were used, and what was planted."""
    print(json.dumps(truth["totals"], indent=1, ensure_ascii=False))
    uses = Counter(
        s.uses
        for s in sentences
        if family(s.theme.name) not in ("stock", "noise") and s.mark != "!"
    )
    print("uses of a sentence: number of sentences", sorted(uses.items()))
    often = [s for s in sentences if s.uses > MAX_USES and family(s.theme.name) != "stock"]
    for s in sorted(often, key=lambda s: (-s.uses, s.text)):
        print(s.uses, s.text)
    for key in ("emerging_theme", "fading_theme", "costs_a_star", "noise", "stock_phrases"):
        print(key, {k: v for k, v in truth[key].items() if k != "ids"})
    exact, near = truth["exact_duplicates"], truth["near_duplicates"]
    print("exact duplicates planted", exact["planted_count"], "all", exact["all_count"], end=" ")
    print("near", near["count"])
