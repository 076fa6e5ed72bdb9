"""dbt and psql reach the server by what `insights db` writes and prints."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from python_jobs.settings import Settings, project_root
from python_jobs.storage.embedded.profile import MARKER, write_profile

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.storage.embedded import ServerInfo

EXAMPLE = project_root() / "profiles.yml.example"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The smallest dbt project, with our profile's name."""
    folder = tmp_path / "dbt project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(
        "name: smallest\nprofile: customer_insights\nmodel-paths: [models]\n"
    )
    (folder / "models/one.sql").write_text("select 1 as one")
    return folder


def run(*command: str, cwd: Path | None = None, **environment: str) -> str:
    """Run a command without the developer's own variables; return what it printed."""
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("INSIGHTS_", "DBT_", "PG"))
    }
    finished = subprocess.run(
        command,
        cwd=cwd,
        env=inherited | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def dbt(*arguments: str, cwd: Path, **environment: str) -> str:
    return run(sys.executable, "-m", "dbt.cli.main", *arguments, cwd=cwd, **environment)


@pytest.mark.slow
def test_dbt_build_with_nothing_but_the_written_profile(server: ServerInfo, project: Path) -> None:
    assert write_profile(server, EXAMPLE, project)
    dbt("build", cwd=project)
    with psycopg.connect(server.url.get_secret_value()) as connection:
        assert connection.execute("select one from public.one").fetchone() == (1,)
        connection.execute("drop view public.one")
    assert server.password.get_secret_value() not in "".join(
        path.read_text(errors="replace")
        for folder in ("target", "logs")
        for path in (project / folder).rglob("*")
        if path.is_file()
    )


@pytest.mark.slow
@pytest.mark.parametrize("target", ["local", "postgres", "sqlserver"])
def test_example_parses_with_no_variable_set(project: Path, target: str) -> None:
    shutil.copy(EXAMPLE, project / "profiles.yml")
    dbt("parse", cwd=project, INSIGHTS_DBT_TARGET=target)


@pytest.mark.slow
def test_env_leads_dbt_and_psql_to_ones_own_server(settings: Settings, project: Path) -> None:
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    insights = (sys.executable, "-m", "python_jobs", "db")
    printed = run(*insights, "env", INSIGHTS_DATABASE_URL=url)
    exported = dict(
        shlex.split(line.removeprefix("export "))[0].split("=", 1) for line in printed.splitlines()
    )
    assert exported["INSIGHTS_DBT_TARGET"] == "postgres"
    shutil.copy(EXAMPLE, project / "profiles.yml")
    dbt("build", cwd=project, **exported)
    answer = run(*insights, "psql", "-Atc", "select one from one", INSIGHTS_DATABASE_URL=url)
    assert answer == "1\n"


def test_profile_is_private_and_somebody_elses_stays(server: ServerInfo, project: Path) -> None:
    path = project / "profiles.yml"
    assert write_profile(server, EXAMPLE, project)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().startswith(MARKER)
    path.chmod(0o644)
    assert write_profile(server, EXAMPLE, project)
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("customer_insights: {}\n")
    assert not write_profile(server, EXAMPLE, project)
    assert path.read_text() == "customer_insights: {}\n"
