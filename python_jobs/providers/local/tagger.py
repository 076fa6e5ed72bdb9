"""Tags by nearness: how close a text lies to each category's description and examples.

1. A category's direction is the mean of its "name: description" and of its examples (each half
   weighs one half), minus the mean of all directions of the taxonomy, so that what all its
   categories share (being about feedback on footwear, say) tells none of them apart.
2. A text's score for a category is the largest cosine of one of its sentences with that
   direction: each sentence of a long text can be about another thing.
3. confidence = logistic(SLOPE · score − ln(number of categories) + INTERCEPT). The logarithm is
   the prior: the more categories, the less likely each. Both constants were fitted on labelled
   texts of two domains by `benchmarks/tag_calibration.py`. On the half of the real feedback that
   was held out (nhs_fft, 11 categories): micro-F1 0.50, expected calibration error 0.02; with
   nothing but the label names as taxonomy 0.24, so descriptions and examples are worth writing.

The model was trained on English: of feedback in other languages it recognises little.

Sentiment is left out. Nearness to positive and negative sentences in three languages told very
positive from negative feedback with a balanced accuracy of only 0.72 on the same data.
"""

from __future__ import annotations

import math
import re
import time
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.providers.base import Tag, Taggings, TagResult, Usage, content_hash
from python_jobs.providers.local import model
from python_jobs.settings import LOCAL_EMBEDDING_MODEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.providers.base import Category, Taxonomy, Vectors

SLOPE = 10.6
INTERCEPT = -0.7
THRESHOLD = 0.25
"""The confidence from which a category counts: near the best micro-F1 in the benchmark."""
MAX_PIECES = 24
"""Sentences looked at for one text; those of a longer text are joined until they are as few."""

BACKGROUND = (
    "I bought this last month and have been using it every day since.",
    "I contacted you about this and would like to know what happens next.",
    "Overall I am quite satisfied and would use it again.",
    "It was not what I expected and I am disappointed.",
    "I would recommend it to my family and friends.",
    "The first time was good, the second time not so much.",
    "Please make it better next time.",
    "Nothing to add, everything was fine.",
    "It took longer than I thought it would.",
    "Could you let me know how this works?",
)
"""Feedback about nothing in particular. It counts as one more category when the mean is taken,
so that a taxonomy of one category has a direction too."""

_STOCK_WORDS = (
    "na nil none null nothing no yes ok okay fine test comment comments feedback answer "
    "nichts nein ja keine kein keiner kommentar angabe angaben "
    "rien non oui aucun aucune commentaire ras"
)
_STOCK = frozenset(_STOCK_WORDS.split())
_WORDS = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|\n+|(?<=[a-zß-ÿ][.!?])(?=[A-ZÀ-Þ])")


class LocalTagger:
    """A `Tagger`; one instance serves all threads.

    Raises:
        ConfigurationError: the extra `local` is not installed.
    """

    provider = "local"
    model = LOCAL_EMBEDDING_MODEL
    max_batch = 256
    prompt_hash = content_hash([1, SLOPE, INTERCEPT, THRESHOLD, MAX_PIECES, BACKGROUND])

    def __init__(self) -> None:
        model.load()

    def tag_batch(self, items: Sequence[tuple[str, str]], taxonomy: Taxonomy) -> Taggings:
        """Tag the items; stock phrases ("n/a", "ok") and texts without a letter get no tag."""
        start = time.perf_counter()
        scores = similarities([text for _, text in items], taxonomy)
        chances = confidences(scores)
        results = tuple(
            TagResult(item_id, () if is_stock_phrase(text) else _tags(row, taxonomy))
            for (item_id, text), row in zip(items, chances, strict=True)
        )
        return Taggings(results, Usage(latency_seconds=time.perf_counter() - start))


def similarities(texts: Sequence[str], taxonomy: Taxonomy) -> Vectors:
    """Scores in [-1, 1], shape (texts, categories): step 2 of the module's method."""
    pieces = [sentences(text) for text in texts]
    flat = [piece for group in pieces for piece in group]
    owner = np.repeat(np.arange(len(texts)), [len(group) for group in pieces])
    scores = np.full((len(texts), len(taxonomy.categories)), -1.0, dtype=np.float32)
    np.maximum.at(scores, owner, model.load().embed(flat) @ directions(taxonomy).T)
    return scores


def confidences(scores: Vectors) -> Vectors:
    """Step 3: the probability of each category, shape (texts, categories)."""
    logits = SLOPE * scores - math.log(scores.shape[1]) + INTERCEPT
    chances: Vectors = 1 / (1 + np.exp(-logits))
    return chances


@lru_cache(maxsize=8)
def directions(taxonomy: Taxonomy) -> Vectors:
    """Step 1: unit vectors, shape (categories, dimensions)."""
    own = np.stack([_prototype(category) for category in taxonomy.categories])
    background = _unit(model.load().embed(BACKGROUND).mean(axis=0))
    mean = (own.sum(axis=0) + background) / (len(own) + 1)
    return _unit(own - mean)


def sentences(text: str) -> list[str]:
    """The sentences of the text, at most `MAX_PIECES`; never empty."""
    parts = [part.strip() for part in _SENTENCE_END.split(text) if len(part.strip()) > 2]
    if len(parts) < 2:
        return [text]
    step = -(-len(parts) // MAX_PIECES)
    return [" ".join(parts[at : at + step]) for at in range(0, len(parts), step)]


def is_stock_phrase(text: str) -> bool:
    """Whether the text says nothing: no letter, or only words such as "none", "n/a", "ok"."""
    words = _WORDS.findall(text.casefold().replace("n/a", "na").replace("r.a.s", "ras"))
    return all(word in _STOCK for word in words)


def _prototype(category: Category) -> Vectors:
    name, description = category.category.replace("_", " "), category.description.strip()
    vectors = model.load().embed(
        [f"{name}: {description}" if description else name, *category.examples]
    )
    examples = vectors[1:].mean(axis=0) if len(vectors) > 1 else 0.0
    return _unit(vectors[0] + examples)


def _tags(chances: Vectors, taxonomy: Taxonomy) -> tuple[Tag, ...]:
    tags = [
        Tag(name, round(float(chance), 4))
        for name, chance in zip(taxonomy.names, chances, strict=True)
        if chance >= THRESHOLD
    ]
    return tuple(sorted(tags, key=lambda tag: (-tag.confidence, tag.category)))


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit
