"""`insights doctor` where nothing works: each fault is named with its fix, no secret is shown."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_jobs.cli import cli
from python_jobs.cli.doctor import FAILED
from python_jobs.jobs.doctor import database, dbt_profile, machine, reachability, sqlserver
from python_jobs.jobs.doctor.check import Check, guarded
from python_jobs.jobs.doctor.configuration import provider, variables
from python_jobs.settings import Settings, project_root
from python_jobs.storage import warehouse_address
from python_jobs.storage.inspection import postgres, reach
from python_jobs.storage.inspection import sqlserver as inside
from python_jobs.storage.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "hunter2-is-secret"
FINE = postgres.Server(
    version="18.4",
    version_number=180004,
    encoding="UTF8",
    collation="C.UTF-8",
    collation_moved=False,
    is_read_only=False,
    size=9_000_000,
    free_connections=90,
    ahead=timedelta(seconds=0.1),
    uncertainty=timedelta(seconds=0.01),
    vector="0.8.1",
    newest_vector="0.8.1",
)
WHERE = Target("db.example", 5432, "jobs", "voc", "prefer")


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing of the developer's own settings."""
    for name in os.environ:
        if name.startswith(("INSIGHTS_", "OPENAI_", "AZURE_", "PG", "DBT_PROFILES", "MAX_W")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("INSIGHTS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def examined() -> tuple[int, dict[str, dict[str, str]], str]:
    """Exit code and checks by name of `insights doctor --json`, and all that it printed."""
    result = CliRunner().invoke(cli, ["doctor", "--json"])
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    return result.exit_code, checks, result.output


@pytest.mark.parametrize(
    ("given", "failing", "fix"),
    [
        ({}, "database", "insights db start"),
        ({"MAX_WORKERS": SECRET}, "settings", ".env"),
        ({"INSIGHTS_DATABASE_URL": f"oracle://u:{SECRET}@h/d"}, "database", "postgresql://"),
        ({"INSIGHTS_DATABASE_URL": f"postgresql://u:{SECRET}@x.invalid/d"}, "database", "DNS"),
        ({"INSIGHTS_DATABASE_URL": f"postgresql://u:{SECRET}@127.0.0.1:9/d"}, "database", "port"),
        (
            {"INSIGHTS_DATABASE_URL": f"postgresql://h/d?password={SECRET}&authentication=magic"},
            "database",
            "ActiveDirectoryMSI",
        ),
        ({"INSIGHTS_SOURCE_URL": f"mysql://u:{SECRET}@h/d"}, "source", "mssql"),
        ({"INSIGHTS_SOURCE_URL": f"mssql+pyodbc://u:{SECRET}@x.invalid/d"}, "source", "DNS"),
        ({"INSIGHTS_DBT_PROJECT_DIR": "/nowhere"}, "dbt project", "INSIGHTS_DBT_PROJECT_DIR"),
        ({"INSIGHTS_PROVIDER": "openai"}, "provider", "--provider local"),
        ({"OPENAI_API_KEY": f"{SECRET} two"}, "provider", "copy the key"),
        (
            {"INSIGHTS_DBT_TARGET": "sqlserver", "INSIGHTS_SQLSERVER_HOST": "x.invalid"},
            "sqlserver target",
            "DNS",
        ),
        (
            {"INSIGHTS_DBT_TARGET": "sqlserver", "INSIGHTS_SQLSERVER_PORT": "1433 "},
            "sqlserver target",
            "as in 1433",
        ),
        (
            {"INSIGHTS_DBT_TARGET": "sqlserver", "INSIGHTS_SQLSERVER_BACKEND": "freetds"},
            "sqlserver target",
            "pyodbc",
        ),
        ({"INSIGHTS_DBT_TARGET": "sqlsrever"}, "dbt target", "local, postgres, sqlserver"),
        ({"INSIGHTS_DATABASE_URL": f"postgresql://u:{SECRET}@h:99999/d"}, "database", "PORT"),
        ({"INSIGHTS_HOME": "/proc/nowhere"}, "disk", "INSIGHTS_HOME"),
    ],
)
def test_a_fault_is_named_with_its_fix(
    given: dict[str, str],
    failing: str,
    fix: str,
    nowhere: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if failing == "disk" and os.geteuid() == 0:
        monkeypatch.setattr(os, "access", lambda *_: False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    code, checks, output = examined()
    assert code == FAILED
    assert checks[failing]["status"] == "fail"
    assert fix in checks[failing]["fix"]
    assert checks["python"]["status"] == "ok"  # no fault keeps another check from being made
    assert SECRET not in output
    assert "Traceback" not in output


def test_lines_for_people(nowhere: Path) -> None:
    result = CliRunner().invoke(cli, ["doctor"])
    assert result.exit_code == FAILED
    assert "fail  database " in result.stdout
    assert "fix  insights db start" in result.stdout


def test_a_home_that_is_a_file_is_no_home(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (nowhere / "file").touch()
    monkeypatch.setenv("INSIGHTS_HOME", str(nowhere / "file"))
    _, checks, _ = examined()
    assert checks["disk"]["found"].endswith("is no folder")


def test_an_unreadable_env_file_is_a_finding(nowhere: Path) -> None:
    (nowhere / ".env").write_bytes(b"MAX_WORKERS=\xff\n")
    _, checks, _ = examined()
    assert checks["settings"]["status"] == "fail"
    assert "UTF-8" in checks["settings"]["fix"]


def test_a_line_of_the_env_file_that_nobody_heeds_is_a_finding(nowhere: Path) -> None:
    lines = f'MAX_WORKERS=3\n# INSIGHTS_HOME is fine\nOPENAI_API_KEY="{SECRET}\n'
    (nowhere / ".env").write_text(lines, encoding="utf-8")
    _, checks, output = examined()
    assert checks[".env"]["status"] == "fail"
    assert checks[".env"]["found"].endswith("line 3")
    assert SECRET not in output
    (nowhere / ".env").write_text("MAX_WORKERS=3\n\nEMPTY\n", encoding="utf-8")
    assert ".env" not in examined()[1]


def test_an_error_that_nobody_foresaw_is_a_finding_without_its_words() -> None:
    def breaks() -> Iterator[Check]:
        yield Check("one", "ok", "fine")
        raise RuntimeError(SECRET)

    one, other = guarded("two", breaks)
    assert (one.name, other.name, other.status) == ("one", "two", "fail")
    assert SECRET not in str(other)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("INSIGHTS_DATABSE_URL", "INSIGHTS_DATABASE_URL"),
        ("INSIGHTS_MAX_WORKER", "MAX_WORKERS"),
        ("INSIGHTS_SQLSERVER_HOTS", "INSIGHTS_SQLSERVER_HOST"),
        ("INSIGHTS_QQQ", "README"),
    ],
)
def test_misspelt_variables(name: str, said: str) -> None:
    check = variables({name, "INSIGHTS_HOME", "INSIGHTS_VENV", "INSIGHTS_PG_HOST"})
    assert check.status == "warn"
    assert name in check.found
    assert said in check.fix
    assert variables({"INSIGHTS_HOME", "PATH"}).status == "ok"


def test_what_the_readme_lists_is_read() -> None:
    readme = (project_root() / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"\bINSIGHTS_[A-Z_]*[A-Z]\b", readme))
    assert len(listed) > 20
    assert variables(listed).status == "ok"


def test_a_key_is_present_and_not_shown() -> None:
    check = provider(Settings(openai_api_key=SECRET))
    assert check.status == "ok"
    assert "a key is set" in check.found
    assert SECRET not in str(check)


@pytest.mark.parametrize(
    ("check", "changes", "status"),
    [
        (database.version, {}, "ok"),
        (database.version, {"version_number": 160004}, "warn"),
        (database.version, {"version_number": 130020}, "fail"),
        (database.encoding, {"encoding": "SQL_ASCII"}, "fail"),
        (database.collation, {"collation_moved": True}, "warn"),
        (database.writable, {"is_read_only": True}, "fail"),
        (database.clock, {}, "ok"),
        (database.clock, {"ahead": timedelta(seconds=-20)}, "warn"),
        (database.clock, {"ahead": timedelta(seconds=90)}, "warn"),
        # a slow answer is no wrong clock
        (database.clock, {"ahead": timedelta(seconds=9), "uncertainty": timedelta(9)}, "ok"),
        (database.pgvector, {"vector": ""}, "fail"),
        (database.pgvector, {"vector": "0.7.0"}, "warn"),
        (database.pgvector, {}, "ok"),
    ],
)
def test_what_a_server_says(check, changes: dict[str, object], status: str) -> None:
    found = check(replace(FINE, **changes))
    assert found.status == status
    assert bool(found.fix) == (status != "ok")


def test_connections_are_compared_with_workers() -> None:
    few = replace(FINE, free_connections=6)
    assert database.connections(few, Settings(MAX_WORKERS=20)).status == "warn"
    assert database.connections(few, Settings(MAX_WORKERS=2)).status == "ok"


TRUSTED = reach.Tls("TLSv1.3", "", datetime.now(UTC) + timedelta(days=90))
SELF_SIGNED = reach.Tls("TLSv1.3", "self-signed certificate", None)


@pytest.mark.parametrize(
    ("mode", "found", "is_near", "status"),
    [
        ("prefer", None, True, "ok"),
        ("prefer", None, False, "warn"),
        ("require", None, True, "fail"),
        ("prefer", TRUSTED, False, "warn"),
        ("verify-full", TRUSTED, False, "ok"),
        ("verify-full", SELF_SIGNED, False, "fail"),
        ("require", SELF_SIGNED, False, "warn"),
        ("verify-full", replace(TRUSTED, ends=datetime.now(UTC)), False, "warn"),
    ],
)
def test_encryption(mode: str, found: reach.Tls | None, is_near: bool, status: str) -> None:
    check = reachability.tls("encryption", replace(WHERE, sslmode=mode), found, is_near=is_near)
    assert check.status == status
    assert bool(check.fix) == (status != "ok")


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """A server that answers each request for TLS so; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                with client:
                    client.recv(8)
                    client.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_postgres_without_tls() -> None:
    with answering(b"N") as port:
        assert reach.postgres_tls("127.0.0.1", port) is None


def test_somebody_else_answers() -> None:
    with answering(b"HTTP/1.1 400") as port, pytest.raises(reach.DatabaseError, match="Postgres"):
        reach.postgres_tls("127.0.0.1", port)


def test_tls_that_breaks_off_is_a_problem() -> None:
    with answering(b"S") as port:
        found = reach.postgres_tls("127.0.0.1", port)
    assert found
    assert found.problem


@pytest.mark.parametrize(
    ("version", "status"), [((3, 11), "ok"), ((3, 13), "ok"), ((3, 14), "warn")]
)
def test_python(version: tuple[int, int], status: str) -> None:
    assert machine.python(version).status == status


def test_missing_and_old_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    required = ["numpy>=99", "not-a-package-of-anyone", "pyarrow>=999; extra == 'parquet'"]
    monkeypatch.setattr(machine.metadata, "requires", lambda _: required)
    check = machine.libraries([])
    assert check.status == "fail"
    assert "numpy is" in check.found
    assert "not-a-package-of-anyone is missing" in check.found
    assert "pyarrow" not in check.found
    assert "pyarrow" in machine.libraries(["parquet"]).found


@pytest.mark.parametrize(("free", "status"), [(10**8, "fail"), (10**9, "warn"), (10**11, "ok")])
def test_disk(free: int, status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(machine.shutil.disk_usage("/"))
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: usage(free, 0, free))
    assert machine.disk("disk", tmp_path / "not" / "there").status == status


def test_a_driver_of_sqlserver_that_is_not_there() -> None:
    check = machine.sqlserver_driver("mssql-python-that-is-not")
    assert check.status == "fail"
    assert "libltdl7" in check.fix


def test_the_example_s_profile_is_read_as_dbt_does(tmp_path: Path) -> None:
    example = project_root() / "profiles.yml.example"
    (tmp_path / "profiles.yml").write_text(example.read_text("utf-8"), "utf-8")
    environment = {
        "INSIGHTS_DBT_TARGET": "postgres",
        "INSIGHTS_PG_HOST": "db.example",
        "INSIGHTS_PG_USER": "someone",
        "INSIGHTS_PG_DATABASE": "voc",
        "INSIGHTS_PG_PASSWORD": SECRET,
    }
    output = dbt_profile.chosen_output(tmp_path / "profiles.yml", environment)
    assert dbt_profile.differences(output, replace(WHERE, user="someone")) == []
    assert dbt_profile.differences(output, WHERE) == ["user 'someone' for 'jobs'"]


def test_a_profile_that_leads_elsewhere(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = {"target": "x", "outputs": {"x": {"type": "postgres", "host": "other", "port": 1}}}
    (nowhere / "profiles.yml").write_text(json.dumps({dbt_profile.PROFILE: profile}), "utf-8")
    settings = Settings(database_url="postgresql://jobs@db.example/voc")
    check = dbt_profile.profile(settings, nowhere)
    assert check.status == "warn"
    assert "host 'other' for 'db.example'" in check.found
    (nowhere / "profiles.yml").write_text("no: profile", "utf-8")
    assert "cannot be read" in dbt_profile.profile(settings, nowhere).found


def test_the_target_s_url_is_that_of_the_profile(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSIGHTS_SQLSERVER_PASSWORD", "p@ss/w")
    monkeypatch.setenv("INSIGHTS_SQLSERVER_HOST", "sql.example")
    assert warehouse_address.sqlserver_url().get_secret_value() == (
        "mssql+mssqlpython://insights:p%40ss%2Fw@sql.example:1433/insights"
    )
    monkeypatch.setenv("INSIGHTS_SQLSERVER_AUTHENTICATION", "ActiveDirectoryMSI")
    assert warehouse_address.sqlserver_url().get_secret_value() == (
        "mssql+mssqlpython://sql.example:1433/insights?authentication=ActiveDirectoryMSI"
    )


@pytest.mark.parametrize(
    ("changes", "failing"),
    [
        ({}, set()),
        ({"version": "14.0.1"}, {"sqlserver: version"}),
        ({"version": "12.0.2000.8", "edition": 5}, set()),
        ({"is_read_only": True}, {"sqlserver: writable"}),
    ],
)
def test_what_a_sqlserver_says(changes: dict[str, object], failing: set[str]) -> None:
    fine = inside.Server("16.0.4165.4", 3, "SQL_Latin1_General_CP1_CI_AS", False, timedelta())
    checks = sqlserver.facts(replace(fine, **changes), is_target=True)
    assert {check.name for check in checks if check.status == "fail"} == failing
