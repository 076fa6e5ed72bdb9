"""`insights cluster --local --input FILE` with the local model, and no database at all."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.clustering.memory import need
from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.settings import project_root

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

ROWS = 300
CLOSED = "postgresql://nobody:secret@127.0.0.1:1/nowhere"


@pytest.fixture
def feedback(tmp_path: Path) -> Path:
    """The demo's first rows, and one without a text."""
    path = tmp_path / "feedback.csv"
    demo = project_root() / "demo" / "feedback.csv"
    with (
        demo.open(encoding="utf-8", newline="") as source,
        path.open("w", encoding="utf-8", newline="") as target,
    ):
        writer = csv.writer(target)
        writer.writerows(islice(csv.reader(source), ROWS + 1))
        writer.writerow(["X-1", "2026-01-01T00:00:00Z", "survey", "", "", "  "])
    return path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("INSIGHTS_", "OPENAI_", "AZURE_OPENAI_", "PG"))
    }
    environment |= {
        "INSIGHTS_DATABASE_URL": CLOSED,
        "INSIGHTS_HOME": str(folder / "home"),
        "INSIGHTS_PROVIDER": "local",
        "PYTHONPATH": str(project_root()),
    }
    command = [sys.executable, "-m", "python_jobs", "cluster", "--local", "--json", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=environment
    )


def counts(finished: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert finished.returncode == 0, finished.stderr
    found: dict[str, Any] = json.loads(finished.stdout)
    return found


def assignments(folder: Path) -> list[dict[str, str]]:
    (path,) = folder.glob("cluster_assignments_*.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_no_database_is_touched_and_a_second_run_embeds_nothing(
    tmp_path: Path, feedback: Path
) -> None:
    first = run(tmp_path, "--input", str(feedback), "--method", "graph")
    found = counts(first)
    assert (found["rows_in"], found["rejected"], found["given_up"]) == (ROWS + 1, 1, 0)
    assert found["embedded"] == found["count_texts"] > 200
    assert found["cached"] == 0
    assert found["count_feedback"] == ROWS
    assert found["count_clusters"] > 0
    rows = assignments(tmp_path / "cluster_output")
    assert len(rows) == len({row["feedback_id"] for row in rows}) == ROWS
    assert {"cluster_path", "membership_probability"} <= set(rows[0])
    report = (tmp_path / "cluster_output" / "summary_report.txt").read_text(encoding="utf-8")
    assert "feedback.csv" in report
    assert "1 of 301 rows that cannot be used" in report
    # only the cache: no server was started
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["cache"]

    arguments = ("--input", str(feedback), "--method", "graph", "--output-dir", "again")
    narrow = need(ClusterParameters(method="graph"), found["count_texts"], 384).held - 1
    finished = run(tmp_path, *arguments, "--memory-limit", str(narrow))
    assert "stay on disk" in finished.stderr
    again = counts(finished)
    assert (again["embedded"], again["cached"]) == (0, found["count_texts"])
    paths = {row["feedback_id"]: row["cluster_path"] for row in rows}
    assert paths == {
        row["feedback_id"]: row["cluster_path"] for row in assignments(tmp_path / "again")
    }
    stopped = run(tmp_path, *arguments, "--memory-limit", "1MiB")
    assert stopped.returncode == 2
    assert "the limit is 1 MiB" in stopped.stderr


def test_without_the_file_the_closed_database_would_have_been_asked(tmp_path: Path) -> None:
    finished = run(tmp_path)
    assert finished.returncode == 4
    assert "secret" not in finished.stderr


def test_a_bare_file_of_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "bare.jsonl"
    texts = ["the sole came off", "parcel arrived late", "size runs small", "app crashed"]
    with path.open("w", encoding="utf-8") as file:
        for at in range(80):
            row = {"id": at, "text": f"{texts[at % 4]}, order {at // 4 % 15}"}
            file.write(json.dumps(row) + "\n")
    maps = ("--method", "graph", "--map", "id=feedback_id", "--map", "text=feedback_text")
    found = counts(run(tmp_path, "--input", str(path), *maps))
    assert (found["rows_in"], found["count_feedback"], found["count_texts"]) == (80, 80, 60)
    dated = run(tmp_path, "--input", str(path), *maps, "--start-date", "2026-01-01")
    assert dated.returncode == 2
    assert "has no column created_at" in dated.stderr
