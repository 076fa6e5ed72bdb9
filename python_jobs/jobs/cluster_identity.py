"""Find the clusters of the published run in a new one: their keys, what changed, their names."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from python_jobs.clustering.changes import Change, changes
from python_jobs.clustering.identity import Identity, identify, new_keys
from python_jobs.clustering.overlap import is_proper
from python_jobs.clustering.tree import ROOT
from python_jobs.logs import logger
from python_jobs.storage.cluster_trees import ClusterEvent, StoredTree, read_published

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy as sa

    from python_jobs.storage.cluster_runs import Row, RunRows

STRONGEST = 5
KEPT_KEYWORDS = 0.8
"""A name stands while so many of the earlier `STRONGEST` keywords are among the later ones.

Four of five: on the demo's feedback, below that a name said what its cluster no longer was.
"""
NAMING = (
    "cluster_name",
    "summary",
    "named_by_provider",
    "named_by_model",
    "prompt_hash",
    "named_at",
)


def with_identity(connection: sa.Connection, rows: RunRows, weights: Mapping[str, int]) -> RunRows:
    """Add to a run's rows what ties it to the published run: keys, events, continuity, names.

    Args:
        connection: in the transaction that will write the rows.
        rows: of a new run.
        weights: how many feedback say each of its texts, by content hash.
    """
    run_id = str(rows.run["run_id"])
    paths = [str(row["cluster_path"]) for row in rows.clusters]
    previous = read_published(connection)
    if previous is None:
        return replace(rows, clusters=_named(rows.clusters, new_keys(paths, run_id), {}))
    labels = {str(row["content_hash"]): str(row["cluster_path"]) for row in rows.assignments}
    found = identify(previous.labels, previous.keys, labels, weights, run_id)
    names = carried_names(previous, found, _keywords(rows.keywords))
    told = changes(previous.clusters, paths, found)
    _say(previous, found, len(names))
    return replace(
        rows,
        run={
            **rows.run,
            "previous_run_id": previous.run_id,
            "continuity": found.continuity,
        },
        clusters=_named(rows.clusters, found.keys, names),
        events=[
            {
                "run_id": run_id,
                "previous_run_id": previous.run_id,
                "event_number": number,
                **asdict(event),
            }
            for number, event in enumerate(events(told, previous.keys, found.keys), 1)
        ],
    )


def events(
    told: Sequence[Change], old_keys: Mapping[str, str], keys: Mapping[str, str]
) -> list[ClusterEvent]:
    """The changes with the keys of both sides."""
    return [
        ClusterEvent(
            event=each.event,
            cluster_key=keys.get(each.path or ""),
            cluster_path=each.path,
            previous_cluster_key=old_keys.get(each.previous_path or ""),
            previous_cluster_path=each.previous_path,
            count_feedback=each.count_feedback,
            share_of_previous=each.share_of_previous,
            share_of_cluster=each.share_of_cluster,
            share_unseen=each.share_unseen,
            jaccard=each.jaccard,
        )
        for each in told
    ]


def carried_names(
    previous: StoredTree, found: Identity, keywords: Mapping[str, Sequence[str]]
) -> dict[str, Row]:
    """Names that stand, by new path, in the columns of `clusters`.

    A cluster that kept its key keeps name and summary while its keywords say the same
    (`KEPT_KEYWORDS`), unless an erasure asked for another name, or a larger sibling brings the
    same name along.
    """
    before = {key: path for path, key in previous.keys.items()}
    taken: set[tuple[str, str]] = set()
    names: dict[str, Row] = {}
    largest_first = sorted(found.keys, key=lambda path: (-found.overlap.total.get(path, 0), path))
    for path in largest_first:
        old = previous.clusters.get(before.get(found.keys[path], ""))
        if path == ROOT or old is None or old.named_at is None or not old.cluster_name:
            continue
        strongest = previous.keywords.get(old.cluster_path, ())
        if is_proper(path) and not still_said(strongest, keywords.get(path, ())):
            continue
        place = path.rpartition(".")[0], old.cluster_name.casefold()
        if place not in taken:
            taken.add(place)
            names[path] = {column: getattr(old, column) for column in NAMING}
    return names


def still_said(before: Sequence[str], now: Sequence[str]) -> bool:
    """Whether a name made from these keywords still fits: most of the strongest remain."""
    strongest = before[:STRONGEST]
    return len(set(strongest) & set(now)) >= KEPT_KEYWORDS * len(strongest)


def _named(clusters: Sequence[Row], keys: Mapping[str, str], names: Mapping[str, Row]) -> list[Row]:
    unnamed: Row = dict.fromkeys(NAMING)
    return [
        {
            **unnamed,
            **row,
            **names.get(str(row["cluster_path"]), {}),
            "cluster_key": keys[str(row["cluster_path"])],
        }
        for row in clusters
    ]


def _keywords(rows: Sequence[Row]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:  # by rank, as they were made
        found.setdefault(str(row["cluster_path"]), []).append(str(row["keyword"]))
    return found


def _say(previous: StoredTree, found: Identity, count_names: int) -> None:
    if found.continuity is None:
        logger.info("Identity: no text in common with the published run %s", previous.run_id)
        return
    logger.info(
        "Identity: %d of %d clusters continue one of run %s, %.1f%% of the feedback in both kept "
        "its key, %d names carried over",
        len(found.continued),
        sum(map(is_proper, found.keys)),
        previous.run_id,
        100 * found.continuity,
        count_names,
    )
