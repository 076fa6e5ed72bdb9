"""`insights cluster --sweep` as it is typed: from a file, on vectors that are planted."""

from __future__ import annotations

import csv
import json
import shlex
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from python_jobs.cli.cluster import cluster
from python_jobs.errors import UsageError
from python_jobs.jobs import sweep as job
from python_jobs.jobs.file_vectors import TextVectors
from python_jobs.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from python_jobs.storage.job_inputs import ClusteringText

TOPICS = ["delivery", "sole", "price", "size", "colour", "app"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "our feedback.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["feedback_id", "text"])
        writer.writerows([f"F{at}", f"{TOPICS[at % 6]} {at}"] for at in range(180))
    return path


@pytest.fixture(autouse=True)
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts were embedded; their vectors lie around those of their topics."""
    asked: list[int] = []

    def fake(_: Settings, texts: Sequence[ClusteringText], **__: Any) -> TextVectors:
        asked.append(len(texts))
        random = np.random.default_rng(0)
        centres = random.normal(size=(len(TOPICS), 24))
        topics = [TOPICS.index(each.text.split()[0]) for each in texts]
        vectors = centres[topics] + random.normal(size=(len(texts), 24)) * 0.3
        return TextVectors(
            tuple(texts), vectors.astype(np.float32), "planted", len(texts), 0, Counter()
        )

    monkeypatch.setattr(job, "vectors_of", fake)
    return asked


def run(file: Path, *arguments: str) -> Result:
    words = ("--local", "--input", str(file), "--map", "text=feedback_text", "--method", "graph")
    return CliRunner().invoke(cluster, ("--sweep", *words, *arguments), obj=Settings())


def test_the_last_line_is_the_command_to_run(file: Path, embedded: list[int]) -> None:
    result = run(file, "--sweep-rows", "120", "--seed", "7", "--n-neighbors", "15")
    assert result.exit_code == 0, result.output
    assert embedded == [120]
    line = result.stdout.splitlines()[-1]
    assert line.startswith("insights cluster --method graph --seed 7 --local --input ")
    assert f"--input '{file}' --map text=feedback_text" in line
    assert "--sweep" not in line
    assert line.count("--n-neighbors 15") == line.count("--resolution") == 1
    checked = CliRunner().invoke(cluster, (*shlex.split(line)[2:], "--check"), obj=Settings())
    assert checked.exit_code == 0, checked.output


def test_the_table_has_a_line_a_setting_and_marks_one(file: Path) -> None:
    result = run(file, "--n-neighbors", "15")
    lines = result.stdout.splitlines()
    assert len([line for line in lines if line.split("  ")[-1].count(".") == 1]) >= 12
    assert sum(line.lstrip().startswith("→") for line in lines) == 1
    assert "Recommended" in result.stdout


def test_json_has_every_trial_and_is_the_same_twice(file: Path) -> None:
    first = run(file, "--json", "--resolution", "2")
    found = json.loads(first.stdout)
    assert found["count_texts"] == found["count_sampled"] == 180
    assert {each["parameters"]["resolution"] for each in found["trials"]} == {2.0}
    assert sum(each["recommended"] for each in found["trials"]) == 1
    assert found["command"].endswith("--resolution 2")
    assert run(file, "--json", "--resolution", "2").stdout == first.stdout


def test_too_few_texts_are_refused(tmp_path: Path) -> None:
    few = tmp_path / "few.csv"
    few.write_text("feedback_id,text\n1,delivery\n2,sole\n")
    result = run(few)
    assert isinstance(result.exception, UsageError)
    assert "too few" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--sweep", "--force"), "--force"),
        (("--sweep", "--local", "--output-dir", "x"), "--output-dir"),
        (("--sweep-rows", "500"), "--sweep-rows"),
    ],
)
def test_options_that_would_do_nothing_are_refused(arguments: tuple[str, ...], names: str) -> None:
    result = CliRunner().invoke(cluster, arguments, obj=Settings())
    assert isinstance(result.exception, UsageError)
    assert names in str(result.exception)
