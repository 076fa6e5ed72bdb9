"""Make a database cluster with initdb, once, all of it or nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from python_jobs.errors import DatabaseError
from python_jobs.logs import logger
from python_jobs.storage.embedded import configuration, server_log
from python_jobs.storage.embedded.account import Account, server_dir, write_file
from python_jobs.storage.embedded.binaries import Binaries, major_version

if TYPE_CHECKING:
    from python_jobs.storage.embedded.state import Layout, State


def ensure_initialised(state: State, layout: Layout, account: Account, binaries: Binaries) -> None:
    """Run initdb where there is no data yet; one that was killed half-way is redone.

    initdb works in a folder of its own that takes the final name when it is whole.

    Raises:
        DatabaseError: initdb failed, or the data is of another major version.
    """
    for leftover in layout.place.glob("data.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    major = major_version(binaries, account)
    if layout.data.is_dir():
        _check_version(layout, major)
        return
    logger.info("making a Postgres %s database cluster in %s", major, layout.data)
    fresh = Path(tempfile.mkdtemp(dir=layout.place, prefix="data.new-"))
    server_dir(fresh, account)
    _run_initdb(fresh, state, layout, account, binaries)
    fresh.rename(layout.data)
    _sync_folder(layout.place)  # or a power cut could bring the provisional name back


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_version(layout: Layout, major: str) -> None:
    try:
        found = (layout.data / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        found = "an unknown version"
    if found != major:
        raise DatabaseError(
            f"the data in {layout.data} is of Postgres {found}, but Postgres {major} is installed",
            hint="dump it with the version that wrote it (pg_dump), "
            "or remove the folder to begin anew (its data is lost)",
        )


def _run_initdb(
    fresh: Path, state: State, layout: Layout, account: Account, binaries: Binaries
) -> None:
    password_file = layout.place / "initdb-password"
    password_file.unlink(missing_ok=True)
    write_file(password_file, state.admin_password + "\n", account)
    if account.dropped:
        os.chown(password_file, account.uid, account.gid)
    # The builtin provider needs no locale of the system: it sorts by code point and knows the
    # upper and lower case of all of Unicode, the same on every machine.
    arguments = [
        *(
            "-D",
            str(fresh),
            "-U",
            configuration.ADMIN,
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
        ),
        *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin"),
        *("--builtin-locale=C.UTF-8", "--data-checksums", "--no-instructions"),
        *configuration.INITDB_OPTIONS,
    ]
    try:
        attempt = subprocess.run(
            [binaries.program("initdb"), *arguments],
            cwd="/",
            env=configuration.ENVIRONMENT,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            start_new_session=True,
            **account.process_options,
        )
    finally:
        password_file.unlink(missing_ok=True)
    if attempt.returncode != 0:
        with server_log.append(layout.log, account) as log:
            log.write((attempt.stdout + attempt.stderr).encode())
        shutil.rmtree(fresh, ignore_errors=True)
        raise DatabaseError(
            f"the database cluster could not be made: {server_log.reason(attempt.stderr)}",
            hint=f"the whole story is in {layout.log}",
        )
