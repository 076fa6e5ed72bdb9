"""The pipeline as a user runs it: a copy of the checkout, its script, and what it leaves behind."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.integration.conftest import database, server  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
_OURS = re.compile(r"^(INSIGHTS_|OPENAI_|PG|DBT_|MAX_WORKERS$|BATCH_SIZE$)")


@dataclass(frozen=True)
class Checkout:
    """A copy of the checkout with an environment of its own.

    Attributes:
        folder: the copy; its path holds a space.
        environment: of the commands; nothing of the developer's own settings.
    """

    folder: Path
    environment: dict[str, str]

    def run(
        self, *command: str, cwd: str = ".", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy and return what it said."""
        return subprocess.run(
            command,
            cwd=self.folder / cwd,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def pipeline(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """`./run_pipeline.sh` with these arguments."""
        return self.run("./run_pipeline.sh", *arguments, **variables)

    @cached_property
    def url(self) -> str:
        """Of the copy's database, which is started by then; asking takes a process."""
        told = self.run("insights", "db", "url")
        assert told.returncode == 0, told.stderr
        return told.stdout.strip()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of a statement on the copy's database."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(statement.encode()).fetchall()

    def checksums(self) -> dict[str, str]:
        """One number for the content of each table and view of `marts`, and of each snapshot."""
        names = self.query(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('marts', 'snapshots')"
        )
        return {
            name: self.query(
                f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) "
                f"from {schema}.{name} t"
            )[0][0]
            for schema, name in names
        }


@pytest.fixture(scope="session")
def checkout() -> Iterator[Checkout]:
    """A copy of what git tracks, in a folder with a space; its server is stopped at the end."""
    top = Path(tempfile.mkdtemp(prefix="insights-acceptance-"))
    top.chmod(0o755)
    folder = top / "a fresh clone"
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, tracked.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    venv = Path(sys.executable).parent.parent
    environment = {key: value for key, value in os.environ.items() if not _OURS.match(key)} | {
        "INSIGHTS_VENV": str(venv),
        "PATH": f"{venv / 'bin'}:{os.environ['PATH']}",
        # The environment was installed from ROOT: this makes the copy's package the one that runs.
        "PYTHONPATH": str(folder),
    }
    made = Checkout(folder, environment)
    try:
        yield made
    finally:
        made.run("insights", "db", "stop")
        shutil.rmtree(top, ignore_errors=True)
