"""Python, libraries, drivers and disks: what can be told without any connection."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from python_jobs.errors import InsightsError
from python_jobs.jobs.doctor.check import Check, guarded, ok
from python_jobs.jobs.doctor.configured import backends_of_sqlserver, needed_extras
from python_jobs.storage.embedded import state

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from python_jobs.settings import Settings

DISTRIBUTION = "customer-insights-pipeline"
TRIED = ((3, 11), (3, 13))
"""The oldest and the newest Python that the tests run on (`pyproject.toml`)."""
LITTLE_DISK = 2 * 1024**3
"""Bytes. The demo and its environment take about one GiB."""
NO_DISK = 200 * 1024**2
"""Bytes. Postgres makes room for its log in files of 16 MiB, and stops where it cannot."""
_ODBC = "ODBC Driver 18 for SQL Server"
_OF_PYODBC = "install the packages unixodbc and msodbcsql18 (docs/sqlserver.md)"
_OF_MSSQL_PYTHON = (
    "pip install 'customer-insights-pipeline[sqlserver]' and the packages libltdl7, libkrb5-3, "
    "libgssapi-krb5-2 (docs/sqlserver.md)"
)


def checks(settings: Settings) -> Iterator[Check]:
    """Everything about this machine."""
    yield python(sys.version_info[:2])
    yield from guarded("libraries", lambda: iter([libraries(needed_extras(settings))]))
    yield from guarded("postgres driver", lambda: iter([psycopg_driver()]))
    for backend in backends_of_sqlserver(settings):
        yield sqlserver_driver(backend)
    yield from guarded("disk", lambda: disks(settings))


def python(version: tuple[int, int]) -> Check:
    """Whether the tests run on such a Python."""
    found = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if TRIED[0] <= version <= TRIED[1]:
        return ok("python", found)
    return Check("python", "warn", f"{found}, which has not been tried", "use Python 3.11 to 3.13")


def libraries(extras: Iterable[str]) -> Check:
    """Whether what the package and these extras of it require is installed, and new enough."""
    wanted = sorted(extras)
    named = f"[{','.join(wanted)}]" if wanted else ""
    fix = f"pip install '{DISTRIBUTION}{named}'; in a checkout: scripts/venv.sh"
    try:
        required = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return Check("libraries", "warn", f"{DISTRIBUTION} is not installed, only imported", fix)
    problems = [problem for each in required if (problem := _problem(each, wanted))]
    if problems:
        return Check("libraries", "fail", "; ".join(problems), fix)
    with_extras = f", extras {', '.join(wanted)}" if wanted else ""
    return ok("libraries", f"all that is required is there{with_extras}")


def _problem(requirement: str, extras: list[str]) -> str:
    from packaging.requirements import Requirement  # comes with dbt

    wanted = Requirement(requirement)
    markers = [{"extra": extra} for extra in ("", *extras)]
    if wanted.marker and not any(wanted.marker.evaluate(each) for each in markers):
        return ""
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return f"{wanted.name} is missing"
    if wanted.specifier.contains(version, prereleases=True):
        return ""
    return f"{wanted.name} is {version}, needed is {wanted.specifier}"


def psycopg_driver() -> Check:
    """Which psycopg, and on which libpq."""
    import psycopg

    library = psycopg.pq.version()
    return ok(
        "postgres driver",
        f"psycopg {psycopg.__version__} ({psycopg.pq.__impl__}), libpq {library // 10_000}",
    )


def sqlserver_driver(backend: str) -> Check:
    """Whether `backend`, "pyodbc" or "mssql-python", can be loaded and finds its driver."""
    name = f"sqlserver driver {backend}"
    fix = _OF_PYODBC if backend == "pyodbc" else _OF_MSSQL_PYTHON
    try:
        module = importlib.import_module(backend.replace("-", "_"))
    except ImportError as error:
        lacks = "unixODBC (libodbc)" if "libodbc" in str(error) else "its libraries"
        if isinstance(error, ModuleNotFoundError):
            lacks = "the package itself"
        return Check(name, "fail", f"cannot be loaded: {lacks} is missing", fix)
    if backend == "pyodbc":
        drivers: list[str] = module.drivers()
        wanted = os.environ.get("INSIGHTS_SQLSERVER_DRIVER", _ODBC)
        if wanted not in drivers and not wanted.startswith("/"):
            others = ", ".join(drivers) or "none"
            return Check(name, "fail", f"no driver {wanted!r}; there is {others}", fix)
    return ok(name, f"version {metadata.version(backend)}")


def disks(settings: Settings) -> Iterator[Check]:
    """Free space, and the right to write, where this machine keeps anything."""
    yield disk("disk", settings.home)
    if settings.database_url:
        return
    try:
        known = state.load(state.base_dir(settings.home))
    except InsightsError:
        return  # the check of the database says so
    if known and known[1].data.exists() and not _same_disk(known[1].data, settings.home):
        yield disk("disk of the embedded Postgres", known[1].data, is_ours=False)


def disk(name: str, folder: Path, *, is_ours: bool = True) -> Check:
    """Free space around `folder`, whether it is there yet or not."""
    places = (folder.absolute(), *folder.absolute().parents)
    # Path.exists raises where a folder above may not be entered
    place = next(each for each in places if os.path.exists(each))  # noqa: PTH110
    if is_ours and not (place.is_dir() and os.access(place, os.W_OK)):
        what = "cannot be written to" if place.is_dir() else "is no folder"
        return Check(name, "fail", f"{place} {what}", "set INSIGHTS_HOME to another folder")
    free = shutil.disk_usage(place).free
    found = f"{free / 1024**3:.1f} GiB free at {folder}"
    if free < NO_DISK:
        return Check(name, "fail", found, "make room, or set INSIGHTS_HOME to another disk")
    if free < LITTLE_DISK:
        return Check(name, "warn", found, "make room before a large load")
    return ok(name, found)


def _same_disk(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_dev == other.stat().st_dev
    except OSError:
        return False
