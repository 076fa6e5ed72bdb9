"""What stands for a category when texts are compared with it by their vectors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from python_jobs.providers.base import Category, Vectors


_JOINTS = re.compile(r"[&,/]| and | or ")

# What says that a category holds opinions rather than a subject, and what opinions sound like.
_ANY = frozenset(("general", "overall"))
_GOOD = frozenset(
    [
        "positive",
        "praise",
        "satisfaction",
        "gratitude",
        "thanks",
        "compliment",
        "compliments",
        "appreciation",
    ]
)
_BAD = frozenset(["negative", "dissatisfaction", "complaint", "complaints", "criticism"])
PRAISE = (
    "Very good, thank you.",
    "Excellent, I am very happy.",
    "Everything was great.",
    "I would recommend it to everyone.",
)
BLAME = (
    "Very bad.",
    "Terrible, I am very unhappy.",
    "It was not as it should be.",
    "I would not recommend it to anyone.",
)


def category_texts(category: Category) -> list[str]:
    """Its name with its description, then its examples.

    Where there is nothing but a name (the description may repeat it), the parts of one that lists
    several things ("Staff manner & attitude") stand for examples, and so do stock opinions where
    it names no subject ("General", "Positive experience").
    """
    name, description = category.category.replace("_", " "), category.description.strip()
    if description and description.rstrip(".").casefold() != name.casefold():
        return [f"{name}: {description}", *category.examples]
    return [name, *(category.examples or (*_parts(name), *_opinions(name)))]


def _parts(name: str) -> list[str]:
    parts = [part.strip() for part in _JOINTS.split(name) if part.strip()]
    return parts if len(parts) > 1 else []


def _opinions(name: str) -> list[str]:
    words = frozenset(re.findall(r"\w+", name.casefold()))
    praise = PRAISE if words & (_ANY | _GOOD) else ()
    blame = BLAME if words & (_ANY | _BAD) else ()
    return [*praise, *blame]


def prototype(vectors: Vectors) -> Vectors:
    """One unit vector of those of `category_texts`, in their order.

    The description weighs as much as all examples together.
    """
    examples = unit(vectors[1:]).mean(axis=0) if len(vectors) > 1 else 0.0
    return unit(unit(vectors[0]) + examples)


def unit(vectors: Vectors) -> Vectors:
    """The vectors with length 1."""
    made: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return made
