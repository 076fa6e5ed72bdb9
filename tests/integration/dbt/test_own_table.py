"""dbt reads feedback from somebody's own table: the same marts, and clear words where it cannot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from python_jobs.jobs.dbt import run_dbt
from python_jobs.settings import project_root
from python_jobs.storage.connection import psycopg_connect
from python_jobs.storage.environment import dbt_environment
from tests.integration.dbt_builds import build, parsed_target
from tests.integration.jobs.conftest import query, staged, staged_template  # noqa: F401
from tests.integration.jobs.forgotten import pretend_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from python_jobs.settings import Settings

pytestmark = pytest.mark.slow

FROM_LOADED = """
update raw.customer_feedback set
    source = case when feedback_id like 'app%' then 'App' else 'shop' end,
    product = case when feedback_id like 'sole%' then 'Stiefel 日本' end,
    rating = case when feedback_id <> 'poison' then 1 + ascii(content.digest) % 5 end,
    attributes = jsonb_build_object('customer_id', 'c' || ascii(content.digest) % 3, 'size', 42)
from (select feedback_id as key, md5(feedback_id) as digest from raw.customer_feedback) as content
where key = feedback_id;
"""
MOVED = """
create schema shop;
create table shop."Reviews" as
select feedback_id::varchar(40) as "ReviewNo", created_at at time zone 'UTC' as "given on",
    source as channel, product::varchar(100) as article, rating::smallint as stars,
    feedback_text::varchar as body, attributes::text as extra,
    loaded_at, updated_at at time zone 'UTC' as changed
from raw.customer_feedback;
insert into shop."Reviews" ("ReviewNo", "given on", stars) values ('stars only', now(), 5);
truncate raw.customer_feedback;
"""
VARS = {
    "feedback_schema": "shop",
    "feedback_table": "Reviews",
    "feedback_columns": {
        "feedback_id": "ReviewNo",
        "created_at": "given on",
        "feedback_text": "body",
        "source": "channel",
        "product": "article",
        "rating": "stars",
        "attributes": "extra",
        "loaded_at": "loaded_at",
        "updated_at": "changed",
    },
}
REVIEWS = {
    "feedback_schema": "shop",
    "feedback_table": "reviews",
    "feedback_columns": {"rating": "rating"},
}
DIFFERENT = ["batch", "origin"]
"""When a text came into the project, and from where."""


@pytest.fixture(scope="module", autouse=True)
def _parsed_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """With other vars dbt parses everything anew: other tests need not do so after these."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_TARGET_PATH", parsed_target(tmp_path_factory.mktemp("own_table")))
        yield


def test_the_marts_are_those_of_loaded_feedback(staged: Settings) -> None:  # noqa: F811
    query(staged, FROM_LOADED)
    pretend_jobs(staged)
    build(staged)
    loaded = _built(staged)
    query(staged, MOVED)
    build(staged, "--full-refresh", "--vars", json.dumps(VARS))
    own = _built(staged)
    assert {name for name in loaded if loaded[name] != own[name]} == set()
    assert own.keys() == loaded.keys()
    assert len(own["marts", "feedback"]) == 34
    origins = query(staged, "select distinct origin from staging.stg_raw__customer_feedback")
    assert origins == [("shop.Reviews",)]


def test_keys_that_are_null_or_come_twice_stop_the_build(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    query(
        settings,
        "create schema shop; create table shop.reviews (feedback_id integer, created_at date, "
        "feedback_text text, rating integer); insert into shop.reviews values "
        "(1, '2026-01-01', 'one'), (1, '2026-01-01', 'two'), (null, '2026-01-01', 'three'), "
        "(4, null, 'four')",
    )
    selected = ("stg_raw__customer_feedback", "--indirect-selection", "cautious")
    assert run_dbt(settings, ["build", "--select", *selected, "--vars", json.dumps(REVIEWS)]) == 1
    said = capfd.readouterr().err
    for test in ("unique", "not_null"):
        assert f"Failure in test {test}_stg_raw__customer_feedback_feedback_id" in said
    assert "Failure in test not_null_stg_raw__customer_feedback_created_at" in said


def test_an_edit_that_no_column_tells_of_is_seen(settings: Settings) -> None:
    query(
        settings,
        "create schema shop; create table shop.reviews (feedback_id integer, created_at date, "
        "feedback_text text, rating integer); insert into shop.reviews values "
        "(1, '2026-01-01', 'warm', 5), (2, '2026-01-01', 'wet', 5), (3, '2026-01-01', 'dry', 5)",
    )
    models = ("stg_raw__customer_feedback", "int_feedback__deduplicated")
    arguments = ["run", "--select", *models, "--vars", json.dumps(REVIEWS)]
    assert run_dbt(settings, arguments) == 0
    query(
        settings,
        "update shop.reviews set feedback_text = 'WARM' where feedback_id = 1; "
        "update shop.reviews set rating = 1 where feedback_id = 2; "
        "delete from shop.reviews where feedback_id = 3",
    )
    assert run_dbt(settings, arguments) == 0
    built = query(
        settings,
        "select feedback_id, feedback_text, rating from intermediate.int_feedback__deduplicated "
        "order by feedback_id",
    )
    assert built == [("1", "WARM", 5), ("2", "wet", 1)]


def test_what_cannot_be_feedback_is_said_before_anything_is_built(
    settings: Settings, tmp_path: Path
) -> None:
    query(
        settings,
        'create schema shop; create table shop.reviews (id integer, "Body" text, picture bytea, '
        "given timestamptz, opening time); create table shop.returns (id integer)",
    )
    table = {"feedback_schema": "shop", "feedback_table": "reviews"}
    good = {"feedback_id": "id", "feedback_text": "Body", "created_at": "given"}
    cases = [
        ({}, ""),
        (table | {"feedback_columns": good}, ""),
        ({"feedback_table": "reviews"}, "feedback_schema is not: dbo, public"),
        ({"feedback_schema": "shop"}, "feedback_table is not set"),
        (table | {"feedback_table": "review"}, "no shop.review, or this login may not read it"),
        (table | {"feedback_table": "review"}, "did you mean shop.reviews or shop.returns?"),
        (table | {"feedback_schema": "dbo", "feedback_table": "x"}, "there is shop.returns, shop."),
        (table | {"feedback_columns": good | {"feedback_text": "body"}}, "did you mean Body?"),
        (table | {"feedback_columns": good | {"feedback_text": "text"}}, "no column text (for fe"),
        (table | {"feedback_columns": good | {"ratng": "id"}}, "no ratng; did you mean rating?"),
        (table | {"feedback_columns": good | {"feedback_text": "picture"}}, "picture of shop.revi"),
        (table | {"feedback_columns": good | {"updated_at": "opening"}}, "needs a date or a time"),
        (table | {"feedback_columns": "id=feedback_id"}, "is no mapping"),
    ]
    words = _said(settings, tmp_path, [variables for variables, _ in cases])
    for (variables, wanted), said in zip(cases, words, strict=True):
        assert (wanted in said) if wanted else not said, (variables, said)


def _said(settings: Settings, folder: Path, variables: list[dict[str, object]]) -> list[str]:
    """What a project with our macros and no models says to each of these vars."""
    ours = project_root() / "dbt_project"
    shutil.copytree(ours / "macros", folder / "macros")
    (folder / "models").mkdir()
    for name in ("dbt_project.yml", "models/_groups.yml"):
        shutil.copyfile(ours / name, folder / name)
    shutil.copyfile(project_root() / "profiles.yml.example", folder / "profiles.yml")
    finished = subprocess.run(
        [sys.executable, "-m", "tests.integration.dbt.own_table_checks"],
        input=json.dumps(variables),
        env={**os.environ, **dbt_environment(settings)}
        | {"DBT_PROFILES_DIR": str(folder), "DBT_PROJECT_DIR": str(folder)}
        | {"DBT_TARGET_PATH": str(folder / "target"), "DBT_LOG_PATH": str(folder / "logs")},
        cwd=project_root(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    found: list[str] = json.loads(finished.stdout.splitlines()[-1])
    return found


def _built(settings: Settings) -> dict[tuple[str, str], list[str]]:
    """The rows of everything that dbt built, as JSON."""
    with psycopg_connect(settings) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('staging', 'intermediate', 'marts') "
        ).fetchall()
        found = {}
        for schema, name in names:
            statement = sql.SQL("select (to_jsonb(each) - {}::text[])::text from {} as each")
            rows = connection.execute(
                statement.format(DIFFERENT, sql.Identifier(schema, name))
            ).fetchall()
            found[schema, name] = sorted(row[0] for row in rows)
        return found
