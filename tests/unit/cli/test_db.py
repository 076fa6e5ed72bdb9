"""`insights db` as a user meets it; the server itself is stood in for."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from python_jobs.cli import cli
from python_jobs.cli import db as command
from python_jobs.errors import ConfigurationError, DatabaseError
from python_jobs.storage import connection, embedded, vectors

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "s3cret'quote"


class Running:
    """A connection that knows two answers."""

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def execute(self, _query: str) -> Running:
        return self

    def fetchone(self) -> tuple[str, str]:
        return ("18.4", "0.8.5")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(("INSIGHTS_", "PG")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("INSIGHTS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INSIGHTS_DBT_PROJECT_DIR", str(tmp_path / "dbt"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def server(project: Path, monkeypatch: pytest.MonkeyPatch) -> embedded.ServerInfo:
    (project / "data").mkdir()
    (project / "data/file").write_bytes(b"x" * 2_000_000)
    running = embedded.ServerInfo(
        host="127.0.0.1",
        port=15999,
        socket_dir=project / "run",
        data_dir=project / "data",
        log_file=project / "server.log",
        pid=4711,
        database="insights",
        user="insights",
        password=SecretStr(PASSWORD),
        reader_password=SecretStr("r3ader"),
    )
    monkeypatch.setattr(embedded, "status", lambda home: running)
    monkeypatch.setattr(embedded, "start", lambda home: running)
    monkeypatch.setattr(connection, "connect", lambda where: Running())
    return running


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["db", *arguments])


def test_status_stopped(project: Path) -> None:
    result = run("status")
    assert result.exit_code == command.STOPPED == 8
    assert result.stdout.startswith("state     stopped")
    assert "insights db start" in result.stderr


def test_status_running(server: embedded.ServerInfo) -> None:
    result = run("status")
    assert result.exit_code == 0
    for fact in ("running (process 4711)", "127.0.0.1:15999", "pgvector 0.8.5", "2.0 MB"):
        assert fact in result.stdout
    assert PASSWORD not in result.output


def test_start_initialises_vectors_and_writes_the_profile(
    server: embedded.ServerInfo, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    initialised: list[Any] = []
    monkeypatch.setattr(vectors, "init_vectors", lambda *given: initialised.append(given))
    (project / "dbt").mkdir()
    result = run("start")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert len(initialised) == 1
    assert "127.0.0.1:15999" in result.stderr
    assert PASSWORD not in result.output
    written = project / "dbt/profiles.yml"
    assert "'15999'" in written.read_text()
    written.write_text("mine: {}\n")
    assert "is your own and stays" in run("start").stderr
    assert written.read_text() == "mine: {}\n"


def test_start_says_that_another_server_is_configured(
    server: embedded.ServerInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "init_vectors", lambda *given: None)
    monkeypatch.setenv("INSIGHTS_DATABASE_URL", "postgresql://jo:hunter2@h/d")
    result = run("start")
    assert "INSIGHTS_DATABASE_URL is set" in result.stderr
    assert "hunter2" not in result.output


def test_stop(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "was not running" in run("stop").stderr
    monkeypatch.setattr(embedded, "stop", lambda home: True)
    assert "stopped" in run("stop").stderr


def test_url_needs_a_server(project: Path) -> None:
    result = run("url")
    assert isinstance(result.exception, DatabaseError)
    assert result.exception.hint == "insights db start"
    assert result.stdout == ""


def test_url_of_ones_own(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSIGHTS_DATABASE_URL", "postgres://jo:hunter2@h/d?sslmode=require")
    assert run("url").stdout == "postgresql://jo:hunter2@h/d?sslmode=require\n"


def test_url_for_bi(server: embedded.ServerInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        run("url", "--reader").stdout == "postgresql://bi_reader:r3ader@127.0.0.1:15999/insights\n"
    )
    monkeypatch.setenv("INSIGHTS_DATABASE_URL", "postgresql://jo:hunter2@h/d")
    refused = run("url", "--reader")
    assert isinstance(refused.exception, ConfigurationError)
    assert "docs/bi.md" in (refused.exception.hint or "")


def test_env_is_safe_to_evaluate(server: embedded.ServerInfo) -> None:
    lines = run("env").stdout.splitlines()
    assert all(line.startswith("export ") for line in lines)
    values = dict(shlex.split(line)[1].split("=", 1) for line in lines)
    assert values["INSIGHTS_PG_PASSWORD"] == PASSWORD
    assert values["INSIGHTS_PG_PORT"] == "15999"
    assert values["INSIGHTS_DBT_TARGET"] == "local"


def test_psql_gets_its_arguments_and_no_password_on_the_command_line(
    server: embedded.ServerInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []
    monkeypatch.setattr(os, "execve", lambda *arguments: called.append(arguments))
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    result = run("psql", "-c", "select 1", "--csv")
    assert result.exit_code == 0, result.output
    [(program, arguments, environment)] = called
    assert program.endswith("pginstall18/bin/psql")
    assert arguments == [program, "-c", "select 1", "--csv"]
    assert environment["PGPASSWORD"] == PASSWORD
    assert environment["PGPORT"] == "15999"
    assert "PGSERVICE" not in environment


@pytest.mark.parametrize(
    ("variables", "where"),
    [
        ({"INSIGHTS_DATABASE_URL": "postgresql://jo:hunter2@h/d"}, "'d' at h:5432"),
        (
            {
                "INSIGHTS_DATABASE_URL": "postgresql://jo:hunter2@h/d",
                "INSIGHTS_VECTOR_DATABASE_URL": "postgresql://jo:hunter2@v/e",
            },
            "'e' at v:5432",
        ),
    ],
    ids=["one database", "vectors apart"],
)
def test_init_vectors_on_ones_own(
    project: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], where: str
) -> None:
    initialised: list[Any] = []
    monkeypatch.setattr(vectors, "init_vectors", lambda *given: initialised.append(given))
    monkeypatch.setattr(connection, "connect", lambda _: Running())
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    result = run("init-vectors")
    assert result.exit_code == 0, result.output
    assert len(initialised) == 1
    assert where in result.stderr
    assert "hunter2" not in result.output


@pytest.mark.parametrize("name", ["url", "env", "psql", "init-vectors"])
def test_unusable_url_is_not_repeated(
    project: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("INSIGHTS_DATABASE_URL", "mysql://jo:hunter2@h/d")
    result = run(name)
    assert isinstance(result.exception, ConfigurationError)
    assert "hunter2" not in f"{result.exception.message} {result.exception.hint} {result.output}"
