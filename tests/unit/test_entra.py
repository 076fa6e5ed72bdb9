"""Tokens of Entra ID: renewed in time, one a connection, never in a URL, a message or a log."""

from __future__ import annotations

import logging
import struct
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy as sa
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from pydantic import SecretStr

from python_jobs import entra
from python_jobs.errors import ConfigurationError
from python_jobs.settings import Settings
from python_jobs.storage import connection, environment, failures, sqlserver, target
from python_jobs.storage.signing_in import authorities

if TYPE_CHECKING:
    from collections.abc import Iterator

WAY = "ActiveDirectoryDefault"
POSTGRES = "postgresql://me@db.example/voc?authentication=activedirectorydefault"
SQLSERVER = f"mssql+pyodbc://sql.example/shop?authentication={WAY}"
VARIABLE = "INSIGHTS_SOURCE_URL"


class Credential:
    """As azure-identity's: a token that is good for so many seconds, or an error."""

    def __init__(self) -> None:
        self.seconds = 3600
        self.scopes: list[str] = []
        self.error: Exception | None = None

    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        if self.error:
            raise self.error
        self.scopes += scopes
        return AccessToken(f"token-{len(self.scopes)}", int(time.time()) + self.seconds)


@pytest.fixture
def credential(monkeypatch: pytest.MonkeyPatch) -> Iterator[Credential]:
    """The identity that is asked, whatever the way."""
    made = Credential()
    monkeypatch.setattr(entra, "_credential", lambda _way: made)
    entra.database_tokens.cache_clear()
    yield made
    entra.database_tokens.cache_clear()


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What psycopg is asked to connect with."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(psycopg, "connect", lambda **given: asked.append(given))
    return asked


def test_a_token_is_kept_while_it_is_good(credential: Credential) -> None:
    tokens = entra.tokens(WAY, entra.POSTGRES_SCOPE)
    assert [tokens().get_secret_value() for _ in range(3)] == ["token-1"] * 3
    assert credential.scopes == ["https://ossrdbms-aad.database.windows.net/.default"]


def test_a_token_near_its_end_is_asked_for_anew(credential: Credential) -> None:
    credential.seconds = 200  # less than the five minutes that a connection may count on
    tokens = entra.tokens(WAY, entra.SQLSERVER_SCOPE)
    assert [tokens().get_secret_value() for _ in range(2)] == ["token-1", "token-2"]


def test_each_connection_to_postgres_has_a_token_that_is_good(
    credential: Credential, connected: list[dict[str, Any]]
) -> None:
    credential.seconds = 200
    settings = Settings(database_url=SecretStr(POSTGRES))
    for _ in range(2):
        connection.psycopg_connect(settings)
    assert [given["password"] for given in connected] == ["token-1", "token-2"]
    assert {given["sslmode"] for given in connected} == {"verify-full"}
    assert {given["sslrootcert"] for given in connected} == {authorities()}
    assert not any("authentication" in given for given in connected)


def test_an_engine_s_later_connections_have_later_tokens(
    credential: Credential, connected: list[dict[str, Any]]
) -> None:
    credential.seconds = 200
    engine = connection.sqlalchemy_engine(Settings(database_url=SecretStr(POSTGRES)))
    for _ in range(2):
        engine.dialect.dispatch.do_connect(engine.dialect, None, [], {"host": "x"})
    assert [given["password"] for given in connected] == ["token-1", "token-2"]


def test_dbt_and_psql_get_a_token_for_a_password(credential: Credential) -> None:
    settings = Settings(database_url=SecretStr(POSTGRES))
    variables = environment.dbt_environment(settings)
    assert variables["INSIGHTS_PG_PASSWORD"] == "token-1"
    assert variables["INSIGHTS_PG_SSLMODE"] == "verify-full"
    assert variables["PGSSLROOTCERT"] == authorities()
    assert "authentication" in variables["INSIGHTS_DATABASE_URL"]  # for our own commands in it
    assert "authentication" not in target.database_url(settings).get_secret_value()
    assert environment.psql_environment(target.target(settings))["PGPASSWORD"] == "token-1"


def test_nothing_shows_a_token(
    credential: Credential, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**given: Any) -> None:
        raise psycopg.OperationalError(f"FATAL: no {given['password']}")

    monkeypatch.setattr(psycopg, "connect", refuse)
    settings = Settings(database_url=SecretStr(POSTGRES))
    with caplog.at_level(logging.DEBUG), pytest.raises(failures.ConnectionLostError) as caught:
        connection.psycopg_connect(settings)
    where = target.target(settings)
    shown = [repr(settings), repr(where), caught.value.message, str(caught.value.hint), caplog.text]
    assert not any("token-1" in text for text in shown)
    assert repr(where.secret()) == "SecretStr('**********')"


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_no_token_goes_to_a_server_that_nobody_checked(mode: str) -> None:
    with pytest.raises(ConfigurationError, match="nobody has checked"):
        target.parse_url(SecretStr(f"{POSTGRES}&sslmode={mode}"))


@pytest.mark.parametrize("query", ["TrustServerCertificate=yes", "Encrypt=no", "encrypt=Optional"])
def test_nor_to_such_a_sqlserver(query: str) -> None:
    with pytest.raises(ConfigurationError, match="nobody has checked"):
        sqlserver.parse_url(SecretStr(f"{SQLSERVER}&{query}"), VARIABLE)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mssql+pyodbc://h/d?authentication=magic", "there is not"),
        (f"mssql+pyodbc://me:pw@h/d?authentication={WAY}", "beside"),
        ("mssql+pyodbc:///d", "no host"),
        ("mssql+pymssql://h/d", "driver"),
    ],
)
def test_urls_that_cannot_be_meant(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        sqlserver.parse_url(SecretStr(url), VARIABLE)
    assert "pw@" not in str(caught.value)


@pytest.mark.parametrize("rest", ["&application_name=x", "", "&connect_timeout=3"])
def test_other_parameters_of_a_url_stay(rest: str) -> None:
    where = target.parse_url(SecretStr(POSTGRES + rest))
    assert where.authentication == WAY
    assert set(where.extra) - {"sslrootcert"} == {each for each in [rest[1:].split("=")[0]] if each}


def test_a_login_with_a_password_asks_nobody(
    credential: Credential, connected: list[dict[str, Any]]
) -> None:
    settings = Settings(database_url=SecretStr("postgresql://me:pw@h/d?authentication=sql"))
    connection.psycopg_connect(settings)
    assert connected[0]["password"] == "pw"
    assert credential.scopes == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ClientAuthenticationError("tenant 42 said no"), ConfigurationError),
        (ServiceRequestError("login.example is away"), failures.ConnectionLostError),
    ],
)
def test_entra_id_says_no(
    error: Exception, kind: type[Exception], credential: Credential, connected: list[dict[str, Any]]
) -> None:
    credential.error = error
    with pytest.raises(kind) as caught:
        connection.psycopg_connect(Settings(database_url=SecretStr(POSTGRES)))
    assert "tenant" not in str(caught.value)
    assert "login.example" not in str(caught.value)
    assert connected == []


def test_azure_s_own_words_are_kept_out_of_the_log(
    credential: Credential, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the program, whose root logger has no handler."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    entra.tokens(WAY, entra.POSTGRES_SCOPE)
    logging.getLogger("azure.identity._credentials.chained").warning("tenant 42 said no")
    assert capsys.readouterr().err == ""


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "azure.identity", None)
    with pytest.raises(ConfigurationError) as caught:
        entra.tokens(WAY, entra.POSTGRES_SCOPE)
    assert "[azure]" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("way", "kind"),
    [
        ("ActiveDirectoryDefault", "DefaultAzureCredential"),
        ("ActiveDirectoryMSI", "ManagedIdentityCredential"),
        ("ActiveDirectoryServicePrincipal", "EnvironmentCredential"),
        ("cli", "AzureCliCredential"),
    ],
)
def test_each_way_has_its_credential(
    way: entra.Way, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", "our-client")
    made = entra._credential(way)
    assert type(made).__name__ == kind


class Driver:
    """As pyodbc: it keeps what it was asked to connect with."""

    paramstyle = "qmark"
    version = "5.0"
    Cursor = object

    class Error(Exception):
        pass

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def connect(self, text: str, **given: Any) -> object:
        self.asked.append((text, given))
        return object()


def test_sqlserver_gets_a_token_beside_the_connection_string(
    credential: Credential, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = Driver()
    dialect = SimpleNamespace(loaded_dbapi=driver)
    credential.seconds = 200
    url, way = sqlserver.parse_url(SecretStr(SQLSERVER), VARIABLE)
    assert way == WAY
    with monkeypatch.context() as patch:  # the driver itself is not installed here
        patch.setattr("sqlalchemy.dialects.mssql.pyodbc.dialect.import_dbapi", lambda: driver)
        engine = sqlserver.engine_for(url, way, VARIABLE)
    (text,), parameters = engine.dialect.create_connect_args(url)
    for _ in range(2):
        engine.dialect.dispatch.do_connect(dialect, None, [text], parameters)
    for number, (asked, given) in enumerate(driver.asked, start=1):
        (packed,) = given["attrs_before"].values()
        (length,) = struct.unpack("<i", packed[:4])
        assert packed[4:].decode("utf-16-le") == f"token-{number}"
        assert length == len(packed) - 4
        assert "Trusted_Connection" not in asked
        assert "token" not in asked.casefold()
        assert "authentication" not in asked.casefold()
    assert len(driver.asked) == 2
    assert credential.scopes == ["https://database.windows.net/.default"] * 2
    assert isinstance(engine, sa.Engine)
