"""Names that differ among siblings, whoever gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from python_jobs.providers.base import ClusterEvidence


def distinct(
    names: Sequence[str], evidence: Sequence[ClusterEvidence], taken: Collection[str] = ()
) -> list[str]:
    """Change names until no two are equal, whatever their case.

    A name that occurs before, or among `taken`, gets the first of its cluster's keywords that
    tells it apart, else a number: "Late delivery (courier)", "Late delivery (2)".

    Args:
        names: one for each cluster of `evidence`.
        evidence: siblings, in order; the first keeps its name.
        taken: names of siblings that were named before.
    """
    used = {_folded(name) for name in taken}
    result = []
    for name, cluster in zip(names, evidence, strict=True):
        chosen = next(other for other in _variants(name, cluster) if _folded(other) not in used)
        used.add(_folded(chosen))
        result.append(chosen)
    return result


def _variants(name: str, cluster: ClusterEvidence) -> Iterator[str]:
    yield name
    for keyword in cluster.keywords:
        if keyword.strip() and _folded(keyword) not in _folded(name):
            yield f"{name} ({keyword.strip()})"
    number = 2
    while True:
        yield f"{name} ({number})"
        number += 1


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
