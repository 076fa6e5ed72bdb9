"""What every provider takes and gives: values at the boundary; `protocols` says who does what."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from python_jobs.errors import ConfigurationError

Vectors = NDArray[np.float32]
Sentiment = Literal["very negative", "negative", "neutral", "positive", "very positive"]
SENTIMENTS: tuple[Sentiment, ...] = get_args(Sentiment)
"""From worst to best. Mixed feedback is "neutral"."""


@dataclass(frozen=True)
class Usage:
    """What a call cost, failed attempts included.

    Attributes:
        requests: HTTP requests sent (0 for the local provider).
        input_tokens: tokens read, of which `cached_tokens` at the lower price.
        output_tokens: tokens written.
        latency_seconds: time spent waiting for answers, without the pauses between attempts.
        retries: attempts after the first.
        status: "ok", or the `status` of the error that ended the call.
        cost_usd: US dollars for what was answered; None where the price is unknown.
    """

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    latency_seconds: float = 0.0
    retries: int = 0
    status: str = "ok"
    cost_usd: Decimal | None = Decimal(0)

    def __add__(self, later: Usage) -> Usage:
        """Both together; the status is the later one's."""
        return Usage(
            requests=self.requests + later.requests,
            input_tokens=self.input_tokens + later.input_tokens,
            output_tokens=self.output_tokens + later.output_tokens,
            cached_tokens=self.cached_tokens + later.cached_tokens,
            latency_seconds=self.latency_seconds + later.latency_seconds,
            retries=self.retries + later.retries,
            status=later.status,
            cost_usd=added(self.cost_usd, later.cost_usd),
        )


def added(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    """The sum of two costs; None where one is unknown."""
    return None if first is None or second is None else first + second


@dataclass(frozen=True)
class Embeddings:
    """Vectors of one batch: float32 of shape (texts, dimensions), in the order of the texts.

    Attributes:
        marks: for each text None, or what was done because the model does not read so much:
            "averaged:3" (the vector is the mean of three parts') or "truncated". Empty where
            the provider does not say.
    """

    vectors: Vectors
    usage: Usage
    marks: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Category:
    """One entry of the taxonomy.

    Attributes:
        category: its name, unique in the taxonomy.
        description: what belongs in it, in a sentence.
        examples: feedback that belongs in it.
        parent: the group it belongs to, None at the top.
        category_hash: of all of the above, as dbt publishes it; computed here where not given.
    """

    category: str
    description: str = ""
    examples: tuple[str, ...] = ()
    parent: str | None = None
    category_hash: str = ""

    def __post_init__(self) -> None:
        if not self.category_hash:
            content = [self.category, self.description, list(self.examples), self.parent]
            object.__setattr__(self, "category_hash", content_hash(content))


@dataclass(frozen=True)
class Taxonomy:
    """The categories to choose from.

    Raises:
        ConfigurationError: no category, a nameless one, or one name twice.
    """

    categories: tuple[Category, ...]

    def __post_init__(self) -> None:
        hint = "see the seed tag_categories.csv, then run `dbt seed`"
        if not self.categories:
            raise ConfigurationError("the taxonomy has no active category", hint=hint)
        seen: set[str] = set()
        for name in self.names:
            if not name.strip():
                raise ConfigurationError("the taxonomy has a category without a name", hint=hint)
            if name.casefold() in seen:
                raise ConfigurationError(f"the taxonomy names {name!r} twice", hint=hint)
            seen.add(name.casefold())

    @property
    def names(self) -> tuple[str, ...]:
        """The categories' names, in order."""
        return tuple(category.category for category in self.categories)

    @cached_property
    def taxonomy_hash(self) -> str:
        """SHA-256 (hex) of the categories' hashes; their order does not change it."""
        return content_hash(sorted(entry.category_hash for entry in self.categories))


@dataclass(frozen=True)
class Tag:
    """A category that applies, with the probability (0 to 1) that it does.

    `rationale` is the passage of the text that shows it, to the letter but for white space; None
    where the model named none that stands in the text.
    """

    category: str
    confidence: float
    rationale: str | None = None


@dataclass(frozen=True)
class TagResult:
    """What one feedback is about; no tags where nothing in the taxonomy applies.

    Attributes:
        item_id: the id given to `tag_batch`.
        tags: most confident first, each category at most once.
        sentiment: None where the provider does not judge it.
        unfounded: rationales that did not stand in the text and were left out.
    """

    item_id: str
    tags: tuple[Tag, ...]
    sentiment: Sentiment | None = None
    unfounded: int = 0


@dataclass(frozen=True)
class Taggings:
    """One result for each item of the batch, in the order of the items."""

    results: tuple[TagResult, ...]
    usage: Usage


@dataclass(frozen=True)
class ClusterEvidence:
    """What a cluster is named from.

    Attributes:
        path: its cluster path.
        size: its members.
        keywords: its most telling words or phrases, best first.
        exemplars: texts that stand for it, the medoid first.
        parent_name: the name of the cluster it is part of.
    """

    path: str
    size: int
    keywords: tuple[str, ...] = ()
    exemplars: tuple[str, ...] = ()
    parent_name: str | None = None


@dataclass(frozen=True)
class ClusterName:
    """A cluster's name (a few words) and summary (a sentence or two)."""

    path: str
    name: str
    summary: str


@dataclass(frozen=True)
class Namings:
    """One name for each cluster, in the order of the evidence; distinct whatever the case."""

    names: tuple[ClusterName, ...]
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True)
class Rewordings:
    """One text for each sentence, in order; None where its figures or names had changed."""

    texts: tuple[str | None, ...]
    usage: Usage = field(default_factory=Usage)


def content_hash(content: object) -> str:
    """SHA-256 (hex) of JSON-like content in its canonical form."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
