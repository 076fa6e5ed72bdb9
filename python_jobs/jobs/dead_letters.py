"""What jobs gave up on: show it, and make it pending again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.storage import dead_letters
from python_jobs.storage.warehouse import Warehouse

if TYPE_CHECKING:
    from python_jobs.settings import Settings
    from python_jobs.storage.dead_letters import DeadLetter


def list_dead_letters(settings: Settings, job: str | None = None) -> list[DeadLetter]:
    """The texts that were given up, the latest first; of one job, or of all."""
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        return dead_letters.read(connection, job)


def retry_dead_letters(settings: Settings, job: str | None = None) -> int:
    """Make them pending again; how many. The next run of the job asks for them once more."""
    with Warehouse(settings) as warehouse, warehouse.transaction() as connection:
        return dead_letters.remove(connection, job)
