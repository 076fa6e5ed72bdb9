"""profiles.yml.example as dbt reads it: every target, every way to sign in."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.settings import project_root

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = project_root() / "profiles.yml.example"
AZURE = {
    "AZURE_TENANT_ID": "our-tenant",
    "AZURE_CLIENT_ID": "our-client",
    "AZURE_CLIENT_SECRET": "our-secret",
}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("INSIGHTS_", "AZURE_", "DBT_")):
            monkeypatch.delenv(name)


def credentials(folder: Path, target: str) -> Any:
    """What dbt makes of a target of the example."""
    from argparse import Namespace

    from dbt.config.runtime import load_profile
    from dbt.flags import set_from_args
    from dbt_common.context import set_invocation_context

    shutil.copy(EXAMPLE, folder / "profiles.yml")
    set_invocation_context(os.environ)
    set_from_args(Namespace(PROFILES_DIR=str(folder)), None)
    project = str(project_root() / "dbt_project")
    return load_profile(project, {}, target_override=target).credentials


@pytest.mark.parametrize(("target", "sslmode"), [("local", "disable"), ("postgres", "prefer")])
def test_postgres(target: str, sslmode: str, tmp_path: Path) -> None:
    found = credentials(tmp_path, target)
    assert (found.type, found.port, found.sslmode) == ("postgres", 5432, sslmode)


@pytest.mark.parametrize(
    ("way", "contains", "lacks"),
    [
        ("sql", ["UID=insights", "PWD=p4ss"], ["Authentication="]),
        ("ActiveDirectoryDefault", ["Authentication=ActiveDirectoryDefault"], ["UID=", "PWD="]),
        ("ActiveDirectoryMSI", ["Authentication=ActiveDirectoryMSI", "UID=our-client"], ["PWD="]),
        (
            "ActiveDirectoryServicePrincipal",
            ["=ActiveDirectoryServicePrincipal", "UID=our-client", "PWD=our-secret"],
            ["p4ss"],
        ),
    ],
)
def test_sqlserver(
    way: str,
    contains: list[str],
    lacks: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dbt.adapters.sqlserver.sqlserver_backend import build_mssql_python_connection_string

    for name, value in AZURE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("INSIGHTS_SQLSERVER_AUTHENTICATION", way)
    if way == "sql":
        monkeypatch.setenv("INSIGHTS_SQLSERVER_PASSWORD", "p4ss")
    text = build_mssql_python_connection_string(credentials(tmp_path, "sqlserver"))
    for part in (*contains, "encrypt=Yes", "TrustServerCertificate=No"):
        assert part in text
    for part in lacks:
        assert part not in text


def test_tokens_of_azure_s_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dbt.adapters.sqlserver.sqlserver_auth import uses_aad_token_authentication
    from dbt.adapters.sqlserver.sqlserver_backend import build_pyodbc_connection_string

    monkeypatch.setenv("INSIGHTS_SQLSERVER_AUTHENTICATION", "cli")
    monkeypatch.setenv("INSIGHTS_SQLSERVER_BACKEND", "pyodbc")
    found = credentials(tmp_path, "sqlserver")
    assert uses_aad_token_authentication(found)
    assert "UID=" not in build_pyodbc_connection_string(found)


@pytest.mark.parametrize("prefix", ["", "dev_anna_"])
def test_on_sqlserver_tests_make_their_views_where_dbt_s_role_may(
    prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSIGHTS_SCHEMA_PREFIX", prefix)
    script = (project_root() / "scripts/rights/sqlserver.sql").read_text(encoding="utf-8")
    schema = credentials(tmp_path, "sqlserver").schema
    assert schema.startswith(prefix)
    assert f"create schema {schema.removeprefix(prefix)} authorization insights_dbt" in script
