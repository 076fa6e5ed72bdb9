"""Runs of the pipeline as processes, with steps that do nothing, on a real database."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from python_jobs.jobs.dbt import run_dbt
from python_jobs.jobs.pipeline.outputs import StepRun
from python_jobs.settings import Settings
from tests.fakes.stubbed import Stubs
from tests.integration.conftest import PATIENCE, wait_for
from tests.integration.databases import fresh_database, template_database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from python_jobs.storage.embedded import ServerInfo

_OURS = re.compile(r"^(INSIGHTS_|OPENAI_|AZURE_|AZ_BATCH_|PG|DBT_|MAX_WORKERS$|BATCH_SIZE$)")


def clean_environment() -> dict[str, str]:
    """Nothing of the developer's own settings."""
    return {name: value for name, value in os.environ.items() if not _OURS.match(name)}


@dataclass
class Started:
    """A run of the pipeline under way, in a process group of its own."""

    process: subprocess.Popen[str]
    folder: Path

    def end(self) -> tuple[int, str]:
        """Its exit code and its messages."""
        _, messages = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, messages

    def kill(self) -> None:
        """kill -9 to all of it at once, as when the machine dies."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=PATIENCE)

    @property
    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "outputs.json").read_text("utf-8"))
        return found


@dataclass
class Pipelines:
    """Starts runs on one database; all share the folder where state is kept."""

    settings: Settings
    stubs: Stubs
    top: Path
    started: list[Started]
    user: int | None = None

    def command(self, folder: Path, arguments: Sequence[str]) -> list[str]:
        """What is started in a fresh working directory."""
        return [sys.executable, "-m", "python_jobs", "pipeline", *arguments]

    def environment(self, folder: Path) -> dict[str, str]:
        """Where this run finds what, on top of the database."""
        return self.stubs.environment | {
            "INSIGHTS_HOME": str(self.top / "home"),
            "DBT_TARGET_PATH": str(folder / "target"),
        }

    def start(self, *arguments: str, **variables: str) -> Started:
        """Start a run in a fresh working directory."""
        assert self.settings.database_url
        folder = self.top / f"task{len(self.started)}"
        folder.mkdir()
        environment = clean_environment() | {
            "INSIGHTS_DATABASE_URL": self.settings.database_url.get_secret_value(),
            "AZ_BATCH_TASK_WORKING_DIR": str(folder),
        }
        process = subprocess.Popen(
            self.command(folder, arguments),
            cwd=folder,
            env=environment | self.environment(folder) | variables,
            user=self.user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(Started(process, folder))
        return self.started[-1]

    def run(self, *arguments: str, **variables: str) -> tuple[int, Started, str]:
        """The same to its end: exit code, what it left, messages."""
        started = self.start(*arguments, **variables)
        code, messages = started.end()
        return code, started, messages

    def killed_in(self, step: str, *arguments: str) -> Started:
        """A run that is killed while a step is under way."""
        self.stubs.hold(step)
        started = self.start(*arguments)
        wait_for(
            lambda: self.stubs.began(step) or started.process.poll() is not None, f"step {step}"
        )
        assert started.process.poll() is None, started.end()
        started.kill()
        self.stubs.let_go(step)
        return started


@pytest.fixture(scope="session")
def tables_template(server: ServerInfo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with what a run reads about itself, and no job ever run."""
    home = tmp_path_factory.mktemp("tables")
    build = ("build", "--resource-type", "seed", "--resource-type", "model")

    def fill(url: str) -> None:
        made = Settings(database_url=SecretStr(url), home=home)
        assert run_dbt(made, [*build, "--select", "+pipeline_health"], quiet=True) == 0

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("INSIGHTS_DBT_TARGET", raising=False)
        with template_database(server, fill) as name:
            yield name


@pytest.fixture
def pipelines(
    server: ServerInfo, tables_template: str, own_home: Path, tmp_path: Path
) -> Iterator[Pipelines]:
    """A copy of that database, and stubbed steps; nothing that was started outlives the test."""
    with fresh_database(server, tables_template) as (_, url):
        made = Settings(database_url=SecretStr(url), home=own_home)
        runs = Pipelines(made, Stubs(tmp_path / "stubs"), tmp_path, [])
        try:
            yield runs
        finally:
            for each in runs.started:
                with suppress(ProcessLookupError):
                    os.killpg(each.process.pid, signal.SIGKILL)
                each.process.communicate()


def step(name: str, status: str = "succeeded", **more: object) -> dict[str, Any]:
    counts = {"rows_in": 3, "loaded": 3} if name == "load" and status == "succeeded" else {}
    code = None if status == "skipped" else 0
    return vars(StepRun(name, status=status, exit_code=code, counts=counts)) | more


def normalised(outputs: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from run to run."""
    found = json.loads(re.sub(r"pipeline-\d{8}T\d{6}-[0-9a-f]{8}", "RUN", json.dumps(outputs)))
    assert found["seconds"] > 0
    assert found["started_at"] < found["finished_at"]
    for each in found["steps"]:
        assert each["seconds"] > 0 or each["status"] == "skipped"
        each["seconds"] = 0.0
    return {k: v for k, v in found.items() if k not in ("seconds", "started_at", "finished_at")}
