"""The dbt project keeps the rules that it set itself, and each rule finds what breaks it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.children import python_program
from python_jobs.storage.report import MARTS as REPORT_MARTS
from tests.manifest import recorded
from tests.manifest.fragments import BROKEN, sound
from tests.manifest.rules import EVERY_RULE, models
from tests.portability.conftest import dbt_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.manifest.rules import Manifest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Parsed only: nothing is compiled and no database is asked."""
    folder = tmp_path_factory.mktemp("manifest")
    finished = subprocess.run(
        [*python_program("dbt", "dbt.cli.main", "cli"), "parse"],
        env=dbt_environment(folder, "local"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    found: Manifest = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(
    manifest: Manifest, rule: Callable[[Manifest], Iterator[str]]
) -> None:
    assert list(rule(manifest)) == []


@pytest.mark.slow
def test_the_exposure_of_the_report_names_the_marts_it_reads(manifest: Manifest) -> None:
    exposure = manifest["exposures"]["exposure.customer_insights.insights_report"]
    named = {node.split(".")[-1] for node in exposure["depends_on"]["nodes"]}
    assert named == {*REPORT_MARTS, "price_list"}  # the price of a worded headline


@pytest.mark.parametrize("rule", EVERY_RULE, ids=lambda rule: rule.__name__)
def test_a_sound_manifest_breaks_no_rule(rule: Callable[[Manifest], Iterator[str]]) -> None:
    assert list(rule(sound())) == []


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        pytest.param(rule, change, id=f"{rule.__name__}-{number}")
        for rule in EVERY_RULE
        for number, change in enumerate(BROKEN[rule])
    ],
)
def test_a_broken_manifest_is_found(
    rule: Callable[[Manifest], Iterator[str]], change: Callable[[Manifest], None]
) -> None:
    fragment = sound()
    change(fragment)
    assert list(rule(fragment))


@pytest.mark.slow
def test_columns_of_marts_are_those_recorded(manifest: Manifest) -> None:
    record = recorded.read(recorded.RECORD.read_text(encoding="utf-8"))
    assert list(recorded.differences(record, recorded.columns(manifest))) == []


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (["a string", "b text"], []),
        (["a string"], ["sales.b text is gone"]),
        (["a string", "b string"], ["sales.b text is gone", "sales.b string is new"]),
        (["b text", "a string"], ["sales: columns have moved"]),
        (["a string", "b text", "c date"], ["sales.c date is new"]),
        (["c date", "a string", "b text"], ["sales: new columns go", "sales.c date is new"]),
    ],
)
def test_what_a_dashboard_notices_is_told(after: list[str], told: list[str]) -> None:
    record = recorded.read("sales a string\nsales b text\n")
    found = list(recorded.differences(record, {"sales": after}))
    assert len(found) == len(told)
    for each, start in zip(found, told, strict=True):
        assert each.startswith(start)


@pytest.mark.slow
def test_descriptions_fit_into_sql_server(manifest: Manifest) -> None:
    """dbt-sqlserver writes them as `MS_Description`, and cuts what is longer without a word."""
    for node in models(manifest):
        for each in (node, *node["columns"].values()):
            assert len(each["description"]) <= 3750, f"{node['name']} {each['name']}"


def test_no_file_asks_for_the_target() -> None:
    """Properties too, which the manifest shows only when they are rendered."""
    rooms = ("models", "macros", "seeds", "tests", "snapshots")
    files = [
        file
        for room in rooms
        for kind in ("yml", "sql")
        for file in (ROOT / "dbt_project" / room).rglob(f"*.{kind}")
    ]
    assert len(files) > 100
    asking = [
        file.name
        for file in files
        if re.search(r"\btarget\s*\.\s*(type|name)\b", file.read_text(encoding="utf-8"))
    ]
    assert asking == []
