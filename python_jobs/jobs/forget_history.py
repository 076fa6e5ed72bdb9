"""Clear erased feedback out of history: what clusters were called, and models of past days."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import sqlalchemy as sa

from python_jobs.jobs.forget_clusters import quoting
from python_jobs.storage import dialects
from python_jobs.storage import erased_history as store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from python_jobs.jobs.forget_clusters import ClusterCounts
    from python_jobs.settings import Settings


def clear(
    connection: sa.Connection, settings: Settings, texts: Sequence[str], clusters: ClusterCounts
) -> list[str]:
    """Clear history after the clusters of now; return what this role may not write.

    Models of past days are copies that nobody rebuilds: they go as a whole, and the next build
    with `as_of` makes them again. Of what clusters were called, a version is emptied where it
    quotes, or where the cluster's words of now leaned on the erased: what an earlier version
    leaned on is not kept, and marts then say what they say now.
    """
    steps = {store.history_name(): partial(_empty, connection, settings, texts, clusters)}
    for schema in store.past_schemas(connection, settings):
        steps[schema] = partial(store.drop_schema, connection, schema)
    return [name for name, step in steps.items() if not _allowed(connection, step)]


def _empty(
    connection: sa.Connection, settings: Settings, texts: Sequence[str], clusters: ClusterCounts
) -> None:
    versions = store.read_versions(connection, settings)
    if not versions:
        return
    leaning = store.keys_of(connection, clusters.leaning)
    unnamed = store.keys_of(connection, clusters.unnamed)
    # `quoting` tells places apart, which are pairs
    said = {("", each.version_id): f"{each.cluster_name}\n{each.summary}" for each in versions}
    in_names = quoting({("", each.version_id): each.cluster_name for each in versions}, texts)
    quotes = {version_id for _, version_id in quoting(said, texts)}
    names = {version_id for _, version_id in in_names}
    store.empty_versions(
        connection,
        quotes | {each.version_id for each in versions if each.cluster_key in leaning},
        names | {each.version_id for each in versions if each.cluster_key in unnamed},
    )


def _allowed(connection: sa.Connection, do: Callable[[], None]) -> bool:
    """Do it, unless the role may not."""
    try:
        with connection.begin_nested():
            do()
    except sa.exc.DBAPIError as error:
        if not dialects.of(connection).is_denied(error.orig or error):
            raise
        return False
    return True
