"""A warehouse without pgvector, and its vectors in a second database of the same server."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import SecretStr

from tests.integration.databases import admin, fresh_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.settings import Settings
    from python_jobs.storage.embedded import ServerInfo


@contextmanager
def vectors_apart(
    server: ServerInfo, settings: Settings, template: str
) -> Iterator[tuple[Settings, Settings]]:
    """Settings for a copy of `template` with an empty database for its vectors.

    Yields:
        These settings; and settings with which `tests.integration.jobs.conftest.query` asks the
        vectors' database. In the warehouse is neither the extension nor the schema: whoever asks
        it for vectors fails.
    """
    home = server.data_dir.parent.parent
    with fresh_database(server, template) as (name, url), fresh_database(server) as (_, vectors):
        with admin(home, name) as connection:
            connection.execute("drop schema vector_store cascade")
            connection.execute("drop extension vector")
        changes = {"database_url": SecretStr(url), "vector_database_url": SecretStr(vectors)}
        own = settings.model_copy(update={"database_url": SecretStr(vectors)})
        yield settings.model_copy(update=changes), own
