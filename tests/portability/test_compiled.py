"""What dbt compiles for SQL Server, without a server or a setting, means what it means here."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from python_jobs.jobs.children import python_program
from python_jobs.jobs.dbt import run_dbt
from python_jobs.storage.connection import psycopg_connect
from tests.integration.conftest import database, own_home, server, settings  # noqa: F401
from tests.integration.jobs.conftest import query
from tests.portability import own_table, storage_rows, transpiled
from tests.portability.conftest import ROOT
from tests.portability.every_case import prepare
from tests.portability.kinds import Tables, tables_of
from tests.portability.logic import untested
from tests.portability.project import definitions, follow, key_bytes, misunderstandings
from tests.portability.rules import Code, Finding, findings
from tests.portability.storage_statements import SCRATCH_TABLES, queries_of, statements
from tests.portability.token_rules import TOKEN_RULES
from tests.portability.tree_rules import TREE_RULES
from tests.portability.vocabulary import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from python_jobs.settings import Settings
    from tests.portability.conftest import Offline

pytestmark = pytest.mark.slow

_ABOUT_TEMPLATES = "layout, references.qualification, capitalisation, convention.casting_style"
"""Rules that compiled text breaks where a macro wrote it: its lines, names and `convert`s."""

RULES = TOKEN_RULES + TREE_RULES


def report(found: Iterable[Finding]) -> str:
    return "\n".join(str(each) for each in found)


def test_dbt_parses_and_compiles_everything_without_a_server(offline: Offline) -> None:
    nodes = offline.manifest["nodes"].values()
    names = {
        kind: {node["unique_id"].split(".")[2] for node in nodes if node["resource_type"] == kind}
        for kind in ("model", "test")
    }
    assert set(offline.models) == names["model"]
    assert set(offline.tests) == names["test"]
    growing = {node["name"] for node in nodes if node["config"]["materialized"] == "incremental"}
    assert set(offline.incremental) == growing
    for name, text in offline.incremental.items():
        assert text != offline.models[name], f"{name} is the same in both forms"
    told = ("int_feedback__deduplicated", "int_clusters__published", "int_taxonomy__categories")
    assert set(told) <= set(offline.past)
    assert all("_as_of_" not in text for text in offline.past.values())


def test_models_and_tests_are_t_sql(offline: Offline) -> None:
    found = [
        finding
        for forms in (offline.models, offline.incremental, offline.snapshots, offline.past)
        for name, text in forms.items()
        for finding in findings(name, text, RULES)
    ]
    found += findings("own table", offline.own, RULES)
    for name, text in offline.tests.items():
        found += findings(name, text, [rule for rule in RULES if not rule.models_only])
    assert not found, report(found)


def test_definitions_of_tables_are_t_sql(offline: Offline) -> None:
    ddl = list(definitions(offline.statements))
    found = [each for text in ddl for each in findings(text[:60], text, TOKEN_RULES)]
    assert not found, report(found)
    made = tables_of(ddl)
    assert [name for columns in made.values() for name in columns if name in RESERVED] == []
    nodes = offline.manifest["nodes"].values()
    for node in (*offline.manifest["sources"].values(), *nodes):
        contract = node["resource_type"] == "model" and node["config"]["materialized"] != "view"
        if node["resource_type"] in ("source", "seed") or (
            contract and node["contract"]["enforced"]
        ):
            name = node.get("alias") or node["identifier"]
            assert (node["schema"], name) in made, f"no definition of {name} was checked"


def test_marts_for_bi_are_granted_and_described(offline: Offline) -> None:
    granted = {
        (schema, name)
        for text in offline.statements
        for schema, name in re.findall(
            r'grant select on (?:\S+\.)?"?(\w+)"?\."?(\w+)"? to \[bi_reader\]', text
        )
    }
    nodes = [
        node
        for node in offline.manifest["nodes"].values()
        if node["original_file_path"].startswith("models/marts/insights/")
        and node["resource_type"] == "model"
    ]
    assert granted == {(node["schema"], node["alias"]) for node in nodes}
    described = "\n".join(text for text in offline.statements if "MS_Description" in text)
    for node in nodes:
        # Its columns too, once the database says that they exist: here none does.
        words = node["description"].replace("'", "''")
        assert f"N'{words}'" in described, node["name"]


@pytest.fixture(scope="module")
def followed(offline: Offline) -> tuple[list[Finding], Tables]:
    """What the rules over types find in all models, and the columns of all tables."""
    known: Tables = {}
    return list(follow(offline, known)), known


def test_types_and_collations_mean_the_same(followed: tuple[list[Finding], Tables]) -> None:
    found, _ = followed
    assert not found, report(found)


def test_jobs_know_the_tables_that_dbt_makes(followed: tuple[list[Finding], Tables]) -> None:
    _, known = followed
    missing = {
        (str(element.table.schema), element.table.name, element.name)
        for _, statement in statements().values()
        for element in sa.sql.visitors.iterate(statement)
        if isinstance(element, sa.Column)
        and isinstance(element.table, sa.Table)
        and element.table.schema not in {None, "INFORMATION_SCHEMA"}  # scratch, and SQL Server's
        and element.name not in known.get((str(element.table.schema), element.table.name), {})
    }
    assert missing == set()


def test_what_jobs_ask_has_types_and_collations_that_agree(
    followed: tuple[list[Finding], Tables],
) -> None:
    _, known = followed
    found = [
        finding
        for name, statement in statements().values()
        for query in queries_of(statement)
        for finding in misunderstandings(name, Code(query), known | SCRATCH_TABLES)
    ]
    assert not found, report(found)


def test_keys_fit_into_an_index(offline: Offline) -> None:
    ddl = [text for text in definitions(offline.statements) if re.search(r"(?i)create table", text)]
    keys = [key_bytes(text) for text in ddl]
    assert any(width > 900 for _, width, _ in keys)  # or the widest ones were overlooked
    assert [each for each in keys if each[1] > each[2]] == []


def test_sqlfluff_finds_nothing(offline: Offline, tmp_path: Path) -> None:
    """As `tests/integration/test_sqlfluff.py` on Postgres, but for the white space of macros."""
    assertions = {name: text for name, text in offline.tests.items() if name.startswith("assert_")}
    for name, text in {**offline.models, **assertions}.items():
        (tmp_path / f"{name}.sql").write_text(text.strip() + "\n", encoding="utf-8")
    config = (ROOT / ".sqlfluff").read_text(encoding="utf-8")
    changes = {
        "dialect = postgres": "dialect = tsql",
        "templater = dbt": "templater = raw",
        "exclude_rules = ": f"exclude_rules = {_ABOUT_TEMPLATES}, ",
    }
    for before, after in changes.items():
        assert before in config
        config = config.replace(before, after)
    (tmp_path / "sqlfluff.cfg").write_text(config, encoding="utf-8")
    finished = subprocess.run(
        [
            *python_program("sqlfluff", "sqlfluff.cli.commands", "cli"),
            *("lint", "--nocolor", "--config", "sqlfluff.cfg", "."),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_every_model_with_logic_has_a_unit_test(offline: Offline) -> None:
    models = {name: Code(text) for name, text in offline.models.items()}
    assert list(untested(models, offline.manifest)) == []


def test_t_sql_and_native_models_have_the_same_rows(
    offline: Offline,
    settings: Settings,  # noqa: F811
    tmp_path: Path,
) -> None:
    prepare(settings, tmp_path)
    with psycopg_connect(settings) as connection:
        transpiled.build(connection, offline.models, offline.manifest)
        assert transpiled.differences(connection, offline.manifest) == {}
        counts = transpiled.count_rows(connection, offline.manifest, "marts")
        assert [name for name, count in counts.items() if not count] == []
        # and what the jobs ask of them, of the same tables
        wrong, count = storage_rows.differences(settings, connection)
        assert wrong == []
        assert count > 40


def test_a_table_of_ones_own_is_read_alike(
    offline: Offline,
    settings: Settings,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And on Postgres what it says does not depend on where the reader's clock stands."""
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))  # or all is parsed anew after it
    query(settings, own_table.TABLE)
    selected = ("--select", own_table.MODEL, "--indirect-selection", "empty")
    assert run_dbt(settings, ["run", *selected, "--vars", json.dumps(own_table.VARS)]) == 0
    with psycopg_connect(settings) as connection:
        connection.execute("set timezone to 'America/New_York'")
        native = connection.execute(f"select * from staging.{own_table.MODEL}").fetchall()
        transpiled.prepare(connection)
        connection.execute(f"create schema {transpiled.PREFIX}shop")
        transpiled.view_of_table(connection, *own_table.PLACE)
        text = transpiled.to_postgres(offline.own)
        translated = connection.execute(text.encode()).fetchall()
    assert sorted(map(_comparable, native)) == sorted(map(_comparable, translated))
    assert [(row[0], row[2], row[3], row[6], row[9], row[10]) for row in sorted(native)] == [
        ("1", "12", "Größe  日本 🥾", "Boot", "shop.reviews", 5),
        ("2", None, "GRÖSSE", None, "shop.reviews", None),
    ]
    assert [[f"{time:%d %H:%M:%S.%f}" for time in row[-3:]] for row in sorted(native)] == [
        ["31 00:00:00.000000", "31 00:00:00.000000", "01 23:30:00.123456"],
        ["01 00:00:00.000000", "01 00:00:00.000000", "02 00:00:00.000000"],
    ]


def _comparable(row: tuple[object, ...]) -> list[str]:
    """JSON is text on SQL Server."""
    return ["{}" if each == {} else str(each) for each in row]
