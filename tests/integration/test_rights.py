"""scripts/rights/postgres.sql: each role does all of its work, and nothing else."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors
from pydantic import SecretStr

from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.jobs import index, report
from python_jobs.jobs.cluster import cluster
from python_jobs.jobs.doctor import Check, examine
from python_jobs.jobs.doctor.database import dbt_role
from python_jobs.jobs.doctor.database import rights as rights_check
from python_jobs.jobs.doctor.vector_store import none_lost
from python_jobs.jobs.embed import embed
from python_jobs.jobs.gate import judge_candidate
from python_jobs.jobs.load import load
from python_jobs.jobs.name import name
from python_jobs.jobs.pending import Selection
from python_jobs.jobs.tag import tag
from python_jobs.settings import Settings
from python_jobs.storage import vectors
from python_jobs.storage.connection import connect, psycopg_connect
from python_jobs.storage.job_inputs import Period
from python_jobs.storage.target import dbt_connection
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.databases import admin, fresh_database
from tests.integration.dbt_builds import build
from tests.integration.jobs.conftest import TEXTS, with_openai

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.storage.embedded import ServerInfo

pytestmark = pytest.mark.slow

SCRIPT = (Path(__file__).resolve().parents[2] / "scripts/rights/postgres.sql").read_bytes()
# Other names than the script's own, so that it is seen to heed them.
DBT, JOBS = "rights_dbt", "rights_jobs"
READER = "bi_reader"  # the server's own, whom `dbt_project.yml` grants the marts
NAMES = f"""
set insights.dbt_role = '{DBT}';
set insights.jobs_role = '{JOBS}'
"""
PASSWORD = "only-in-a-test"
NOTHING_ELSE = """
create schema if not exists elsewhere;
create table if not exists elsewhere.salaries (amount integer)
"""


@dataclass(frozen=True)
class Rights:
    """A database whose roles have done all of their work.

    Attributes:
        settings: jobs as one role, dbt as another.
        urls: of each role.
        home: of the server.
        name: of the database.
    """

    settings: Settings
    urls: dict[str, str]
    home: Path
    name: str

    def run(self, role: str, statement: str) -> None:
        """Run a statement as a role, and take it back."""
        with psycopg.connect(self.urls[role]) as connection:
            connection.execute(statement.encode())
            connection.rollback()


def apply(home: Path, database: str) -> None:
    with admin(home, database) as connection:
        connection.execute(NAMES.encode())
        connection.execute(SCRIPT)


@pytest.fixture(scope="module")
def rights(
    server: ServerInfo,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Rights]:
    """Made by the script, worked in by the roles, and built anew."""
    folder = tmp_path_factory.mktemp("rights")
    home = server.data_dir.parent.parent
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for variable in os.environ:
            if variable.startswith(("INSIGHTS_", "OPENAI_", "AZURE_OPENAI_", "PG")):
                patch.delenv(variable)
        stack.callback(drop_roles, home)
        database, _ = stack.enter_context(fresh_database(server, "template1"))
        for _ in range(2):  # not after the builds: what they make must have its rights without
            apply(home, database)
        with admin(home, database) as connection:
            connection.execute(NOTHING_ELSE)
            for role in (DBT, JOBS):
                connection.execute(f"alter role {role} password '{PASSWORD}'".encode())
        here = replace(server, database=database, password=SecretStr(PASSWORD))
        urls = {role: replace(here, user=role).url.get_secret_value() for role in (DBT, JOBS)}
        urls[READER] = here.reader_url.get_secret_value()
        settings = Settings(
            database_url=SecretStr(urls[JOBS]),
            dbt_database_url=SecretStr(urls[DBT]),
            home=folder / "home",
        )
        made = Rights(settings, urls, home, database)
        work(made, folder)
        yield made


def work(made: Rights, folder: Path) -> None:
    """What a pipeline does, as `run_pipeline.sh` does it."""
    settings = made.settings
    file = folder / "feedback.csv"
    rows = "".join(f"{key},{moment},{text}\n" for key, moment, text in TEXTS)
    file.write_text(f"feedback_id,created_at,feedback_text\n{rows}", encoding="utf-8")
    for _ in range(2):  # as `insights db prepare` does at each run
        with connect(dbt_connection(settings)) as connection:
            vectors.init_vectors(connection)
    load(settings, file)
    build(settings)
    with FakeOpenAI() as provider:
        asking = with_openai(settings, provider)
        embed(asking, Selection(batch_size=20, workers=2))
        tag(asking, Selection(batch_size=20, workers=2))
        parameters = ClusterParameters(method="graph", min_cluster_size=4)
        cluster(asking, parameters, period=Period())
        name(asking)
    judged = judge_candidate(settings)
    assert judged
    assert judged.status == "published"
    # what was built is built anew, and must come with the same rights
    build(settings, "--full-refresh")
    report.report(settings)
    assert index.build_index(settings.as_owner)


def drop_roles(home: Path) -> None:
    with admin(home) as connection:
        for role in (DBT, JOBS):
            connection.execute(f"drop role if exists {role}".encode())


ALLOWED = [
    (JOBS, "select * from marts.pending_embeddings"),
    (JOBS, "select * from marts.cluster_summary"),
    (JOBS, "insert into customer_insights.leases select * from customer_insights.leases"),
    (JOBS, "delete from raw.rejected_feedback"),
    (JOBS, "update vector_store.embeddings set model = model"),
    (JOBS, "create temporary table mine (x integer)"),
    (DBT, "create table marts.mine (x integer)"),
    (DBT, "alter table customer_insights.job_runs add column mine integer"),
    (DBT, "drop table snapshots.cluster_name_history cascade"),
    (READER, "select * from marts.feedback"),
    (READER, "select * from marts.cluster_summary"),
]
FORBIDDEN = [
    # jobs: no DDL, nothing of dbt's but the marts, and these for reading
    (JOBS, "create table customer_insights.mine (x integer)"),
    (JOBS, "create table raw.mine (x integer)"),
    (JOBS, "create table vector_store.mine (x integer)"),
    (JOBS, "create table marts.mine (x integer)"),
    (JOBS, "create view marts.mine as select 1 as x"),
    (JOBS, "create table public.mine (x integer)"),
    (JOBS, "create schema mine"),
    (JOBS, "drop extension vector"),
    (JOBS, "create role mine"),
    (JOBS, "alter table customer_insights.job_runs add column mine integer"),
    (JOBS, "alter table raw.customer_feedback drop column feedback_text"),
    (JOBS, "create index on vector_store.embeddings (model)"),
    (JOBS, "drop table raw.customer_feedback"),
    (JOBS, "drop view marts.pending_embeddings"),
    (JOBS, "truncate raw.customer_feedback"),
    (JOBS, "truncate customer_insights.embedded_items"),
    (JOBS, "insert into marts.feedback (feedback_id) values (null)"),
    (JOBS, "update marts.feedback set rating = 5"),
    (JOBS, "delete from marts.cluster_summary"),
    (JOBS, "select * from staging.stg_raw__customer_feedback"),
    (JOBS, "select * from intermediate.int_feedback__deduplicated"),
    (JOBS, "select * from snapshots.taxonomy_history"),
    (JOBS, "select * from elsewhere.salaries"),
    (JOBS, f"alter table raw.customer_feedback owner to {JOBS}"),
    (JOBS, f"set role {DBT}"),
    (JOBS, "copy raw.customer_feedback to program 'cat'"),
    (JOBS, "select pg_read_file('postgresql.conf')"),
    (JOBS, "set log_statement = 'all'"),
    # dbt: DDL in its own schemas only
    (DBT, "create table public.mine (x integer)"),
    (DBT, "create schema mine"),
    (DBT, "drop extension vector"),
    (DBT, "create role mine"),
    (DBT, "select * from elsewhere.salaries"),
    (DBT, "create table elsewhere.mine (x integer)"),
    (DBT, "drop table elsewhere.salaries"),
    (DBT, "alter role bi_reader superuser"),
    (DBT, f"set role {JOBS}"),
    (DBT, "copy raw.customer_feedback to program 'cat'"),
    (DBT, "set log_statement = 'all'"),
    # BI: what dbt grants
    (READER, "select * from raw.customer_feedback"),
    (READER, "update marts.feedback set rating = 5"),
    (READER, "select * from marts.pending_embeddings"),
    (READER, "select * from customer_insights.job_runs"),
    (READER, "select * from vector_store.embeddings"),
    (READER, "create temporary table mine (x integer)"),
    (READER, "create table public.mine (x integer)"),
    (READER, "create table marts.mine (x integer)"),
    (READER, f"set role {JOBS}"),
]


@pytest.mark.parametrize(("role", "statement"), ALLOWED)
def test_allowed(rights: Rights, role: str, statement: str) -> None:
    rights.run(role, statement)


@pytest.mark.parametrize(("role", "statement"), FORBIDDEN)
def test_forbidden(rights: Rights, role: str, statement: str) -> None:
    """Refused for want of a right, and for no other reason: an administrator may do each."""
    with pytest.raises(errors.InsufficientPrivilege):
        rights.run(role, statement)
    if statement.startswith(("copy", "set role", "alter role")):
        return  # a program would run; who is a superuser is no administrator's to say
    with (
        admin(rights.home, rights.name) as connection,
        connection.transaction(force_rollback=True),
        suppress(errors.DependentObjectsStillExist, errors.NotNullViolation),
    ):
        connection.execute(statement.encode())


def test_the_doctor_finds_nothing_missing(rights: Rights) -> None:
    with psycopg_connect(rights.settings, autocommit=True) as connection:
        found = [*rights_check(connection, rights.settings), *dbt_role(rights.settings)]
    assert [(check.name, check.status) for check in found] == [
        ("rights of the jobs", "ok"),
        ("rights of dbt", "ok"),
    ]


def test_the_doctor_finds_nothing_wrong(rights: Rights) -> None:
    checks = {check.name: check for check in examine(rights.settings)}
    assert [check for check in checks.values() if check.status == "fail"] == []
    for each in ("login", "encryption", "encoding", "writable"):
        assert checks[f"database: {each}"].status == "ok"
    for each in ("pgvector", "clock", "vectors: none lost", "job tables", "rights of dbt"):
        assert checks[each].status == "ok"
    assert PASSWORD not in str(checks)


def test_a_vector_that_was_lost_is_found_and_embedded_again(rights: Rights) -> None:
    def check(*, repair: bool = False) -> Check:
        (found,) = none_lost(rights.settings, repair=repair)
        return found

    one = "(select min(content_hash) from vector_store.embeddings)"
    with psycopg.connect(rights.urls[JOBS], autocommit=True) as connection:
        connection.execute(
            f"delete from vector_store.embeddings where content_hash = {one}".encode()
        )
        assert (check().status, check().found[:8]) == ("fail", "1 texts ")
        assert check().fix == "insights doctor --repair, then insights embed"
        assert check().status == "fail"
        assert (check(repair=True).status, check().status) == ("ok", "ok")
        pending = connection.execute("select count(*) from marts.pending_embeddings").fetchone()
    assert pending
    assert pending[0] > 0


@pytest.mark.parametrize(
    "taken",
    [
        f"revoke insert on customer_insights.job_runs from {JOBS}",
        f"revoke usage on schema marts from {JOBS}",
        f"revoke select on marts.pending_tags from {JOBS}",
        f"revoke temporary on database {{}} from {JOBS}",
    ],
)
def test_the_doctor_s_fix_gives_back_what_was_taken(rights: Rights, taken: str) -> None:
    with admin(rights.home, rights.name) as connection:
        connection.execute(taken.format(rights.name).encode())
    try:
        with psycopg_connect(rights.settings, autocommit=True) as connection:
            (check,) = rights_check(connection, rights.settings)
        assert check.status == "fail"
        with admin(rights.home, rights.name) as connection:
            for statement in check.fix.split(" (")[0].split("; "):
                connection.execute(statement.encode())
        with psycopg_connect(rights.settings, autocommit=True) as connection:
            (check,) = rights_check(connection, rights.settings)
        assert check.status == "ok"
    finally:
        apply(rights.home, rights.name)
