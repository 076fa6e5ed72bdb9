"""What is true about the records: what was planted, and the themes of each."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from generator.effect import cost_in_stars
from generator.plan import (
    COSTLY,
    COSTLY_TARGET,
    EMERGING,
    EMERGING_START,
    EMERGING_WEEKS,
    FADING,
    FADING_FIX,
    SEED,
)
from generator.table import timestamp
from generator.tables.people import SOURCES
from generator.tables.products import PRODUCTS
from generator.words import normalise, overlap, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from generator.corpus import Sentence
    from generator.record import Record

POLARITY_NAMES = {"+": "positive", "-": "negative", "m": "mixed", "0": "neutral"}


def truth_of(records: list[Record], sentences: list[Sentence]) -> dict[str, Any]:
    """Return the content of the truth file for records in order of time."""
    return {
        "seed": SEED,
        "totals": totals(records, sentences),
        "normalisation": "trim, collapse every run of whitespace (tab, newline and no-break space"
        " included) to one space, lower-case",
        "exact_duplicates": exact_duplicates(records),
        "near_duplicates": near_duplicates(records),
        "emerging_theme": emerging_theme([r for r in records if r.about(EMERGING)]),
        "fading_theme": fading_theme([r for r in records if r.about(FADING)]),
        "costs_a_star": costs_a_star(records),
        "noise": of_kind(records, "noise"),
        "stock_phrases": of_kind(records, "stock"),
        "hostile": {r.how: r.fid for r in records if r.kind == "hostile"},
        "labels_format": "feedback_id: [primary theme, [[theme, sign], ...], polarity of the whole"
        " text]; + praise, - complaint, 0 neutral",
        "labels": {
            r.fid: [r.themes[0].name, list(dict.fromkeys(r.themes)), POLARITY_NAMES[r.polarity]]
            for r in records
        },
    }


def totals(records: list[Record], sentences: list[Sentence]) -> dict[str, Any]:
    """Return how many there are of what."""
    distinct = len(canonical_ids(records))
    ratings = [int(r.rating) for r in records if r.rating]
    return {
        "records": len(records),
        "first_created_at": timestamp(records[0].when),
        "last_created_at": timestamp(records[-1].when),
        "distinct_normalised_texts": distinct,
        "duplicate_records": len(records) - distinct,
        "rated_records": len(ratings),
        "mean_rating": mean(ratings),
        "by_source": count(SOURCES[r.occasion.channel] for r in records),
        "by_language": count(r.occasion.lang for r in records),
        "by_product": count(PRODUCTS[r.occasion.product][0] for r in records),
        "by_polarity": count(POLARITY_NAMES[r.polarity] for r in records),
        "by_primary_theme": count(r.themes[0].name for r in records),
        "by_any_theme": count(name for r in records for name in sorted({t.name for t in r.themes})),
        "corpus_sentences": count(s.lang for s in sentences),
        "corpus_distinct_sentences": len({normalise(s.text) for s in sentences}),
    }


def exact_duplicates(records: list[Record]) -> dict[str, Any]:
    """Return the records that repeat an earlier text, planted or not."""
    canonical = canonical_ids(records)
    pairs = [(r, canonical[normalise(r.text)]) for r in records]
    planted = [[r.fid, first, r.how] for r, first in pairs if r.copy_of]
    repeated = [[r.fid, first] for r, first in pairs if r.fid != first]
    return {
        "planted_count": len(planted),
        "planted_format": "[feedback_id, canonical feedback_id, kind]",
        "planted": planted,
        "all_count": len(repeated),
        "all_format": "[feedback_id, canonical feedback_id]; the canonical record is the"
        " earliest by created_at, then feedback_id",
        "all": repeated,
    }


def near_duplicates(records: list[Record]) -> dict[str, Any]:
    """Return the records that nearly repeat another one."""
    pairs = [
        [r.fid, r.near_to.fid, round(overlap(words_of(r.text), words_of(r.near_to.text)), 3)]
        for r in records
        if r.near_to
    ]
    return {
        "count": len(pairs),
        "format": "[feedback_id, original feedback_id, word overlap (Jaccard)]",
        "pairs": pairs,
    }


def emerging_theme(having: list[Record]) -> dict[str, Any]:
    """Return what was planted as the emerging theme, from the records that have it."""
    weekly = []
    for week in range(len(EMERGING_WEEKS)):
        first = EMERGING_START + timedelta(days=7 * week)
        number = sum(1 for r in having if first <= r.when < first + timedelta(days=7))
        weekly.append([f"{first:%Y-%m-%d}", number])
    return {
        "name": EMERGING,
        "description": "Since the app update of July 2026 the basket is emptied before payment.",
        "first_date": f"{having[0].when:%Y-%m-%d}",
        "not_before": f"{EMERGING_START:%Y-%m-%d}",
        "keywords": ["basket", "cart", "update", "checkout", "empty", "app", "Warenkorb", "panier"],
        "count": len(having),
        "weekly": weekly,
        "ids": [r.fid for r in having],
    }


def fading_theme(having: list[Record]) -> dict[str, Any]:
    """Return what was planted as the fading theme, from the records that have it."""
    return {
        "name": FADING,
        "description": "Soles came off because of a bad glue batch; fixed on the date given.",
        "fix_date": f"{FADING_FIX:%Y-%m-%d}",
        "keywords": [
            "sole",
            "glue",
            "detaching",
            "peeling",
            "unglued",
            "Sohle",
            "Kleber",
            "semelle",
            "colle",
        ],
        "count": len(having),
        "count_before_fix": sum(1 for r in having if r.when < FADING_FIX),
        "count_from_fix_on": sum(1 for r in having if r.when >= FADING_FIX),
        "monthly": count(f"{r.when:%Y-%m}" for r in having),
        "ids": [r.fid for r in having],
    }


def costs_a_star(records: list[Record]) -> dict[str, Any]:
    """Return what was planted as the theme that costs a star, and what it costs."""
    having = [r for r in records if r.about(COSTLY)]
    effect, weight = cost_in_stars(records)
    effect_in_source, _ = cost_in_stars(records, by_channel=True)
    return {
        "name": COSTLY,
        "description": "Customers who wait for a refund rate about one star lower than other"
        " customers of the same product.",
        "expected_effect": COSTLY_TARGET,
        "tolerance": 0.25,
        "measured_effect_within_product": round(effect, 4),
        "measured_effect_within_product_and_source": round(effect_in_source, 4),
        "method": "per product: mean rating of the rated records with the theme less the mean"
        " rating of all its other rated records; averaged over products, weighted by"
        " the number of rated records with the theme",
        "rated_count": weight,
        "mean_rating_with_theme": mean([int(r.rating) for r in having if r.rating]),
        "count": len(having),
        "keywords": ["refund", "money back", "weeks", "returned", "Erstattung", "remboursement"],
        "ids": [r.fid for r in having],
    }


def of_kind(records: list[Record], kind: str) -> dict[str, Any]:
    """Return the records of one kind."""
    ids = [r.fid for r in records if r.kind == kind]
    return {"count": len(ids), "ids": ids}


def canonical_ids(records: list[Record]) -> dict[str, str]:
    """Return the id of the first record with each normalised text."""
    first: dict[str, str] = {}
    for record in records:
        first.setdefault(normalise(record.text), record.fid)
    return first


def count(values: Iterable[str]) -> dict[str, int]:
    """Return how often each value comes, in order of the values."""
    return dict(sorted(Counter(values).items()))


def mean(ratings: list[int]) -> float:
    """Return the mean of ratings to four places."""
    return round(sum(ratings) / len(ratings), 4)


def to_json(truth: dict[str, Any]) -> str:
    """Return the truth as JSON with one line for each label, so that a change can be read."""
    parts = []
    for key, value in truth.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"    {json_pair(k, v)}" for k, v in value.items())
            parts.append(f"  {json.dumps(key)}: {{\n{inner}\n  }}")
        else:
            parts.append(f"  {json_pair(key, value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def json_pair(key: str, value: object) -> str:
    """Return a key and its value on one line."""
    return f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"
