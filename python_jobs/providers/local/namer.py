"""Cluster names from keywords, and summaries that quote the medoid. Nothing is made up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from python_jobs.providers.base import ClusterName, Namings, content_hash
from python_jobs.providers.naming import distinct
from python_jobs.providers.validation import LONGEST_NAME, shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from python_jobs.providers.base import ClusterEvidence

KEYWORDS_IN_NAME = 3
KEYWORDS_IN_SUMMARY = 5
WORDS_FROM_EXEMPLAR = 5
LONGEST_QUOTE = 160
"""Characters."""

_STOP_WORDS = (
    "a about after all also am an and any are as at be because been before but by can did do "
    "does don for from get got had has have he her his how i if in is it its just me more my "
    "no not of off on one only or our out over she so some still than that the their them "
    "then there they this to too up us very was we were what when which who will with would "
    "you your "
    "aber als am an auch auf aus bei bin das dass dem den der des die doch ein eine einem "
    "einen einer er es für hat habe hatte ich ihr im immer in ist ja kein keine man mehr mein "
    "meine mich mir mit nach nicht noch nur oder schon sehr sich sie sind so und uns vom von "
    "war was wenn wie wir wird zu zum zur "
    "ai au aux avec bien c ce ces cette d dans de des du elle en est et eu fait il ils j je l "
    "la le les leur m ma mais me mes mon n ne nous on ont ou par pas plus pour qu que qui s "
    "sa sans se ses si son suis sur très tout trop un une vous y été à"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""Words that name nothing, in the demo's three languages."""

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class LocalNamer:
    """A `Namer` without a model: deterministic, extractive."""

    provider = "local"
    model = "keywords-and-medoid"
    prompt_hash = content_hash(
        [1, KEYWORDS_IN_NAME, KEYWORDS_IN_SUMMARY, WORDS_FROM_EXEMPLAR, LONGEST_QUOTE]
    )

    def name_siblings(
        self, evidence: Sequence[ClusterEvidence], taken: Collection[str] = ()
    ) -> Namings:
        """Name each cluster by its keywords, as in "Late delivery · courier"."""
        names = distinct([_name(cluster) for cluster in evidence], evidence, taken)
        return Namings(
            tuple(
                ClusterName(cluster.path, name, _summary(cluster))
                for cluster, name in zip(evidence, names, strict=True)
            )
        )


def telling(keywords: Sequence[str], limit: int) -> list[str]:
    """The first keywords that each add a word, best first.

    "late delivery" takes the place of "delivery" and makes "late" superfluous; "boots" adds
    nothing to "boot". Stop words alone are no keyword.
    """
    chosen: list[tuple[str, frozenset[str]]] = []
    for keyword in keywords:
        stems = _stems(keyword)
        if not stems or any(stems <= other for _, other in chosen):
            continue
        narrower = [at for at, (_, other) in enumerate(chosen) if other < stems]
        if narrower:
            chosen[narrower[0]] = (keyword, stems)
            for at in reversed(narrower[1:]):
                del chosen[at]
        elif len(chosen) < limit:
            chosen.append((keyword, stems))
    return [" ".join(keyword.split()) for keyword, _ in chosen]


def _name(cluster: ClusterEvidence) -> str:
    keywords = telling(cluster.keywords, KEYWORDS_IN_NAME)
    while len(keywords) > 1 and len(" · ".join(keywords)) > LONGEST_NAME // 2:
        keywords.pop()
    name = " · ".join(keywords) or _first_words(cluster.exemplars) or "Feedback"
    return shorten(name[0].upper() + name[1:], LONGEST_NAME)


def _first_words(exemplars: Sequence[str]) -> str:
    """The first words of the first exemplar that has some, from its first telling one on."""
    for text in exemplars:
        words = _WORD.findall(text)
        start = next((at for at, word in enumerate(words) if not _is_stop(word)), 0)
        if words:
            return " ".join(words[start : start + WORDS_FROM_EXEMPLAR])
    return ""


def _summary(cluster: ClusterEvidence) -> str:
    quote = next((text for text in cluster.exemplars if text.strip()), "")
    keywords = telling(cluster.keywords, KEYWORDS_IN_SUMMARY)
    parts = []
    if quote:
        parts.append(f"Typical feedback: “{shorten(quote, LONGEST_QUOTE)}”")
    if keywords:
        parts.append(f"Frequent words: {', '.join(keywords)}.")
    return " ".join(parts) or "No text to quote."


def _stems(keyword: str) -> frozenset[str]:
    words = (word.casefold() for word in _WORD.findall(keyword))
    return frozenset(_stem(word) for word in words if not _is_stop(word))


def _is_stop(word: str) -> bool:
    return word.casefold() in STOP_WORDS


def _stem(word: str) -> str:
    """Crude on purpose: only plurals have to meet their singular."""
    for ending in ("es", "s", "n"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            return word.removesuffix(ending)
    return word
