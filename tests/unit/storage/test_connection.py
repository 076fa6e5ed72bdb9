"""URLs taken apart, and the variables made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from pydantic import SecretStr

from python_jobs.errors import ConfigurationError, DatabaseError
from python_jobs.settings import Settings
from python_jobs.storage import connection, environment, target
from python_jobs.storage.embedded import ServerInfo

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "p@ss/w:rd'?#%"
ENCODED = "p%40ss%2Fw%3Ard%27%3F%23%25"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGSSLMODE", "INSIGHTS_DATABASE_URL", "INSIGHTS_DBT_TARGET"):
        monkeypatch.delenv(name, raising=False)


def settings_for(url: str, home: Path) -> Settings:
    return Settings(database_url=SecretStr(url), home=home)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "POSTGRES"])
def test_schemes(scheme: str) -> None:
    where = target.parse_url(SecretStr(f" {scheme}://jo:{ENCODED}@db.example:6543/voc\n"))
    assert (where.host, where.port, where.user, where.database) == ("db.example", 6543, "jo", "voc")
    assert where.password
    assert where.password.get_secret_value() == PASSWORD
    assert where.sslmode == "prefer"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://jo@h/d?sslmode=require", {"sslmode": "require", "password": None}),
        ("postgresql://jo@/d?host=/var/run/postgresql", {"host": "/var/run/postgresql"}),
        ("postgresql://jo@%2Fvar%2Frun/d", {"host": "/var/run"}),
        ("postgresql://jo@h", {"database": "jo", "port": 5432}),
        ("postgresql://jo@[::1]:5433/d", {"host": "::1", "port": 5433}),
        ("postgresql://jo@/d", {"host": "localhost"}),
        (
            "postgresql://jo@h/d?sslrootcert=/ca.pem&connect_timeout=3",
            {"extra": {"sslrootcert": "/ca.pem", "connect_timeout": "3"}},
        ),
        ("postgresql://jö@h/döner", {"user": "jö", "database": "döner"}),
    ],
)
def test_parts(url: str, expected: dict[str, object]) -> None:
    where = target.parse_url(SecretStr(url))
    assert {name: getattr(where, name) for name in expected} == expected


@pytest.mark.parametrize(
    "url",
    [
        "mysql://jo:hunter2@h/d",
        "postgresql+asyncpg://jo:hunter2@h/d",
        "hunter2",
        "host=h password=hunter2",
        "postgresql://jo:hunter2%zz@h/d",
        "postgresql://jo:hunter2@rest@h/d",
        "postgresql://jo:1/hunter2@h/d",
        "postgresql://jo:hunter2/rest@h/d",
        "postgresql://jo:hunter2@h:port/d",
        "postgresql://jo:hunter2@h:99999/d",
        "postgresql://jo:hunter2@a,b/d",
        "postgresql://jo:x@h/d?unknown=hunter2",
    ],
)
def test_unusable_urls_are_not_repeated(url: str) -> None:
    with pytest.raises(ConfigurationError, match="INSIGHTS_DATABASE_URL") as caught:
        target.parse_url(SecretStr(url))
    told = f"{caught.value.message} {caught.value.hint}"
    assert "hunter2" not in told
    assert "jo:" not in told
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_target_hides_password_and_extras() -> None:
    where = target.parse_url(SecretStr("postgresql://jo:hunter2@h/d?sslpassword=hunter3"))
    assert "hunter" not in repr(where)


def test_environment_for_dbt(tmp_path: Path) -> None:
    url = f"postgres://jo:{ENCODED}@h:6543/d?sslmode=verify-full&sslrootcert=/ca.pem"
    assert environment.dbt_environment(settings_for(url, tmp_path)) == {
        "INSIGHTS_DATABASE_URL": url.replace("postgres://", "postgresql://"),
        "INSIGHTS_PG_HOST": "h",
        "INSIGHTS_PG_PORT": "6543",
        "INSIGHTS_PG_USER": "jo",
        "INSIGHTS_PG_PASSWORD": PASSWORD,
        "INSIGHTS_PG_DATABASE": "d",
        "INSIGHTS_PG_SSLMODE": "verify-full",
        "INSIGHTS_DBT_TARGET": "postgres",
        "INSIGHTS_SCHEMA_PREFIX": "",
        "PGSSLROOTCERT": "/ca.pem",
    }


def test_a_chosen_dbt_target_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSIGHTS_DBT_TARGET", "sqlserver")
    monkeypatch.setenv("INSIGHTS_SQLSERVER_DBT_USER", "insights_dbt")
    assert environment.dbt_environment(Settings(home=tmp_path)) == {
        "INSIGHTS_DBT_TARGET": "sqlserver",
        "INSIGHTS_SCHEMA_PREFIX": "",
        "INSIGHTS_SQLSERVER_USER": "insights_dbt",
    }


def test_embedded_server_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path, database_url=None)
    with pytest.raises(DatabaseError) as caught:
        target.database_url(settings)
    assert caught.value.hint == "insights db start"
    server = ServerInfo(
        host="127.0.0.1",
        port=15432,
        socket_dir=tmp_path,
        data_dir=tmp_path,
        log_file=tmp_path / "log",
        pid=1,
        database="insights",
        user="insights",
        password=SecretStr("s3cret"),
        reader_password=SecretStr("r/der"),
    )
    monkeypatch.setattr(target.embedded, "status", lambda home: server)
    url = target.database_url(settings).get_secret_value()
    assert url == "postgresql://insights:s3cret@127.0.0.1:15432/insights"
    reader = target.reader_url(settings).get_secret_value()
    assert reader == "postgresql://bi_reader:r%2Fder@127.0.0.1:15432/insights"
    variables = environment.dbt_environment(settings)
    assert variables["INSIGHTS_DBT_TARGET"] == "local"
    assert variables["INSIGHTS_PG_SSLMODE"] == "disable"
    assert target.parse_url(SecretStr(url)).password == server.password


def test_psql_environment(tmp_path: Path) -> None:
    where = target.parse_url(SecretStr("postgresql://jo@h/d?options=-csearch_path%3Dx"))
    assert environment.psql_environment(where) == {
        "PGHOST": "h",
        "PGPORT": "5432",
        "PGUSER": "jo",
        "PGDATABASE": "d",
        "PGSSLMODE": "prefer",
        "PGOPTIONS": "-csearch_path=x",
        "PGAPPNAME": "insights",
        "PGCONNECT_TIMEOUT": "10",
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ('connection failed: FATAL:  password authentication failed for user "jo"', "refuses"),
        ("fe_sendauth: no password supplied", "refuses"),
        ('FATAL:  database "d" does not exist', "'d' at h:5432 does not exist"),
        ('FATAL:  role "jo" does not exist', "knows no role 'jo'"),
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4"', "does not admit"),
        ("FATAL:  sorry, too many clients already", "no free connection"),
        ('FATAL:  too many connections for database "d"', "no free connection"),
        ("server does not support SSL, but SSL was required", "has no TLS, and sslmode=prefer"),
        ("SSL error: certificate verify failed", "does not trust"),
        ('server certificate for "x" does not match host name "h"', "does not trust"),
        (
            'connection failed: connection to server at "h", port 5432 failed: Connection refused\n'
            "\tIs the server running?",
            "cannot be reached: Connection refused",
        ),
        ("something about hunter2", r"cannot be reached: something about \*\*\*"),
        ("", "cannot be reached: OperationalError"),
    ],
)
def test_explanations(words: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**parameters: object) -> psycopg.Connection:
        raise psycopg.OperationalError(words)

    monkeypatch.setattr(psycopg, "connect", refuse)
    where = target.parse_url(SecretStr("postgresql://jo:hunter2@h/d"))
    with pytest.raises(DatabaseError, match=told) as caught:
        connection.connect(where)
    assert caught.value.hint
    assert "hunter2" not in f"{caught.value.message} {caught.value.hint}"


def test_a_server_that_recovers_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["FATAL:  the database system is in recovery mode", None])
    made = object()

    def answer(**parameters: object) -> object:
        words = next(answers)
        if words:
            raise psycopg.OperationalError(words)
        return made

    monkeypatch.setattr(psycopg, "connect", answer)
    assert connection.connect(target.parse_url(SecretStr("postgresql://jo@h/d"))) is made
