"""Which commands `run_pipeline.sh` calls, and what it says of its options."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from python_jobs.errors import UsageError
from python_jobs.jobs.pipeline import state
from python_jobs.jobs.pipeline.options import FLAGS, PRESETS, STEPS, VALUED, read_options
from python_jobs.jobs.pipeline.relay import Relay, secrets_of
from python_jobs.jobs.pipeline.resuming import options_of
from python_jobs.jobs.pipeline.state import State
from python_jobs.jobs.pipeline.steps import checks, plan
from python_jobs.settings import Settings
from python_jobs.storage.target import parse_url

if TYPE_CHECKING:
    from python_jobs.jobs.pipeline.steps import Step

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "run_pipeline.sh"
BEGAN = "2026-11-01T00:00:00+00:00"


def planned(*arguments: str) -> tuple[Step, ...]:
    return plan(read_options(arguments), BEGAN)


def called(*arguments: str) -> list[str]:
    """What `insights` is called with, one call a line."""
    return [" ".join(step.command) for step in planned(*arguments)]


def test_a_full_run_names_and_publishes() -> None:
    calls = called("--method", "graph")
    at = calls.index("cluster --method graph")
    assert calls[at + 1 : at + 3] == ["name", "runs gate"]


def test_assigning_leaves_a_waiting_candidate_alone() -> None:
    calls = called("--cluster-mode=assign", "--limit", "9", "--mode", "online")
    assert "cluster --mode assign --limit 9" in calls
    assert "embed --limit 9 --mode online" in calls
    assert not [call for call in calls if call.startswith(("name", "runs"))]
    assert calls[-2].startswith("dbt --quiet build")
    assert calls[-1].startswith("report")


def test_a_database_is_loaded_with_its_own_options() -> None:
    given = "--from postgres --table shop.reviews --updated-at changed_at --overlap 2h --full"
    assert called(*given.split())[0] == f"load {given} --json"


def test_a_file_is_named_in_full() -> None:
    assert called("--source", "README.md")[0] == f"load {Path('README.md').absolute()} --json"


def test_the_report_becomes_a_file_where_one_is_named() -> None:
    assert called("--report", "page.html")[-1] == f"report --output {Path('page.html').absolute()}"
    assert called("--report", "page.html", "--steps", "marts")[-1].startswith("dbt")


def test_the_demo_ends_with_a_page_to_look_at() -> None:
    assert called("--demo")[-1] == f"report --output {Path('report.html').absolute()}"


def test_one_ceiling_counts_from_the_start_of_the_run() -> None:
    calls = called("--max-cost", "2.50")
    ceiling = f"--max-cost 2.50 --cost-since {BEGAN}"
    assert [call for call in calls if ceiling in call] == [
        f"{job} {ceiling}" for job in ("embed", "tag", "name")
    ]


@pytest.mark.parametrize(("arguments", "code"), [((), 15), (("--steps", "stage,embed,marts"), 14)])
def test_batches_are_waited_for_once(arguments: tuple[str, ...], code: int) -> None:
    steps = planned("--mode", "batch", *arguments)
    waits = [at for at, step in enumerate(steps) if step.name == "batches"]
    assert len(waits) == 1
    assert steps[waits[0] - 1].exit_code == steps[waits[0]].exit_code == code


@pytest.mark.parametrize(
    ("arguments", "steps", "mode"),
    [
        ("--preset daily", "stage embed tag cluster marts report", "assign"),
        (
            "--preset weekly --cluster-mode assign",
            "stage embed tag cluster marts report",
            "assign",
        ),
        ("--preset weekly", "stage embed tag cluster name publish marts report", "full"),
        (
            "--preset backfill --start-date 2026-01-01 --end-date 2026-02-01",
            "stage embed tag marts report",
            "full",
        ),
        ("--preset daily --demo --steps report,load", "load report page", "assign"),
        ("--worker", "embed tag", "full"),
        ("--worker --steps tag", "tag", "full"),
    ],
)
def test_what_presets_and_workers_do(arguments: str, steps: str, mode: str) -> None:
    options = read_options(arguments.split())
    assert [step.name for step in plan(options, BEGAN)] == steps.split()
    assert options.cluster_mode == mode


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--cluster-mode sideways", "--cluster-mode is full or assign, not 'sideways'"),
        ("--mode by-post", "--mode is online or batch"),
        ("--preset hourly", "--preset is daily, weekly or backfill"),
        ("--preset backfill --start-date 2026-01-01", "needs --start-date and --end-date"),
        ("--worker --steps tag,marts", "--worker does embed and tag only"),
        ("--worker --resume", "--worker needs no --resume"),
        ("--worker --mode batch", "--worker does not go with --mode batch"),
        ("--steps ,", "no step ','"),
        ("--max-cost 1 --mode batch", "--max-cost does not go with --mode batch"),
        ("--from postgres --demo", "--from does not go with"),
        ("--limit", "--limit needs a value"),
        ("demo", "demo is not known"),
    ],
)
def test_what_does_not_go_together_is_said(arguments: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        read_options(arguments.split())


def test_checks_say_what_the_steps_will_be_told() -> None:
    found = checks(planned("--preset", "daily", "--limit", "5"))
    assert found == [
        ("embed", "--check", "--limit", "5"),
        ("tag", "--check", "--limit", "5"),
        ("cluster", "--check", "--mode", "assign", "--limit", "5"),
    ]


def test_what_only_concerns_the_call_is_not_the_run_s() -> None:
    given = "--resume --preset=daily --outputs o.json --log-format json --correlation-id c"
    assert read_options(given.split()).arguments == ("--preset", "daily")


def help_text() -> str:
    """`--help` needs no environment, so it gets none."""
    finished = subprocess.run(
        [str(SCRIPT), "--limit", "3", "--help"],
        env={"PATH": os.environ["PATH"], "INSIGHTS_VENV": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    return finished.stdout


def test_help_names_every_option_step_and_preset() -> None:
    words = set(re.findall(r"[-\w]+", help_text()))
    hidden = {"--skip-embedded"}  # the default's own name
    assert ({*FLAGS, *VALUED, *STEPS, *PRESETS} - hidden) <= words


def never_begins(folder: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    """Exit code, messages and outputs.json of a run that cannot begin."""
    finished = subprocess.run(
        [sys.executable, "-m", "python_jobs", "pipeline", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    outputs = (folder / "outputs.json").read_text(encoding="utf-8")
    return finished.returncode, finished.stderr, outputs


def test_wrong_usage_ends_with_its_code_and_is_left_in_the_outputs(tmp_path: Path) -> None:
    code, messages, outputs = never_begins(
        tmp_path, "--preset", "hourly", AZ_BATCH_TASK_WORKING_DIR=str(tmp_path)
    )
    assert code == 2
    assert "--preset is daily, weekly or backfill, not 'hourly'" in messages
    assert '"exit_code": 2' in outputs


def test_wrong_usage_is_reported_as_the_other_options_say(tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    file.write_text('{"status": "succeeded"}', encoding="utf-8")
    told = ("--outputs", str(file), "--log-format=json", "--preset", "hourly")
    _, messages, outputs = never_begins(tmp_path, *told)
    assert json.loads(outputs)["status"] == "failed"
    assert [json.loads(line)["level"] for line in messages.splitlines()] == ["error"]


def test_an_unusable_setting_is_left_in_the_outputs(tmp_path: Path) -> None:
    where = f"--outputs={tmp_path / 'outputs.json'}"
    code, messages, outputs = never_begins(tmp_path, where, MAX_WORKERS="many")
    assert (code, json.loads(outputs)["exit_code"]) == (3, 3)
    assert json.loads(outputs)["error"] in messages


def test_a_task_of_azure_batch_prints_nothing_that_customers_wrote(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert called()[-1] == "report"
    monkeypatch.setenv("AZ_BATCH_TASK_WORKING_DIR", "/task")
    assert called()[-1] == "report --redact"


def test_a_resumed_demo_ends_with_its_page_too() -> None:
    known = State("run", ["--demo"], BEGAN, "full")
    options = options_of(known, read_options(["--resume"]), "online")
    assert options.report == Path("report.html").absolute()
    options = options_of(known, read_options(["--resume", "--report", "mine.html"]), "online")
    assert options.report == Path("mine.html").absolute()


def test_state_is_of_a_database_wherever_its_embedded_server_listens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def folder_at(port: int, home: str = "one") -> Path:
        here = parse_url(SecretStr(f"postgresql://u@127.0.0.1:{port}/insights"))
        monkeypatch.setattr(state, "target", lambda _: here)
        return state.store(Settings(home=tmp_path / home, state_dir=tmp_path)).folder

    assert folder_at(1) == folder_at(2)
    assert folder_at(1) != folder_at(1, "two")


def test_a_file_that_is_loaded_may_be_gone(tmp_path: Path) -> None:
    known = State("run", ["--source", str(tmp_path / "gone.csv")], BEGAN, "full", {"load": 0})
    assert options_of(known, read_options(["--resume"]), "online").passed["load"]
    known.done = {}
    with pytest.raises(UsageError, match="no file"):
        options_of(known, read_options(["--resume"]), "online")


def test_passwords_of_all_databases_are_masked() -> None:
    settings = Settings(
        database_url="postgresql://jobs:password-one@h/d",
        dbt_database_url="postgresql://owner:password-two@h/d",
        source_url="postgresql://reader:password-three@h/d",
    )
    masked = Relay(as_json=True, secrets=secrets_of(settings)).masked
    for password in ("password-one", "password-two", "password-three"):
        assert masked(f"as {password}") == "as ***"
