"""`./run_pipeline.sh --source FILE` on a Postgres of one's own, and what goes wrong."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Checkout

HEADINGS = ["ID", "created_at", "source", "product", "rating", "Review Text", "country"]


@pytest.fixture
def feedback(tmp_path: Path) -> Path:
    """200 rows of the demo under other headings, and three that cannot be used."""
    file = tmp_path / "my feedback.csv"
    with (ROOT / "demo" / "feedback.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))[:200]
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADINGS)
        for row in rows:
            writer.writerow(
                [
                    row["feedback_id"],
                    row["created_at"],
                    row["source"],
                    row["product"],
                    row["rating"],
                    row["feedback_text"],
                    row["country"],
                ]
            )
        writer.writerow(["", "2026-01-01", "", "", "", "no id", ""])
        writer.writerow(["bad-date", "yesterday", "", "", "", "no date", ""])
        writer.writerow(["bad-rating", "2026-01-01", "", "", "11", "no rating", ""])
    return file


@pytest.mark.slow
def test_a_file_of_one_s_own_on_one_s_own_postgres(
    checkout: Checkout, database: str, feedback: Path
) -> None:
    arguments = ["--source", str(feedback), "--map", "ID=feedback_id"]
    arguments += ["--map=Review Text=feedback_text", "--min-cluster-size", "5", "--limit", "150"]
    finished = checkout.pipeline(*arguments, INSIGHTS_DATABASE_URL=database)
    assert finished.returncode == 0, finished.stderr
    assert "Setting up" not in finished.stderr, "an environment that fits is used as it is"
    assert "203 rows in = 200 loaded + 0 unchanged + 0 updated + 3 rejected" in finished.stderr
    assert database.split("@")[0] not in finished.stderr + finished.stdout
    counted = checkout.run(
        "insights",
        "db",
        "psql",
        "-Atc",
        "select (select count(*) from marts.feedback), "
        "(select count(*) from raw.rejected_feedback), "
        "(select count(*) from vector_store.embeddings), "
        "(select count(distinct content_hash) from marts.feedback where cluster_path is not null)",
        INSIGHTS_DATABASE_URL=database,
    )
    assert counted.stdout.strip() == "200|3|150|150"


@pytest.mark.slow
def test_each_step_runs_alone_and_failure_names_its_step(
    checkout: Checkout, database: str, tmp_path: Path
) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("feedback_id,created_at,text\n1,2026-01-01,hello\n", encoding="utf-8")
    only_load = ["--steps", "load", "--source", str(file)]
    finished = checkout.pipeline(*only_load, INSIGHTS_DATABASE_URL=database)
    assert finished.returncode == 12
    assert "--map 'text=feedback_text'" in finished.stderr
    assert "Traceback" not in finished.stderr
    finished = checkout.pipeline("--steps", "embed", INSIGHTS_DATABASE_URL=database)
    assert finished.returncode == 14
    assert "dbt build" in finished.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--source", "nowhere.csv"], "no file nowhere.csv"),
        (["--demo", "--source", "README.md"], "do not go together"),
        (["--dmeo"], "--dmeo"),
        (["--steps", "load,dance"], "no step 'dance'"),
        (["--limit"], "--limit needs a value"),
        (["--map", "a=b"], "--map goes with --source"),
        (["--demo", "--recursive-depth", "0"], "recursive-depth"),
        (["--demo", "--start-date", "2026-02-01", "--end-date", "2026-01-01"], "is after"),
        (["--demo", "--provider", "openai"], "OPENAI_API_KEY"),
    ],
)
def test_wrong_usage_is_said_before_anything_happens(
    checkout: Checkout, arguments: list[str], message: str
) -> None:
    finished = checkout.pipeline(*arguments, INSIGHTS_DATABASE_URL="postgresql://nobody@nowhere/x")
    assert finished.returncode == 2, finished.stderr
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr


def test_help_names_every_exit_code(checkout: Checkout) -> None:
    finished = checkout.pipeline("--help")
    assert finished.returncode == 0
    for code in (0, 2, 6, 75, 130, 143, *range(10, 21)):
        assert f"{code} " in finished.stdout


def test_an_unreachable_database_has_its_exit_code(checkout: Checkout) -> None:
    secret = "hunter2"
    finished = checkout.pipeline(
        "--demo", INSIGHTS_DATABASE_URL=f"postgresql://me:{secret}@127.0.0.1:1/x"
    )
    assert finished.returncode == 11
    assert secret not in finished.stderr
    assert "cannot be reached" in finished.stderr


def test_log_lines_are_json_where_nobody_watches(checkout: Checkout) -> None:
    finished = checkout.run("insights", "embed", "--check", "--provider", "local")
    assert finished.returncode == 0, finished.stderr
    events = [json.loads(line) for line in finished.stderr.splitlines()]
    assert events
    assert all({"at", "level", "message"} <= set(event) for event in events)
