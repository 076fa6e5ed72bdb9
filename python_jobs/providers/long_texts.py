"""Texts that are longer than the model reads: cut into parts whose vectors are averaged.

After the OpenAI cookbook, "Embedding texts that are longer than the model's maximum context
length": parts are embedded one by one, and their mean, weighted by tokens, is scaled to length
1. The cookbook cuts after any token; here a cut falls between sentences, else between words,
and inside a word only where the word alone is too long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from python_jobs.providers.tokens import count_tokens, encodable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_jobs.providers.base import Vectors
    from python_jobs.settings import LongTexts

_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
_WORD = re.compile(r"\s+")
_FINENESS = 8
"""A word that is too long is halved down to an eighth of a part, so that parts fill up well."""


@dataclass(frozen=True)
class Inputs:
    """Texts as they are sent.

    Attributes:
        texts: what is sent: a text as it is, or the parts of a long one.
        tokens: of each of `texts`.
        rows: for each original text its positions in `texts`.
        marks: for each original text None, "averaged:N" or "truncated".
    """

    texts: tuple[str, ...]
    tokens: tuple[int, ...]
    rows: tuple[range, ...]
    marks: tuple[str | None, ...]


def prepare(texts: Sequence[str], model: str, limit: int, long_texts: LongTexts) -> Inputs:
    """Cut what is longer than `limit` tokens into parts, or keep its first part only.

    No text may be blank: blank parts are left out, and nothing would be left of it.
    """
    sent: list[str] = []
    tokens: list[int] = []
    rows: list[range] = []
    marks: list[str | None] = []
    for text, count in zip(texts, count_tokens(texts, model), strict=True):
        mark = None
        pieces = [(encodable(text), count)]
        if count > limit:
            found = parts(text, model, limit)
            pieces = list(found) if long_texts == "average" else [next(found)]
            mark = f"averaged:{len(pieces)}" if long_texts == "average" else "truncated"
        rows.append(range(len(sent), len(sent) + len(pieces)))
        sent += [piece for piece, _ in pieces]
        tokens += [size for _, size in pieces]
        marks.append(mark)
    return Inputs(tuple(sent), tuple(tokens), tuple(rows), tuple(marks))


def join(inputs: Inputs, vectors: Vectors) -> Vectors:
    """One vector a text from one an input: float32 of shape (texts, dimensions).

    A text that was sent whole keeps its vector to the bit.
    """
    if all(len(rows) == 1 for rows in inputs.rows):
        return vectors
    weights = np.array(inputs.tokens, dtype=np.float64)
    joined = np.empty((len(inputs.rows), vectors.shape[1]), dtype=np.float32)
    for position, rows in enumerate(inputs.rows):
        if len(rows) == 1:
            joined[position] = vectors[rows.start]
            continue
        part = slice(rows.start, rows.stop)
        mean = np.average(vectors[part], axis=0, weights=weights[part])
        length = np.linalg.norm(mean)
        joined[position] = mean / length if length > 0 else 0  # caught by `check_vectors`
    return joined


def parts(text: str, model: str, limit: int) -> Iterator[tuple[str, int]]:
    """Parts of at most `limit` tokens with their tokens, as few as greedy filling gives.

    Together they hold every character of the text but white space at the cuts.
    """
    text = encodable(text)
    part, size = "", 0
    for piece, tokens in _pieces(text, model, limit, 0):
        if part and size + tokens > limit:
            yield from _closed(part, model, limit)
            part, size = "", 0
        part, size = part + piece, size + tokens
    yield from _closed(part, model, limit)


def _closed(part: str, model: str, limit: int) -> Iterator[tuple[str, int]]:
    """The part without outer white space; halved where its pieces count more together."""
    part = part.strip()
    if not part:
        return
    (size,) = count_tokens([part], model)
    if size <= limit or len(part) == 1:
        yield part, size
        return
    for half in _halves(part):
        yield from _closed(half, model, limit)


def _pieces(text: str, model: str, limit: int, level: int) -> Iterator[tuple[str, int]]:
    """The text in pieces that fit a part: sentences, where needed words, where needed less."""
    cut = (_sentences, _words, _halves)[level]
    largest = limit if level < 2 else max(1, limit // _FINENESS)
    pieces = cut(text)
    for piece, size in zip(pieces, count_tokens(pieces, model), strict=True):
        if size <= largest or len(piece) == 1:
            yield piece, size
        else:
            yield from _pieces(piece, model, limit, min(level + 1, 2))


def _sentences(text: str) -> list[str]:
    return _cut(_SENTENCE, text)


def _words(text: str) -> list[str]:
    return _cut(_WORD, text)


def _cut(pattern: re.Pattern[str], text: str) -> list[str]:
    """The text in pieces, cut before what the pattern finds, nothing left out.

    White space begins a piece and does not end one: " word" is one token, "word " is two.
    """
    starts = [0, *(match.start() for match in pattern.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(starts) if start < end]


def _halves(text: str) -> list[str]:
    middle = len(text) // 2
    return [text[:middle], text[middle:]]
