from __future__ import annotations

import os

import pytest
import yaml
from pydantic import SecretStr

from python_jobs import settings as module
from python_jobs.errors import ConfigurationError
from python_jobs.settings import Settings, project_root


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory) -> None:
    for name in ("INSIGHTS_PROVIDER", "OPENAI_API_KEY", "MAX_WORKERS", "INSIGHTS_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT", raising=False)
    empty = tmp_path_factory.mktemp("nowhere")
    monkeypatch.chdir(empty)
    monkeypatch.setattr(module, "project_root", lambda: empty)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "local"),
        ({"OPENAI_API_KEY": "k"}, "openai"),
        ({"OPENAI_API_KEY": ""}, "local"),
        ({"OPENAI_API_KEY": "k", "INSIGHTS_PROVIDER": "local"}, "local"),
        ({"INSIGHTS_PROVIDER": "openai"}, "openai"),
        ({"AZURE_OPENAI_ENDPOINT": "https://x"}, "azure"),
        ({"AZURE_OPENAI_ENDPOINT": "https://x", "OPENAI_API_KEY": "k"}, "openai"),
        ({"AZURE_OPENAI_ENDPOINT": "https://x", "INSIGHTS_PROVIDER": "local"}, "local"),
    ],
)
def test_the_provider_follows_the_key_unless_it_is_named(given, expected, monkeypatch) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert Settings.load().resolved_provider == expected


def test_the_environment_wins_over_dotenv(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("MAX_WORKERS=7\nBATCH_SIZE=33\n", encoding="utf-8")
    monkeypatch.setenv("MAX_WORKERS", "9")
    loaded = Settings.load()
    assert (loaded.max_workers, loaded.batch_size) == (9, 33)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_WORKERS", "many"),
        ("MAX_WORKERS", "0"),
        ("INSIGHTS_PROVIDER", "openia"),
        ("INSIGHTS_SCHEMA_PREFIX", "x; drop"),
        ("INSIGHTS_LONG_TEXTS", "drop"),
        ("INSIGHTS_EMBEDDING_DEPLOYMENT", "a/b"),
        ("AZURE_OPENAI_API_VERSION", "1&x=2"),
        ("INSIGHTS_MEMORY_LIMIT", "much"),
        ("INSIGHTS_MEMORY_LIMIT", "0"),
    ],
)
def test_an_unusable_value_is_named_but_not_shown(name, value, monkeypatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        Settings.load()
    assert name in caught.value.message
    assert value not in caught.value.message.replace(name, "") or value == "0"
    assert caught.value.hint


def test_secrets_are_not_shown() -> None:
    shown = repr(
        Settings(
            openai_api_key=SecretStr("sk-secret"), database_url=SecretStr("postgresql://u:pw@h/d")
        )
    )
    assert "sk-secret" not in shown
    assert "pw@" not in shown


def test_a_prefix_goes_before_every_schema() -> None:
    assert Settings(schema_prefix="dev_anna_").schema_name("marts") == "dev_anna_marts"


def test_dbt_s_defaults_are_the_local_models() -> None:
    project = yaml.safe_load((project_root() / "dbt_project" / "dbt_project.yml").read_text())
    assert project["vars"]["default_embedding_model"] == module.LOCAL_EMBEDDING_MODEL
    assert project["vars"]["default_embedding_dimensions"] == module.LOCAL_EMBEDDING_DIMENSIONS


def test_only_our_own_variables_count(monkeypatch) -> None:
    monkeypatch.setenv("HOME", "elsewhere")
    monkeypatch.setenv("PROVIDER", "openai")
    assert Settings.load().home.name == ".insights"
    assert Settings.load().resolved_provider == "local"


def test_dotenv_reaches_dbt_and_azure_too(monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("AZURE_CLIENT_ID", "INSIGHTS_SQLSERVER_HOST", "PATH_OF_OTHERS", "MAX_WORKERS")
    for name in names:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(name, "gone after the test")
        monkeypatch.delenv(name)
    monkeypatch.setenv("INSIGHTS_DBT_TARGET", "postgres")
    lines = "".join(f"{name}=7\n" for name in (*names, "INSIGHTS_DBT_TARGET"))
    (tmp_path / ".env").write_text(lines, encoding="utf-8")
    module.share_dotenv()
    found = [os.environ.get(name) for name in (*names, "INSIGHTS_DBT_TARGET")]
    assert found == ["7", "7", None, None, "postgres"]
