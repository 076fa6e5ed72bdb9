"""Secrets of a run come from a key vault, whose name is all that Data Factory knows."""

from __future__ import annotations

import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from python_jobs import cli, entra, settings, vault
from python_jobs.errors import ConfigurationError, ExitCode, InsightsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "token-of-the-identity"


class Identity:
    """As azure-identity's: a token for the vault, and for nothing else."""

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        assert scopes == ("https://vault.azure.net/.default",)
        return AccessToken(TOKEN, int(time.time()) + 3600)


class Vault:
    """What it holds, what it was asked, and what it answers instead."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.asked: list[str] = []
        self.status = 0
        self.busy = 0


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    made = Vault()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.split("?")[0].removeprefix("/secrets/")
            made.asked.append(name)
            allowed = self.headers["Authorization"] == f"Bearer {TOKEN}"
            known = 200 if name in made.secrets else 404
            if made.busy:
                made.busy -= 1
                self.send_error(429)
                return
            status = made.status or (known if allowed else 401)
            body = json.dumps({"value": made.secrets.get(name), "error": {"code": "x"}}).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setattr(
        vault, "_address", lambda name: f"http://127.0.0.1:{server.server_address[1]}"
    )
    monkeypatch.setattr(entra, "_credential", lambda _way: Identity())
    # Set before deleted: what the code sets itself is taken back, too.
    for name in (*vault.SECRETS, vault.VARIABLE):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv(vault.VARIABLE, "kv-insights-dev-ab12cd")
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_is_in_the_vault_and_unset_is_set(
    there: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.secrets = {"OPENAI-API-KEY": "from-the-vault", "INSIGHTS-SOURCE-URL": "postgresql://x"}
    monkeypatch.setenv("INSIGHTS_SOURCE_URL", "postgresql://set-here")
    vault.read_secrets()
    assert os.environ["OPENAI_API_KEY"] == "from-the-vault"
    assert os.environ["INSIGHTS_SOURCE_URL"] == "postgresql://set-here"
    assert "AZURE_OPENAI_API_KEY" not in os.environ
    assert "INSIGHTS-SOURCE-URL" not in there.asked


def test_the_vaults_name_may_stand_in_dotenv_and_what_stands_there_stays(
    there: Vault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(vault.VARIABLE)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(
        "INSIGHTS_KEY_VAULT=kv-insights-dev-ab12cd\nOPENAI_API_KEY=from-dotenv\n", encoding="utf-8"
    )
    there.secrets = {"OPENAI-API-KEY": "from-the-vault", "AZURE-OPENAI-API-KEY": "azure"}
    monkeypatch.setattr("sys.argv", ["insights", "--version"])
    with pytest.raises(SystemExit):
        cli.main()
    assert os.environ["AZURE_OPENAI_API_KEY"] == "azure"
    assert "OPENAI-API-KEY" not in there.asked
    settings.share_dotenv()
    assert os.environ[vault.VARIABLE] == ""


def test_processes_that_are_started_ask_no_more(there: Vault) -> None:
    vault.read_secrets()
    asked = len(there.asked)
    assert os.environ[vault.VARIABLE] == ""
    vault.read_secrets()
    assert len(there.asked) == asked


def test_a_refusal_names_the_role_and_no_secret(there: Vault) -> None:
    there.status = 403
    with pytest.raises(ConfigurationError, match="403") as caught:
        vault.read_secrets()
    assert "Key Vault Secrets User" in str(caught.value.hint)
    assert TOKEN not in caught.value.message


def test_a_busy_vault_is_asked_again_but_not_for_ever(
    there: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(vault.time, "sleep", waited.append)
    there.secrets, there.busy = {"OPENAI-API-KEY": "from-the-vault"}, 2
    vault.read_secrets()
    assert os.environ["OPENAI_API_KEY"] == "from-the-vault"
    assert waited == [2.0, 4.0]

    monkeypatch.setenv(vault.VARIABLE, "kv-insights-dev-ab12cd")
    there.busy = 100
    with pytest.raises(ConfigurationError, match="429"):
        vault.read_secrets()
    assert len(waited) == 2 + vault.ATTEMPTS - 1


@pytest.mark.parametrize(
    "error", [ClientAuthenticationError("tenant 42"), ServiceRequestError("login.example is away")]
)
def test_without_a_token_nobody_is_asked(
    there: Vault, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object, **__: object) -> AccessToken:
        raise error

    monkeypatch.setattr(Identity, "get_token", refuse)
    with pytest.raises(InsightsError, match="Entra ID") as caught:
        vault.read_secrets()
    assert caught.value.exit_code == ExitCode.CONFIGURATION
    assert str(error) not in f"{caught.value.message} {caught.value.hint}"
    assert not there.asked


@pytest.mark.parametrize("name", ["https://kv.vault.azure.net", "evil.example/x?", "kv@evil", "-"])
def test_only_a_name_is_a_name(there: Vault, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(vault.VARIABLE, name)
    with pytest.raises(ConfigurationError, match="no name of a key vault") as caught:
        vault.read_secrets()
    assert name not in caught.value.message
    assert not there.asked


def test_without_a_vault_nobody_is_asked(there: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(vault.VARIABLE)
    vault.read_secrets()
    assert not there.asked
