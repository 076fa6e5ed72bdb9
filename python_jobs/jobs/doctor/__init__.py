"""`insights doctor`: look at everything a run needs, and name the fix for what is wrong.

Nothing is changed unless asked for (`repair`), nothing that is a secret is shown, and no check
keeps another from being made: it is for the day when nothing works.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.jobs.doctor import (
    configuration,
    database,
    dbt_profile,
    feedback_table,
    machine,
    source,
    sqlserver,
    vector_store,
)
from python_jobs.jobs.doctor.check import Check, guarded
from python_jobs.storage.warehouse_address import is_sqlserver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.errors import ConfigurationError
    from python_jobs.settings import Settings

__all__ = ["Check", "examine"]


def examine(
    settings: Settings, problem: ConfigurationError | None = None, *, repair: bool = False
) -> Iterator[Check]:
    """All checks, in the order in which one rests on the other.

    Args:
        settings: what can be used of them.
        problem: what cannot.
        repair: mend what no rerun mends.
    """
    yield from guarded("machine", lambda: machine.checks(settings))
    yield from guarded("settings", lambda: configuration.checks(settings, problem))
    if not is_sqlserver():
        yield from guarded("database", lambda: database.checks(settings))
    yield from guarded("vectors", lambda: vector_store.checks(settings, repair=repair))
    if not is_sqlserver():
        yield from guarded("dbt role", lambda: database.dbt_role(settings))
    yield from guarded("dbt profile", lambda: dbt_profile.checks(settings))
    yield from guarded("sqlserver target", lambda: sqlserver.checks(settings))
    yield from guarded("feedback table", lambda: feedback_table.checks(settings))
    yield from guarded("source", lambda: source.checks(settings))
