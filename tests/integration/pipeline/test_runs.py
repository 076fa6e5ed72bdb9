"""Runs of the pipeline: what they record, how they end, and where they go on."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.pipeline.options import STEPS
from python_jobs.jobs.pipeline.outputs import MOST_BYTES, Outputs, StepRun
from tests.faults import forked
from tests.integration.conftest import PATIENCE, wait_for
from tests.integration.jobs.conftest import query
from tests.integration.pipeline.conftest import clean_environment, normalised, step

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.pipeline.conftest import Pipelines

AFTER_LOAD = STEPS[1:]
ALL = ("--demo",)


def health(runs: Pipelines) -> tuple[str, str | None]:
    statement = "select health, message from marts.pipeline_health where step = 'pipeline'"
    ((found, message),) = query(runs.settings, statement)
    return found, message


def test_a_run_says_exactly_what_it_did(pipelines: Pipelines) -> None:
    warning = {"at": "now", "level": "warning", "message": "slow down"}
    pipelines.stubs.say("embed", f"{json.dumps(warning)}\nplain words\n")
    code, run, messages = pipelines.run(
        *(*ALL, "--preset", "weekly", "--log-format", "json", "--correlation-id", "adf-1"),
        *("--report", str(pipelines.top / "page.html")),
    )
    assert code == 0, messages
    assert normalised(run.outputs) == {
        "status": "succeeded",
        "exit_code": 0,
        "run_id": "RUN",
        "resumed_run_id": None,
        "correlation_id": "adf-1",
        "preset": "weekly",
        "version": "0.1.0",
        "requests": 0,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_usd": 0.0,
        "steps": [step(name) for name in (*STEPS, "page")],
        "cluster_run": None,
        "warnings": ["embed: slow down"],
        "error": None,
        "links": {"page": str(pipelines.top / "page.html")},
    }
    events = [json.loads(line) for line in messages.splitlines()]
    assert {event["correlation_id"] for event in events if event["at"] != "now"} == {"adf-1"}
    assert {"message": "plain words", "step": "embed"}.items() <= next(
        event for event in events if event["message"] == "plain words"
    ).items()
    began = [event["step"] for event in events if event.get("event") == "step_began"]
    assert began == [event["step"] for event in events if event.get("event") == "step_ended"]
    assert began == [*STEPS, "page"]
    recorded = query(
        pipelines.settings,
        "select job, status, counts ->> 'pipeline_run_id' from customer_insights.job_runs "
        "where finished_at >= started_at order by started_at, job_run_id",
    )
    run_id = run.outputs["run_id"]
    assert recorded == [
        ("pipeline", "succeeded", None),
        *((f"pipeline.{name}", "succeeded", run_id) for name in (*STEPS, "page")),
    ]
    assert health(pipelines) == ("good", None)


def test_a_killed_run_shows_as_crashed_and_the_next_one_says_so(pipelines: Pipelines) -> None:
    pipelines.killed_in("cluster", *ALL)
    assert health(pipelines) == ("running", None)
    query(
        pipelines.settings,
        "update customer_insights.job_runs set alive_until = now() - interval '1 second' "
        "where status = 'running'",
    )
    assert health(pipelines) == ("crashed", "in step cluster")
    code, last, messages = pipelines.run("--resume")
    assert code == 0, messages
    assert last.outputs["warnings"] == ["an earlier run was killed: in step cluster"]
    assert health(pipelines) == ("good", None)
    left = "select count(*) from customer_insights.job_runs where status = 'running'"
    assert query(pipelines.settings, left) == [(0,)]


def test_workers_share_the_lock_and_nobody_else_does(pipelines: Pipelines) -> None:
    pipelines.stubs.hold("tag")
    worker = pipelines.start("--worker")
    wait_for(lambda: pipelines.stubs.began("tag"), "tag")
    assert pipelines.run("--worker", "--steps", "embed")[0] == 0
    code, busy, _ = pipelines.run("--steps", "report")
    assert (code, busy.outputs["status"]) == (75, "busy")
    pipelines.stubs.let_go("tag")
    assert worker.end()[0] == 0
    pipelines.stubs.hold("report")
    alone = pipelines.start("--steps", "report")
    wait_for(lambda: pipelines.stubs.began("report"), "report")
    assert pipelines.run("--worker")[0] == 75
    pipelines.stubs.let_go("report")
    assert alone.end()[0] == 0
    jobs = query(
        pipelines.settings,
        "select job, count(*) from customer_insights.job_runs where job in "
        "('pipeline', 'pipeline.worker') and status = 'succeeded' group by job order by job",
    )
    assert jobs == [("pipeline", 1), ("pipeline.worker", 2)]


@pytest.mark.slow
def test_of_two_pipelines_at_once_one_runs_and_a_killed_one_leaves_the_lock_free(
    pipelines: Pipelines,
) -> None:
    """20 times; every other time the one that runs is killed, and the next pair comes at once."""
    assert pipelines.settings.database_url
    environment = clean_environment() | pipelines.stubs.environment
    environment["INSIGHTS_DATABASE_URL"] = pipelines.settings.database_url.get_secret_value()
    environment["INSIGHTS_HOME"] = str(pipelines.top / "home")
    messages = pipelines.top / "messages"
    messages.touch()
    given = (["pipeline", "--steps", "report"], environment, str(pipelines.top), str(messages))
    for number in range(20):
        pipelines.stubs.hold("report")
        pair = [forked.start(*given) for _ in range(2)]
        wait_for(lambda: sum(not each.is_alive() for each in pair) == 1, "end of one")  # noqa: B023
        wait_for(lambda: pipelines.stubs.began("report"), "report")
        runs, ended = sorted(pair, key=lambda each: not each.is_alive())
        assert ended.exitcode == 75, messages.read_text()
        if number % 2:
            runs.kill()
        pipelines.stubs.let_go("report")
        runs.join(PATIENCE)
        assert runs.exitcode == (-signal.SIGKILL if number % 2 else 0), messages.read_text()
    assert pipelines.stubs.calls() == ["report"] * 20


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_stops_the_step_and_is_reported(
    pipelines: Pipelines, number: signal.Signals, code: int
) -> None:
    pipelines.stubs.hold("tag")
    run = pipelines.start(*ALL)
    wait_for(lambda: pipelines.stubs.began("tag"), "tag")
    run.process.send_signal(number)
    found, messages = run.end()
    assert found == code, messages
    outputs = normalised(run.outputs)
    assert (outputs["status"], outputs["exit_code"]) == ("stopped", code)
    assert [each["status"] for each in outputs["steps"]] == [*["succeeded"] * 3, "stopped"]
    assert "Traceback" not in messages
    pipelines.stubs.let_go("tag")
    pipelines.stubs.calls()
    assert pipelines.run("--resume")[0] == 0
    assert pipelines.stubs.calls() == [*STEPS[3:], "page"]


def test_what_was_left_behind_is_said_at_the_end_also_by_the_run_that_resumes(
    pipelines: Pipelines,
) -> None:
    pipelines.stubs.fail("embed", 6)
    pipelines.stubs.fail("cluster", 5)
    code, run, _ = pipelines.run(*ALL)
    assert (code, run.outputs["steps"][2]["status"]) == (16, "incomplete")
    pipelines.stubs.mend("cluster")
    code, run, _ = pipelines.run("--resume")
    assert (code, run.outputs["status"]) == (6, "incomplete")
    code, run, messages = pipelines.run("--resume")
    assert code == 0
    assert "nothing to resume" in messages


@pytest.mark.parametrize(
    ("name", "child", "code", "status"),
    [
        ("publish", 7, 18, "rejected"),
        ("tag", 9, 9, "budget_reached"),
        ("name", 143, 143, "stopped"),
    ],
)
def test_codes_with_a_meaning_of_their_own_are_passed_on(
    pipelines: Pipelines, name: str, child: int, code: int, status: str
) -> None:
    pipelines.stubs.fail(name, child)
    found, run, messages = pipelines.run(*ALL)
    assert found == code, messages
    assert (run.outputs["status"], run.outputs["exit_code"]) == (status, code)
    assert ("report" in pipelines.stubs.calls()) == (name == "publish")


def failing_build(pipelines: Pipelines, *arguments: str) -> None:
    """A run whose dbt step fails with one model in error, as dbt's artifacts tell."""
    pipelines.stubs.hold("marts")
    pipelines.stubs.fail("marts", 1)
    run = pipelines.start(*arguments)
    wait_for(lambda: pipelines.stubs.began("marts"), "marts")
    target = run.folder / "target"
    target.mkdir(exist_ok=True)
    results = [{"unique_id": "a", "status": "success"}, {"unique_id": "b", "status": "error"}]
    (target / "run_results.json").write_text(json.dumps({"results": results}))
    pipelines.stubs.let_go("marts")
    assert run.end()[0] == 19
    assert run.outputs["steps"][-1]["counts"] == {"error": 1, "success": 1}
    pipelines.stubs.calls()


def test_a_failed_build_goes_on_with_what_failed(pipelines: Pipelines) -> None:
    failing_build(pipelines, *ALL)
    pipelines.stubs.fail("retry", 1)
    assert pipelines.run("--resume")[0] == 19
    assert pipelines.stubs.calls() == ["retry"]
    pipelines.stubs.mend("retry")
    pipelines.stubs.mend("marts")
    code, _, messages = pipelines.run("--resume")
    assert (code, pipelines.stubs.calls()) == (0, ["marts", "report", "page"]), messages


def test_a_build_runs_anew_where_dbt_cannot_go_on_or_was_killed(pipelines: Pipelines) -> None:
    failing_build(pipelines, *ALL)
    pipelines.stubs.fail("retry", 2)
    assert pipelines.run("--resume")[0] == 19
    assert pipelines.stubs.calls() == ["retry", "marts"]
    failing_build(pipelines, "--resume", *ALL)
    pipelines.stubs.mend("marts")
    pipelines.stubs.mend("retry")
    pipelines.killed_in("retry", "--resume")
    assert pipelines.run("--resume")[0] == 0
    assert pipelines.stubs.calls() == ["retry", "retry", "report", "page"]


def test_only_the_same_options_are_resumed(pipelines: Pipelines) -> None:
    pipelines.stubs.fail("tag", 5)
    assert pipelines.run("--preset", "daily")[0] == 15
    pipelines.stubs.mend("tag")
    pipelines.stubs.calls()
    code, run, messages = pipelines.run("--resume", "--preset", "weekly")
    assert code == 0
    assert pipelines.stubs.calls() == list(AFTER_LOAD)
    assert "other options" in messages
    assert run.outputs["resumed_run_id"] is None
    code, _, messages = pipelines.run("--resume", INSIGHTS_STATE_DIR=str(pipelines.top / "lost"))
    assert code == 2
    assert "no earlier run is known" in messages


def test_the_first_daily_run_finds_the_first_segments(pipelines: Pipelines) -> None:
    code, run, _ = pipelines.run("--preset", "daily")
    assert code == 0
    assert pipelines.stubs.calls() == list(AFTER_LOAD)
    assert "nothing is published yet" in run.outputs["warnings"][0]


def test_a_step_whose_checks_fail_stops_before_anything_is_done(pipelines: Pipelines) -> None:
    pipelines.stubs.fail("check", 3)
    pipelines.stubs.say("check", "error: no key\nfix:   set one\n")
    code, run, _ = pipelines.run(*ALL)
    assert (code, pipelines.stubs.calls()) == (2, [])
    assert run.outputs["error"] == "embed: no key"


def test_secrets_that_a_step_lets_out_are_masked(pipelines: Pipelines) -> None:
    assert pipelines.settings.database_url
    url = pipelines.settings.database_url.get_secret_value()
    password = url.split(":")[2].split("@")[0]
    pipelines.stubs.say("tag", f"error: cannot reach {url} with sk-planted-key or {password}\n")
    pipelines.stubs.fail("tag", 5)
    code, run, messages = pipelines.run(*ALL, OPENAI_API_KEY="sk-planted-key")
    assert code == 15
    assert "cannot reach *** with *** or ***" in messages
    written = messages + json.dumps(run.outputs)
    written += str(query(pipelines.settings, "select * from customer_insights.job_runs"))
    assert not [each for each in ("sk-planted-key", password) if each in written]


def test_a_lost_lock_ends_the_run(pipelines: Pipelines) -> None:
    pipelines.stubs.hold("embed")
    run = pipelines.start(*ALL)
    wait_for(lambda: pipelines.stubs.began("embed"), "embed")
    query(
        pipelines.settings,
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database "
        "= (select oid from pg_database where datname = current_database())",
    )
    code, messages = run.end()
    assert code == 11, messages
    assert "connection that holds the pipeline lock was lost" in run.outputs["error"]
    last = run.outputs["steps"][-1]
    assert (last["name"], last["status"]) == ("embed", "failed")
    assert "lock was lost" in last["error"]


def test_outputs_that_grow_too_large_lose_details_first(tmp_path: Path) -> None:
    steps = [StepRun("load", counts={str(n): "x" * 100 for n in range(30_000)})]
    outputs = Outputs(status="failed", exit_code=12, steps=steps)
    for number in range(1_000):
        outputs.warn(f"{number} {'w' * 1_000}")
    text = outputs.as_json()
    assert len(text.encode()) < MOST_BYTES
    assert json.loads(text)["exit_code"] == 12
    assert len(json.loads(text)["warnings"]) == 10
