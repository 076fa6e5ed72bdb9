"""From somebody's own table to marts, vectors in another database; on SQL Server if there is one.

`SQLSERVER_TEST_URL=… pytest FILE` runs everything there as well; without it the same tests show on
Postgres that they are right.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.doctor import feedback_table
from python_jobs.jobs.embed import embed
from python_jobs.jobs.pending import Selection
from tests.integration.dbt_builds import build
from tests.integration.pipeline.conftest import clean_environment
from tests.integration.pipeline.warehouses import (
    ODD,
    SHOP,
    URL,
    Place,
    created,
    ordinary,
    place,
    utc,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.storage.embedded import ServerInfo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

WAREHOUSES = [
    "postgres",
    pytest.param(
        "sqlserver",
        marks=pytest.mark.skipif(
            not URL, reason="SQLSERVER_TEST_URL names no SQL Server, and none can be started here"
        ),
    ),
]
COUNT = 60
WRITTEN = (
    "select count(*), max(embedded_at) from {}customer_insights.embedded_items",
    "select count(*), max(tagged_at) from {}customer_insights.tagged_items",
    "select count(*), max(named_at) from {}customer_insights.clusters",
)
"""What a call to a model ends in."""
EMBEDDED = "select count(*) from {}customer_insights.embedded_items"
PENDING = "select count(distinct content_hash) from {}marts.pending_embeddings"
KILLED = """
import os, signal
from python_jobs.jobs.embed import embed
from python_jobs.jobs.pending import Selection
from python_jobs.settings import Settings
from python_jobs.storage import results
results.record_embedded = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
embed(Settings(), Selection(batch_size=4, workers=1))
"""


@pytest.fixture(scope="module", params=WAREHOUSES)
def shop(
    request: pytest.FixtureRequest, server: ServerInfo, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """Reviews, and a whole run of the pipeline over them."""
    with place(request.param, server, tmp_path_factory.mktemp(request.param)) as made:
        made.write([*ordinary(1, COUNT), *ODD.items(), (9004, None), (9005, " \t")])
        code, said = _insights(made, "pipeline", "--method", "graph", "--min-cluster-size", "5")
        assert code == 0, said
        assert f"load: nothing to do, dbt reads {SHOP}.Reviews where it lies" in said
        yield made


def test_every_review_that_says_something_is_in_the_mart(shop: Place) -> None:
    found = shop.rows(
        "select feedback_id, feedback_text, created_at, rating, product from {}marts.feedback"
    )
    by_id = {row[0]: row[1:] for row in found}
    assert by_id.keys() == {str(number) for number in (*range(1, COUNT + 1), *ODD)}
    for number, text in (*ODD.items(), ordinary(7, 1)[0]):
        stars = Decimal(number % 9) / 2 + 1 if number % 9 else None
        article = ("Boot", "Größe 日本", None)[number % 3]
        assert by_id[str(number)] == (text, utc(created(number)), stars, article)


def test_vectors_are_there_and_their_records_here(shop: Place) -> None:
    count = COUNT + len(ODD)
    embedded = shop.rows("select count(*), count(distinct content_hash) from "
                         "{}customer_insights.embedded_items")  # fmt: skip
    assert embedded[0][0] >= count
    assert embedded[0][1] <= shop.stored_vectors()
    ((published,),) = shop.rows(
        "select count(*) from {}customer_insights.cluster_runs where status = 'published'"
    )
    assert published == 1
    ((segments,),) = shop.rows("select count(*) from {}marts.cluster_summary where depth = 1")
    assert segments >= 2
    ((tagged,),) = shop.rows("select count(*) from {}customer_insights.tagged_items")
    assert tagged >= count


def test_the_doctor_reads_the_table_and_says_where_it_cannot(shop: Place) -> None:
    (found,) = feedback_table.checks(shop.settings)
    assert (found.status, found.found) == ("ok", f"{SHOP}.Reviews can be read")
    folder = shop.settings.home
    folder.mkdir(exist_ok=True)
    (folder / "dbt_project.yml").write_text(
        f"vars: {{feedback_schema: {SHOP}, feedback_table: Review}}", encoding="utf-8"
    )
    wrong = shop.settings.model_copy(update={"dbt_project_dir": folder})
    (missing,) = feedback_table.checks(wrong)
    assert missing.status == "fail"
    assert f"grant select on {SHOP}.Review" in missing.fix


def test_a_rerun_makes_no_call_and_changes_no_mart(shop: Place) -> None:
    before, written = shop.marts(), [shop.rows(each) for each in WRITTEN]
    assert {"feedback", "clusters", "cluster_summary", "tag_summary"} <= before.keys()
    steps = "embed,tag,cluster,name,publish"
    given = ("--steps", steps, "--method", "graph", "--min-cluster-size", "5")
    code, said = _insights(shop, "pipeline", *given)
    assert code == 0, said
    build(shop.settings)
    assert [shop.rows(each) for each in WRITTEN] == written
    after = shop.marts()
    assert {name for name in before if before[name] != after[name]} == set()


def test_a_kill_between_vectors_and_record_costs_nothing(shop: Place) -> None:
    shop.write(ordinary(2000, 8))
    _stage(shop)
    vectors = shop.stored_vectors()
    assert shop.rows(PENDING) == [(8,)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED],
        env=clean_environment() | shop.environment,
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert shop.stored_vectors() == vectors + 4
    assert shop.rows(PENDING) == [(8,)]
    tally = embed(shop.settings, Selection(batch_size=4, workers=1))
    assert (tally.found, tally.done) == (4, 4)
    assert shop.stored_vectors() == vectors + 8
    assert shop.rows(PENDING) == [(0,)]


def test_two_workers_share_without_overlap(shop: Place) -> None:
    shop.write(ordinary(3000, 30))
    _stage(shop)
    vectors = shop.stored_vectors()
    command = _command("embed", "--batch-size", "2", "--max-workers", "1", "--json")
    workers = [
        subprocess.Popen(command, env=clean_environment() | shop.environment, **_PIPES)
        for _ in range(2)
    ]
    said = [each.communicate(timeout=600) for each in workers]
    assert [each.returncode for each in workers] == [0, 0], said
    counts = [_json(out) for out, _ in said]
    assert sum(each["done"] for each in counts) == 30, counts
    assert [(each["found"], each["lost"]) for each in counts] == [(0, 0)] * 2
    assert shop.stored_vectors() == vectors + 30
    assert shop.rows(PENDING) == [(0,)]


def test_what_nobody_says_any_more_is_forgotten(shop: Place) -> None:
    shop.write(ordinary(4000, 3))
    _stage(shop)
    embed(shop.settings, Selection(batch_size=4, workers=1))
    vectors, ((texts,),) = shop.stored_vectors(), shop.rows(EMBEDDED)
    shop.delete(4000, 4002)
    code, said = _insights(shop, "forget", "--orphans", "--yes")
    assert code == 0, said
    assert shop.rows(EMBEDDED) == [(texts - 3,)]
    assert shop.stored_vectors() == vectors - 3


_PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def _json(text: str) -> dict[str, int]:
    found: dict[str, int] = json.loads(text)
    return found


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "python_jobs", *arguments]


def _insights(shop: Place, *arguments: str) -> tuple[int, str]:
    """A command as a process of its own, and all that it says."""
    finished = subprocess.run(
        _command(*arguments),
        env=clean_environment() | shop.environment,
        cwd=shop.environment["INSIGHTS_DBT_PROJECT_DIR"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout


def _stage(shop: Place) -> None:
    """What is new becomes pending."""
    build(shop.settings, "--select", "+pending_embeddings", "--exclude-resource-type", "seed")
