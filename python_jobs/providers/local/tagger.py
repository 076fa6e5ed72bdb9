"""Tags by nearness: how close a text lies to each category's description and examples.

1. A category's direction is the mean of its "name: description" and of its examples (each half
   weighs one half), minus the mean of all directions of the taxonomy, so that what all its
   categories share (being about feedback on footwear, say) tells none of them apart.
2. A text's nearness to a category is the largest cosine of one of its sentences with that
   direction: each sentence of a long text can be about another thing. Words that the text shares
   with the category (see `words`) add up to WORDS.
3. The score is that, less MARGIN times what is missing to the text's nearest category: to be
   second best by far says less than to be second best by little.
4. confidence = logistic(SLOPE · score − ln(number of categories) + INTERCEPT). The logarithm is
   the prior: the more categories, the less likely each. Both constants were fitted on labelled
   texts of two domains by `benchmarks/tag_calibration.py`. On the half of the real feedback that
   was held out (nhs_fft, 11 categories): micro-F1 0.54, expected
   calibration error 0.02; with nothing but the label names as taxonomy 0.31, so descriptions and
   examples are worth writing.
5. A category counts from a confidence of THRESHOLD and a score of FLOOR on; where none reaches
   both, the best one does from a score of LEAST on. The sentence that scored highest for it is
   its rationale.

The model was trained on English: of feedback in other languages it recognises little.

Sentiment is left out. Nearness to positive and negative sentences in three languages told very
positive from negative feedback with a balanced accuracy of only 0.72 on the same data.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.providers.base import Tag, Taggings, TagResult, Usage, content_hash
from python_jobs.providers.local import model
from python_jobs.providers.local.words import shared_words
from python_jobs.providers.packing import by_count
from python_jobs.providers.prototypes import category_texts, prototype, unit
from python_jobs.providers.rationales import shortened
from python_jobs.settings import LOCAL_EMBEDDING_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from python_jobs.providers.base import Taxonomy, Vectors
    from python_jobs.providers.protocols import Item

SLOPE = 7.7
INTERCEPT = 0.1
THRESHOLD = 0.25
"""The confidence from which a category counts: near the best micro-F1 in the benchmark."""
FLOOR = 0.15
"""The score below which none counts: with few categories chance alone makes one likely enough.

Measured on 5 intents of clinc150 with as many texts that belong nowhere: micro-F1 0.56 to 0.75.
"""
LEAST = 0.2
"""Where no category reaches the threshold, the best one counts from this score on.

Most feedback is about something, so a best guess beats none.
"""
WORDS = 0.1
"""What a word adds that the text shares with one category alone (cosines reach about 0.6)."""
MARGIN = 0.5
"""Share of the distance to the best category that is taken off a score.

Measured with WORDS, the threshold chosen on one half of the texts and judged on the other, both
ways (`docs/tagging.md` has the table): micro-F1 0.51 to 0.54 on nhs_fft, 0.58 to 0.61 on the
demo's feedback, 0.75 to 0.82 on 20 intents of clinc150.
"""
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


@dataclass(frozen=True)
class Match:
    """A text and how well each category fits it.

    Attributes:
        sentences: of the text.
        cosines: their nearness, shape (sentences, categories).
        scores: of the text, shape (categories,).
    """

    sentences: tuple[str, ...]
    cosines: Vectors
    scores: Vectors

    def sentence_for(self, category: int) -> str | None:
        """The sentence that fits the category best: the tag's rationale."""
        return shortened(self.sentences[int(self.cosines[:, category].argmax())]) or None


class LocalTagger:
    """A `Tagger`; one instance serves all threads.

    Raises:
        ConfigurationError: the extra `local` is not installed.
    """

    provider = "local"
    model = LOCAL_EMBEDDING_MODEL
    max_batch = 256
    prompt_hash = content_hash(
        [3, SLOPE, INTERCEPT, THRESHOLD, FLOOR, LEAST, WORDS, MARGIN, MAX_PIECES, BACKGROUND]
    )

    def __init__(self) -> None:
        model.load()

    def batches(
        self,
        items: Iterable[Item],
        text_of: Callable[[Item], str],  # noqa: ARG002 - no text can touch another here
        size: int,
    ) -> Iterator[tuple[Item, ...]]:
        """Cut the items into batches of `size`."""
        return by_count(items, min(size, self.max_batch))

    def tag_batch(self, items: Sequence[tuple[str, str]], taxonomy: Taxonomy) -> Taggings:
        """Tag the items; stock phrases ("n/a", "ok") and texts without a letter get no tag."""
        start = time.perf_counter()
        found = matches([text for _, text in items], taxonomy)
        results = tuple(
            TagResult(item_id, () if is_stock_phrase(text) else _tags(match, taxonomy))
            for (item_id, text), match in zip(items, found, strict=True)
        )
        return Taggings(results, Usage(latency_seconds=time.perf_counter() - start))


def matches(texts: Sequence[str], taxonomy: Taxonomy) -> list[Match]:
    """How well each text fits each category, and by which of its sentences."""
    pieces = [sentences(text) for text in texts]
    flat = [piece for group in pieces for piece in group]
    if not flat:
        return []
    cosines = model.load().embed(flat) @ directions(taxonomy).T
    starts = np.cumsum([0, *(len(group) for group in pieces[:-1])])
    total = combined(np.maximum.reduceat(cosines, starts), shared_words(texts, taxonomy))
    by_text = zip(pieces, np.split(cosines, starts[1:]), total, strict=True)
    return [Match(tuple(group), own, score) for group, own, score in by_text]


def similarities(texts: Sequence[str], taxonomy: Taxonomy) -> Vectors:
    """Scores, at most 1.1, shape (texts, categories): steps 2 and 3 of the module's method."""
    found = [match.scores for match in matches(texts, taxonomy)]
    return np.array(found, dtype=np.float32).reshape(len(texts), len(taxonomy.categories))


def combined(cosines: Vectors, shared: Vectors) -> Vectors:
    """Step 3 from the largest cosines and the shared words, all of shape (texts, categories)."""
    near = cosines + WORDS * shared
    total: Vectors = near - MARGIN * (near.max(axis=1, keepdims=True) - near)
    return total


def confidences(scores: Vectors) -> Vectors:
    """Step 4: the probability of each category, shape (texts, categories)."""
    logits = SLOPE * scores - math.log(scores.shape[1]) + INTERCEPT
    chances: Vectors = 1 / (1 + np.exp(-logits))
    return chances


def decided(
    scores: Vectors, threshold: float = THRESHOLD, least: float = LEAST
) -> NDArray[np.bool_]:
    """Step 5: which categories count, of the same shape."""
    counts = (confidences(scores) >= threshold) & (scores >= FLOOR)
    best = (scores == scores.max(axis=1, keepdims=True)) & (scores >= least)
    found: NDArray[np.bool_] = counts | (best & ~counts.any(axis=1, keepdims=True))
    return found


@lru_cache(maxsize=8)
def directions(taxonomy: Taxonomy) -> Vectors:
    """Step 1: unit vectors, shape (categories, dimensions)."""
    embed = model.load().embed
    own = np.stack([prototype(embed(category_texts(entry))) for entry in taxonomy.categories])
    background = unit(embed(BACKGROUND).mean(axis=0))
    mean = (own.sum(axis=0) + background) / (len(own) + 1)
    return unit(own - mean)


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


def _tags(match: Match, taxonomy: Taxonomy) -> tuple[Tag, ...]:
    chances = confidences(match.scores[None, :])[0]
    tags = [
        Tag(taxonomy.names[place], round(float(chances[place]), 4), match.sentence_for(place))
        for place in np.flatnonzero(decided(match.scores[None, :])[0]).tolist()
    ]
    return tuple(sorted(tags, key=lambda tag: (-tag.confidence, tag.category)))
