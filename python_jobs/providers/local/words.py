"""Words that a text shares with a category: what nearness of meaning alone overlooks.

Words count from four letters on and are compared by their first five, so that "delivered" meets
"delivery" in whichever language. A word that several categories use tells them apart the less, so
it counts one divided by their number; that also does without a list of stop words.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.providers.prototypes import category_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.providers.base import Taxonomy, Vectors

SHORTEST, COMPARED = 4, 5
_WORDS = re.compile(r"[^\W\d_]+")


def shared_words(texts: Sequence[str], taxonomy: Taxonomy) -> Vectors:
    """From 0 (no word) to 1 (a word that no other category uses): shape (texts, categories)."""
    weights = _weights(taxonomy)
    found = np.zeros((len(texts), len(taxonomy.categories)), dtype=np.float32)
    for row, text in enumerate(texts):
        for word in beginnings(text) & weights.keys():
            places, weight = weights[word]
            found[row, places] += weight
    return np.minimum(found, 1.0)


def beginnings(text: str) -> set[str]:
    """The words of a text, cut to their beginnings."""
    words = _WORDS.findall(text.casefold())
    return {word[:COMPARED] for word in words if len(word) >= SHORTEST}


@lru_cache(maxsize=8)
def _weights(taxonomy: Taxonomy) -> dict[str, tuple[list[int], float]]:
    """For each word of the taxonomy the places of the categories that use it, and its weight."""
    used = [beginnings(" ".join(category_texts(entry))) for entry in taxonomy.categories]
    counts = Counter(word for words in used for word in words)
    return {
        word: ([place for place, words in enumerate(used) if word in words], 1 / count)
        for word, count in counts.items()
    }
