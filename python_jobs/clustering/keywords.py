"""Keywords of clusters by class-based TF-IDF (Grootendorst 2022, BERTopic).

Each group of texts is one class. A term's weight is its share of the class's terms times
log(1 + A / f), with A the terms of an average class and f the term's count over all classes.
Unlike BERTopic a term counts once a text, so that one long or repetitive text does not name
its cluster.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from python_jobs.clustering.stopwords import AMBIGUOUS, ENGLISH_ONLY, FOREIGN, STOP_WORDS
from python_jobs.clustering.tree import ROOT, lineage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from python_jobs.clustering.tree import ClusterTree

_UNWANTED = re.compile(
    r"<[^<>]{1,300}>"  # markup
    r"|(?:https?://|www\.)\S+"
    r"|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}"
)
_WORD = re.compile(r"\w+(?:['-]\w+)*")
_ELISION = re.compile(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quelqu)'(?=\w)")
_APOSTROPHES = str.maketrans("’‘ʼ´`", "'''''")
_LENGTHS = range(2, 41)
_PLURALS = ("s", "es", "e", "n", "en", "x")

REPLACED_SHARE = 0.6
"""A pair stands for a word of its own if it is in at least this share of the word's texts."""

RARE_FROM_TEXTS = 2_000
"""From so many texts on, a term of a single text is no keyword; it bounds the vocabulary."""


@dataclass(frozen=True)
class Keyword:
    """A word or a pair of words, with its class-based TF-IDF weight in one group."""

    term: str
    score: float


def keywords(
    texts: Sequence[str],
    groups: Sequence[str],
    top: int = 10,
    weights: Sequence[int] | NDArray[np.int64] | None = None,
) -> dict[str, list[Keyword]]:
    """Say what tells each group from the other groups.

    Args:
        texts: n texts in any language; English, German and French function words are left out,
            as are numbers, anything with a digit, addresses and markup.
        groups: (n) the group of each text, such as a cluster path.
        top: keywords a group at most.
        weights: (n) how often each text was sent; once if None.

    Returns:
        For each group the keywords by falling score, ties by words before pairs, then in
        alphabetical order; an empty list for a group without content words.
    """
    names = sorted(set(groups))
    place = {name: i for i, name in enumerate(names)}
    codes = np.array([place[group] for group in groups], dtype=np.int64)
    terms, presence = _presence(texts)
    counts = _counts(presence, codes, len(names), weights)
    return {name: _pick(terms, counts, i, top) for name, i in place.items()}


def tree_keywords(
    tree: ClusterTree,
    texts: Sequence[str],
    top: int = 10,
    weights: Sequence[int] | NDArray[np.int64] | None = None,
) -> dict[str, list[Keyword]]:
    """Keywords of every cluster of a tree, each against its siblings (noise is one of them)."""
    terms, presence = _presence(texts)
    found: dict[str, list[Keyword]] = {}
    lineages = {path: lineage(path) for path in set(tree.labels)}
    for parent in (ROOT, *(cluster.path for cluster in tree.clusters if not cluster.is_leaf)):
        siblings = [cluster.path for cluster in tree.children(parent)]
        place = {path: i for i, path in enumerate(siblings)}
        depth = parent.count(".")
        rows = tree.members(parent)
        codes = np.array([place[lineages[tree.labels[row]][depth]] for row in rows], dtype=np.int64)
        inside = None if weights is None else np.asarray(weights)[rows]
        counts = _counts(presence[rows], codes, len(siblings), inside)
        found |= {path: _pick(terms, counts, i, top) for path, i in place.items()}
    return found


def words(text: str) -> Iterator[str | None]:
    """The content words of a text in order; None where a chain of words breaks.

    Lower case, composed, without French elisions and English possessives. Stop words, words
    with a digit and punctuation break a chain, so that pairs are words that stood together.
    """
    text = html.unescape(_UNWANTED.sub(" . ", text)).translate(_APOSTROPHES)
    text = _UNWANTED.sub(" . ", unicodedata.normalize("NFKC", text)).lower()
    found = list(_WORD.finditer(text))
    stop_words = _stop_words({match.group() for match in found})
    end = 0
    for match in found:
        if text[end : match.start()].strip():
            yield None
        end = match.end()
        yield _content_word(match.group(), stop_words)


def _stop_words(present: set[str]) -> frozenset[str]:
    """`AMBIGUOUS` words stay content unless the text has more foreign than English words."""
    if present.isdisjoint(AMBIGUOUS) or len(present & FOREIGN) > len(present & ENGLISH_ONLY):
        return STOP_WORDS
    return STOP_WORDS - AMBIGUOUS


def _content_word(word: str, stop_words: frozenset[str]) -> str | None:
    if word in stop_words:
        return None
    word = _ELISION.sub("", word).removesuffix("'s")
    if word in stop_words or len(word) not in _LENGTHS or "_" in word:
        return None
    return None if any(sign.isnumeric() for sign in word) else word


def _terms(text: str) -> set[str]:
    found: set[str] = set()
    before: str | None = None
    for word in words(text):
        if word is not None:
            found.add(word)
            if before is not None and before != word:
                found.add(f"{before} {word}")
        before = word
    return found


def _presence(texts: Sequence[str]) -> tuple[list[str], sparse.csr_matrix]:
    """All terms in alphabetical order, and (n, terms) 1 where a text holds a term."""
    held = [_terms(text) for text in texts]
    seen: dict[str, int] = {}
    for text_terms in held:
        for term in text_terms:
            seen[term] = seen.get(term, 0) + 1
    fewest = 2 if len(texts) >= RARE_FROM_TEXTS else 1
    terms = sorted(term for term, count in seen.items() if count >= fewest)
    column = {term: i for i, term in enumerate(terms)}
    columns = [sorted(column[t] for t in text_terms if t in column) for text_terms in held]
    ends = np.cumsum([0, *map(len, columns)])
    flat = np.fromiter(_flat(columns), dtype=np.int64, count=int(ends[-1]))
    ones = np.ones(len(flat), dtype=np.int64)
    return terms, sparse.csr_matrix((ones, flat, ends), shape=(len(held), len(terms)))


def _flat(lists: Iterable[list[int]]) -> Iterator[int]:
    for items in lists:
        yield from items


def _counts(
    presence: sparse.csr_matrix,
    codes: NDArray[np.int64],
    groups: int,
    weights: Sequence[int] | NDArray[np.int64] | None,
) -> sparse.csr_matrix:
    """(groups, terms) texts of each group that hold each term, each text by its weight."""
    n = len(codes)
    worth = np.ones(n, dtype=np.int64) if weights is None else np.asarray(weights, dtype=np.int64)
    sums = sparse.csr_matrix((worth, (codes, np.arange(n))), shape=(groups, n))
    return (sums @ presence).tocsr()


def _pick(terms: Sequence[str], counts: sparse.csr_matrix, group: int, top: int) -> list[Keyword]:
    row = counts[group]
    if row.nnz == 0:
        return []
    everywhere = np.asarray(counts.sum(axis=0)).ravel()
    average = everywhere.sum() / counts.shape[0]
    scores = row.data / row.data.sum() * np.log1p(average / everywhere[row.indices])
    ranked = sorted(
        (
            (-round(float(score), 12), terms[column], int(count))
            for score, column, count in zip(scores, row.indices, row.data, strict=True)
        ),
        key=lambda entry: (entry[0], " " in entry[1], entry[1]),
    )
    return _without_repeats(ranked, top)


def _without_repeats(ranked: list[tuple[float, str, int]], top: int) -> list[Keyword]:
    """Take terms by rank, each thing once.

    A word gives way to the pair that it mostly occurs in ("waiting" to "waiting time"). A term
    is left out if it is a plural or singular of one already taken, a word of a pair already
    taken, or a pair whose words are both taken.
    """
    pairs: dict[str, tuple[int, int]] = {}
    for rank, (_, term, count) in enumerate(ranked):
        for word in term.split(" ") if " " in term else ():
            if count > pairs.get(word, (0, 0))[0]:
                pairs[word] = (count, rank)
    taken: list[Keyword] = []
    for entry in ranked:
        score, term, count = entry
        common, rank = pairs.get(term, (0, 0))
        if common >= 2 and common >= REPLACED_SHARE * count:
            term = ranked[rank][1]
        if not _is_said(term, [keyword.term for keyword in taken]):
            taken.append(Keyword(term, -score))
        if len(taken) == top:
            break
    return taken


def _is_said(term: str, taken: Sequence[str]) -> bool:
    parts = term.split(" ")
    if len(parts) == 1:
        return any(_is_alike(term, part) for other in taken for part in other.split(" "))
    if any(all(map(_is_alike, parts, other.split(" "))) for other in taken if " " in other):
        return True
    return all(any(_is_alike(part, other) for other in taken if " " not in other) for part in parts)


def _is_alike(one: str, other: str) -> bool:
    """Same word, or forms that differ by a plural ending only."""
    short, long = sorted((one, other), key=len)
    if short == long:
        return True
    if len(short) < 4:  # "car" and "care" are two words
        return False
    if short.endswith("y") and long == f"{short[:-1]}ies":
        return True
    return long.startswith(short) and long[len(short) :] in _PLURALS
