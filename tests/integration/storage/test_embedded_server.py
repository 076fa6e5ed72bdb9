"""What the running embedded server is, lets in, and writes down."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from pydantic import SecretStr

from python_jobs.errors import DatabaseError
from python_jobs.storage import connection as connections
from python_jobs.storage import embedded
from python_jobs.storage.embedded import account, preparation, processes, state
from python_jobs.storage.target import embedded_target
from tests.integration.conftest import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings


def home_of(server: embedded.ServerInfo) -> Path:
    return server.data_dir.parent.parent


def accepts(server: embedded.ServerInfo) -> bool:
    try:
        psycopg.connect(server.url.get_secret_value()).close()
    except psycopg.OperationalError:
        return False
    return True


def test_role_owns_its_database_and_is_no_superuser(server: embedded.ServerInfo) -> None:
    with connections.connect(embedded_target(server)) as connection:
        facts = connection.execute(
            """
            select r.rolsuper, r.rolcreaterole, r.rolreplication, r.rolbypassrls,
                   d.datdba = r.oid, e.extname, current_setting('server_encoding'),
                   current_setting('timezone')
            from pg_roles r
            join pg_database d on d.datname = current_database()
            left join pg_extension e on e.extname = 'vector'
            where r.rolname = current_user
            """
        ).fetchone()
    assert facts == (False, False, False, False, True, "vector", "UTF8", "UTC")


def test_role_can_make_and_open_schemas_but_no_role(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("create schema marts")
        connection.execute("grant usage on schema marts to bi_reader")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("alter role postgres password 'mine'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("create role another")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("copy (select 1) to program 'true'")
        connection.rollback()


def test_reader_comes_in_and_has_nothing_of_its_own(server: embedded.ServerInfo) -> None:
    assert server.reader_password.get_secret_value() not in repr(server)
    with psycopg.connect(server.reader_url.get_secret_value(), autocommit=True) as connection:
        assert connection.execute("select current_user").fetchone() == ("bi_reader",)
        for statement in (
            "create temporary table t (x text)",
            "create table public.t (x text)",
            "create schema mine",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_an_older_server_gets_the_reader(server: embedded.ServerInfo) -> None:
    base = state.base_dir(home_of(server))
    known = state.load(base)
    assert known
    (facts, layout), keeper = known, account.account_for(base)
    state.save(replace(facts, reader_password=""), layout, keeper)
    again = embedded.start(home_of(server))
    assert again.pid == server.pid
    assert again.reader_password != server.reader_password
    psycopg.connect(again.reader_url.get_secret_value()).close()
    state.save(facts, layout, keeper)
    running = processes.find(layout.data)
    assert running
    preparation.prepare(facts, running)


def test_unicode_case_and_stable_order(database: str) -> None:
    with psycopg.connect(database) as connection:
        lowered = connection.execute("select lower('ÄÉŁΣЖ')").fetchone()
        ordered = connection.execute(
            "select array_agg(x order by x) from unnest(%s::text[]) x", (["b", "Z", "a", "ä", "_"],)
        ).fetchone()
    assert lowered == ("äéłσж",)
    assert ordered == (["Z", "_", "a", "b", "ä"],)


@pytest.mark.parametrize("over", ["tcp", "socket"])
@pytest.mark.parametrize("user", ["insights", "postgres"])
@pytest.mark.parametrize("password", [None, "wrong"])
def test_nobody_comes_in_without_the_password(
    server: embedded.ServerInfo,
    over: str,
    user: str,
    password: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPASSFILE", os.devnull)
    host = server.host if over == "tcp" else str(server.socket_dir)
    with pytest.raises(psycopg.OperationalError, match=r"password|pg_hba"):
        psycopg.connect(
            host=host, port=server.port, user=user, password=password, dbname="insights"
        )


def test_superuser_is_refused_over_tcp_even_with_its_password(server: embedded.ServerInfo) -> None:
    known = state.load(state.base_dir(home_of(server)))
    assert known
    password = known[0].admin_password
    with pytest.raises(psycopg.OperationalError, match="reject"):
        psycopg.connect(
            host=server.host,
            port=server.port,
            user="postgres",
            password=password,
            dbname="insights",
        )
    with psycopg.connect(
        host=str(server.socket_dir),
        port=server.port,
        user="postgres",
        password=password,
        dbname="insights",
    ) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_listens_on_loopback_only(server: embedded.ServerInfo) -> None:
    with connections.connect(embedded_target(server)) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
    rules = server.data_dir.parent / "pg_hba.conf"
    assert f"hba_file={rules}" in processes.command_line(server.pid)
    text = (server.data_dir.parent / "pg_hba.conf").read_text()
    assert "trust" not in text
    assert "trust" not in [
        word
        for line in (server.data_dir / "pg_hba.conf").read_text().splitlines()
        if not line.startswith("#")
        for word in line.split()
    ]


def test_files_are_closed_to_others(server: embedded.ServerInfo) -> None:
    base = home_of(server) / "postgres"
    modes = {
        name: (base / name).stat().st_mode & 0o777
        for name in ("state.json", "lock", "server.log", "data", "run")
    }
    assert modes == {
        "state.json": 0o600,
        "lock": 0o600,
        "server.log": 0o600,
        "data": 0o700,
        "run": 0o700,
    }
    assert base.stat().st_mode & 0o007 == 0
    if os.geteuid() == 0:
        assert server.data_dir.stat().st_uid != 0
        assert (base / "state.json").stat().st_uid == 0


def test_repr_hides_the_password(server: embedded.ServerInfo) -> None:
    password = server.password.get_secret_value()
    assert len(password) >= 32
    assert password not in repr(server) + str(server) + str(server.url)
    assert server.url.get_secret_value().startswith("postgresql://insights:")


def test_feedback_text_does_not_reach_the_log(database: str, server: embedded.ServerInfo) -> None:
    """Errors quote values, and a crash quotes the statement: neither is logged."""
    secret = "the zip of my Kestrel boots"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create table t (feedback_text text primary key, rating int not null)")
        connection.execute("insert into t values (%s, 1)", (secret,))
        for statement in (
            "insert into t values (%s, 2)",
            "insert into t values (%s || '!', null)",
            "select %s::int",
            "select %s::jsonb",
            "do $$ begin raise exception 'about %%', (select feedback_text from t); end $$",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement, (secret,) if "%s" in statement else None)
    with psycopg.connect(database) as connection:
        os.kill(connection.info.backend_pid, signal.SIGSEGV)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select pg_sleep(30), %s", (secret,))
    wait_for(lambda: "terminated by signal 11" in server.log_file.read_text(), "note of the crash")
    # a crash of one process restarts the others: leave the next test a server that is back
    wait_for(lambda: accepts(server), "recovery")
    log = server.log_file.read_text()
    assert "Kestrel" not in log
    assert "insert into t" not in log
    assert server.password.get_secret_value() not in log


def test_jobs_connect(settings: Settings) -> None:
    with connections.psycopg_connect(settings, autocommit=True) as connection:
        assert connection.autocommit
        assert connection.execute("show application_name").fetchone() == ("insights",)
    engine = connections.sqlalchemy_engine(settings, pool_size=1)
    with engine.connect() as lent:
        assert lent.exec_driver_sql("show application_name").scalar() == "insights"
    assert settings.database_url
    assert "insights:" not in repr(engine)
    engine.dispose()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"password": SecretStr("wr0ng-pass")}, "refuses the password"),
        ({"password": None}, "refuses the password"),
        ({"database": "nowhere"}, "'nowhere' at .* does not exist"),
        ({"port": 1}, "cannot be reached: .*refused"),
        ({"host": "no-such-host.invalid"}, "cannot be reached"),
        ({"user": "stranger"}, "refuses the password|knows no role"),
        ({"sslmode": "require"}, "has no TLS"),
    ],
)
def test_failures_are_told_apart_without_the_password(
    server: embedded.ServerInfo,
    change: dict[str, object],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPASSFILE", os.devnull)
    where = replace(embedded_target(server), **change)  # type: ignore[arg-type]
    with pytest.raises(DatabaseError, match=message) as caught:
        connections.connect(where)
    told = f"{caught.value.message} {caught.value.hint}"
    assert server.password.get_secret_value() not in told
    assert "wr0ng" not in told
    assert caught.value.__cause__ is None


def test_engine_tells_the_same(settings: Settings) -> None:
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    other = settings.model_copy(update={"database_url": SecretStr(url.rsplit("/", 1)[0] + "/gone")})
    engine = connections.sqlalchemy_engine(other)
    with pytest.raises(DatabaseError, match=r"'gone' at .* does not exist"):
        engine.connect()
