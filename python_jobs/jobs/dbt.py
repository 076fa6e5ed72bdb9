"""Run dbt against the database that the jobs use, with the connection configured once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from python_jobs.errors import ConfigurationError
from python_jobs.jobs.children import (
    die_with_parent,
    exit_code,
    python_program,
    terminated_with_us,
)
from python_jobs.settings import Settings, project_root
from python_jobs.storage.environment import dbt_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PARTIAL_PARSE = "partial_parse.msgpack"


def run_dbt(
    settings: Settings,
    arguments: Sequence[str],
    *,
    quiet: bool = False,
    target_dir: Path | None = None,
) -> int:
    """Run one dbt command in the dbt project; its output goes to stderr.

    The profile is a copy of `profiles.yml.example`, which takes everything from the environment,
    unless `DBT_PROFILES_DIR` names another.

    Args:
        settings: for the database and the project's folder.
        arguments: as after `dbt`, for instance `["build", "--select", "staging"]`.
        quiet: keep the output to oneself and show it only where dbt fails.
        target_dir: where dbt writes its artifacts; by default where every dbt of this project does.

    Returns:
        dbt's exit code: 0 done, 1 a model or test failed, 2 dbt could not run, above 128 a signal.
    """
    environment = dbt_environment(settings)
    folder = settings.dbt_project_dir
    if not (folder / "dbt_project.yml").is_file():
        raise ConfigurationError(
            f"no dbt project in {folder}",
            hint="set INSIGHTS_DBT_PROJECT_DIR to the folder that holds dbt_project.yml",
        )
    environment = {
        "DBT_PROFILES_DIR": str(_profiles_dir(settings)),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        **os.environ,
        **environment,
    }
    if target_dir is not None:
        environment["DBT_TARGET_PATH"] = str(target_dir)
    with (
        subprocess.Popen(
            [*python_program("dbt", "dbt.cli.main", "cli"), *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if quiet else sys.stderr,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
            preexec_fn=die_with_parent,
        ) as child,
        terminated_with_us(child),
    ):
        said, _ = child.communicate()
    if quiet and child.returncode:
        sys.stderr.write(said)
    return exit_code(child.returncode)


def target_dir(settings: Settings) -> Path:
    """Where dbt writes its artifacts, unless it is told another place for one command."""
    return settings.dbt_project_dir / os.environ.get("DBT_TARGET_PATH", "target")


@contextmanager
def own_target_dir(settings: Settings) -> Iterator[Path]:
    """A folder for the artifacts of one dbt command, which no dbt beside it writes over.

    It starts with what dbt last parsed, so that little is parsed again; it is gone afterwards.
    """
    shared = target_dir(settings)
    with tempfile.TemporaryDirectory(prefix="insights-dbt-") as folder:
        with suppress(FileNotFoundError):
            shutil.copy(shared / PARTIAL_PARSE, folder)
        yield Path(folder)


def _profiles_dir(settings: Settings) -> Path:
    target = settings.home / "dbt"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(project_root() / "profiles.yml.example", target / "profiles.yml")
    return target
