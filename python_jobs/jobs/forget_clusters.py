"""Clear erased feedback out of clusters: exemplars, keywords, and what names say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from python_jobs.clustering.keywords import words
from python_jobs.clustering.tree import lineage
from python_jobs.providers.base import ClusterEvidence
from python_jobs.providers.local.namer import LocalNamer
from python_jobs.storage import erased_clusters as store
from python_jobs.storage.erased_clusters import NamedCluster, NewName, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    import sqlalchemy as sa

RUN_OF_WORDS = 5
"""A name or summary that shares so many words in a row with an erased text quotes it."""
FEWEST_WORDS = 3
"""A text shorter than `RUN_OF_WORDS` counts as quoted as a whole, from so many words on."""
FEWEST_SIGNS = 8
"""The same for scripts that put no space between words: characters of the whole text."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Touched:
    """Clusters that an erasure reaches, found before anything is deleted.

    Attributes:
        members: lost a text, they or a cluster below them.
        evidence: a text that stood for them goes, or its spelling does.
        texts: what the erased wrote, where nobody else has it to the letter.
    """

    members: frozenset[Place]
    evidence: frozenset[Place]
    texts: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class ClusterCounts:
    """What was done to clusters.

    Attributes:
        keywords: dropped, because no remaining text has them.
        memberless: have no member left that they were made from.
        leaning: were given other words; all of them say keywords only.
        unnamed: of these, whose name went too.
    """

    keywords: int
    memberless: frozenset[Place]
    leaning: frozenset[Place]
    unnamed: frozenset[Place]


def find_touched(connection: sa.Connection, spellings: Sequence[tuple[str, str]]) -> Touched:
    """Find what an erasure reaches; `spellings` are (content hash, text)."""
    placed = store.places_of_gone_texts(connection)
    return Touched(
        members=frozenset(_with_ancestors(placed)),
        evidence=frozenset(store.places_of_evidence(connection, {each[0] for each in spellings})),
        texts=tuple(sorted({each[1] for each in spellings})),
    )


def clear(
    connection: sa.Connection, touched: Touched, at: datetime, job_run_id: str
) -> ClusterCounts:
    """Clear the clusters after the erasure's deletions, in the same transaction."""
    store.close_exemplar_ranks(connection, touched.evidence)
    run_ids = sorted({run_id for run_id, _ in touched.members})
    alive = _with_ancestors(store.read_member_places(connection, run_ids))
    dropped: dict[Place, set[str]] = {}
    for run_id in run_ids:
        paths = {path for run, path in touched.members if run == run_id}
        unsaid = _unsaid_keywords(connection, run_id, paths)
        store.drop_keywords(connection, run_id, unsaid)
        dropped |= {(run_id, path): keywords for path, keywords in unsaid.items()}
    leaning, unnamed = _rename(connection, touched, dropped, at, job_run_id)
    memberless = touched.members - alive
    return ClusterCounts(sum(map(len, dropped.values())), memberless, leaning, unnamed)


def quoting(said: Mapping[Place, str], texts: Iterable[str]) -> set[Place]:
    """Where what is said repeats one of the texts, or `RUN_OF_WORDS` words in a row of one.

    Case and punctuation do not count. A name of one or two words is no quote of a longer text.
    """
    runs: dict[tuple[str, ...], set[Place]] = {}
    for key, value in said.items():
        for size in range(FEWEST_WORDS, RUN_OF_WORDS + 1):
            for run in _runs(_words(value), size):
                runs.setdefault(run, set()).add(key)
    folded = {key: value.casefold() for key, value in said.items()}
    found: set[Place] = set()
    for text in texts:
        spelled = _words(text)
        if len(spelled) >= FEWEST_WORDS:
            for run in _runs(spelled, min(len(spelled), RUN_OF_WORDS)):
                found |= runs.get(run, set())
        elif len(text.strip()) >= FEWEST_SIGNS:
            whole = text.strip().casefold()
            found |= {key for key, value in folded.items() if whole in value}
    return found


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _runs(spelled: Sequence[str], size: int) -> Iterable[tuple[str, ...]]:
    return (tuple(spelled[at : at + size]) for at in range(len(spelled) - size + 1))


def _with_ancestors(places: Iterable[Place]) -> set[Place]:
    return {(run_id, above) for run_id, path in places for above in lineage(path)}


def _unsaid_keywords(
    connection: sa.Connection, run_id: str, paths: Collection[str]
) -> dict[str, set[str]]:
    """Keywords of these clusters that no remaining member's text holds.

    Reading ends as soon as every keyword has been met, which mostly takes a few texts.
    """
    open_ = {
        path: set(found)
        for path, found in store.read_keywords(connection, run_id).items()
        if path in paths
    }
    if not open_:
        return {}
    for deepest, text in store.read_member_texts(connection, run_id):
        for path in lineage(deepest):
            unmet = open_.get(path)
            if unmet:
                unmet -= {each for each in unmet if f" {each} " in _spelled(text)}
        if not any(open_.values()):
            break
    return {path: unmet for path, unmet in open_.items() if unmet}


@lru_cache(maxsize=1)
def _spelled(text: str) -> str:
    """The text's content words as keywords spell them; a full stop where a chain breaks."""
    return f" {' '.join(word or '.' for word in words(text))} "


def _rename(
    connection: sa.Connection,
    touched: Touched,
    dropped: dict[Place, set[str]],
    at: datetime,
    job_run_id: str,
) -> tuple[frozenset[Place], frozenset[Place]]:
    """Say nothing but keywords of clusters that leaned on the erased; keep names that do not.

    Returns:
        These clusters, and those of them that lost their name.
    """
    named = {each.place: each for each in store.read_named(connection)}
    said = {place: f"{each.cluster_name}\n{each.summary}" for place, each in named.items()}
    leaning = quoting(said, touched.texts) | touched.evidence | set(dropped)
    # A name that was carried over leans on what it was made from, in whatever run that is.
    leant = {said[place] for place in leaning if place in said}
    leaning |= {place for place, words in said.items() if words in leant}
    chosen = [each for place, each in named.items() if place in leaning]
    in_name = quoting({each.place: each.cluster_name for each in chosen}, touched.texts)
    names = {place: each.cluster_name for place, each in named.items()}
    keywords = {
        run_id: store.read_keywords(connection, run_id)
        for run_id in sorted({each.run_id for each in chosen})
    }
    new, unnamed = [], set()
    for each in chosen:
        left = keywords[each.run_id].get(each.cluster_path, [])
        gone = dropped.get(each.place, set())
        keeps = bool(left) and each.place not in in_name and not _holds(each.cluster_name, gone)
        fresh = _from_keywords(each, left, names, keeps=keeps)
        names[each.place] = fresh.cluster_name
        if not keeps:
            unnamed.add(each.place)
        new.append(fresh)
    store.rename(
        connection,
        new,
        at=at,
        job_run_id=job_run_id,
        provider=LocalNamer.provider,
        model=LocalNamer.model,
        prompt_hash=LocalNamer.prompt_hash,
    )
    return frozenset(each.place for each in new), frozenset(unnamed)


def _holds(name: str, keywords: Collection[str]) -> bool:
    spelled = f" {' '.join(_words(name))} "
    return any(f" {' '.join(_words(keyword))} " in spelled for keyword in keywords)


def _from_keywords(
    cluster: NamedCluster, keywords: Sequence[str], names: dict[Place, str], *, keeps: bool
) -> NewName:
    """What the local namer says without exemplars, so that nobody is quoted."""
    siblings = [
        name
        for (run_id, path), name in names.items()
        if run_id == cluster.run_id
        and path != cluster.cluster_path
        and path.rpartition(".")[0] == cluster.parent_path
    ]
    evidence = ClusterEvidence(
        path=cluster.cluster_path,
        size=cluster.count_feedback,
        keywords=tuple(keywords),
        exemplars=(),
        parent_name=None,
    )
    (given,) = LocalNamer().name_siblings([evidence], siblings).names
    name = cluster.cluster_name if keeps else given.name
    return NewName(cluster.place, name, given.summary)
