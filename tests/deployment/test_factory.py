"""Data Factory's JSON: references resolve, and a task is told neither too much nor too little."""

from __future__ import annotations

import json
import re
import shlex
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
FACTORY = ROOT / "azure" / "factory"
TEMPLATE = (ROOT / "azure" / "modules" / "factory.bicep").read_text(encoding="utf-8")
KINDS = {
    "PipelineReference": "pipeline",
    "DatasetReference": "dataset",
    "LinkedServiceReference": "linkedservice",
    "TriggerReference": "trigger",
}


def read(kind: str) -> dict[str, dict[str, Any]]:
    """Properties of each file of a kind, by name."""
    found = {}
    for path in sorted((FACTORY / kind).glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        assert content["name"] == path.stem
        found[path.stem] = content["properties"]
    return found


PIPELINES, DATASETS, TRIGGERS = read("pipeline"), read("dataset"), read("trigger")
CALLERS = sorted(set(PIPELINES) - {"task"})
in_template = re.findall(
    r"factories/(\w+)@[\d-]+' = (?:if \([^)]*\)\) )?\{\n\s+parent: factory\n\s+name: '(\w+)'",
    TEMPLATE,
)
DEPLOYED = {(kind.removesuffix("s"), name) for kind, name in in_template}


def inner(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON value."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from inner(value)
    elif isinstance(node, list):
        for value in node:
            yield from inner(value)


def expressions(node: Any) -> Iterator[str]:
    for each in inner(node):
        if each.get("type") == "Expression":
            yield each["value"]


def plain(text: Any) -> str:
    return str(text["value"] if isinstance(text, dict) else text)


def activities(pipeline: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All activities of a pipeline by name, those in loops as well."""
    return {each["name"]: each for each in inner(pipeline) if "typeProperties" in each}


@pytest.mark.parametrize("name", PIPELINES)
def test_what_a_pipeline_refers_to_is_deployed(name: str) -> None:
    for each in inner(PIPELINES[name]):
        if each.get("type") in KINDS:
            assert (KINDS[each["type"]], each["referenceName"]) in DEPLOYED


def test_every_file_is_deployed_under_its_name() -> None:
    files = {
        (kind, name)
        for kind, group in (("pipeline", PIPELINES), ("dataset", DATASETS), ("trigger", TRIGGERS))
        for name in group
    }
    assert files == {(kind, name) for kind, name in DEPLOYED if kind in KINDS.values()} - {
        (kind, name) for kind, name in DEPLOYED if kind == "linkedservice"
    }
    for kind, name in files:
        assert f"'../factory/{kind}/{name}.json'" in TEMPLATE


@pytest.mark.parametrize("name", PIPELINES)
def test_expressions_name_what_there_is(name: str) -> None:
    pipeline = PIPELINES[name]
    names = activities(pipeline)
    for text in expressions(pipeline):
        assert text.startswith("@")
        assert text.count("(") == text.count(")")
        assert text.count("'") % 2 == 0
        for parameter in re.findall(r"pipeline\(\)\.parameters\.(\w+)", text):
            assert parameter in pipeline["parameters"]
        for parameter in re.findall(r"globalParameters\.(\w+)", text):
            assert re.search(rf"^      {parameter}: \{{", TEMPLATE, re.MULTILINE), parameter
        for activity in re.findall(r"activity\('(\w+)'\)", text):
            assert activity in names
    for parameter in pipeline.get("parameters", {}):
        assert any(f"parameters.{parameter}" in text for text in expressions(pipeline)), parameter


@pytest.mark.parametrize("name", PIPELINES)
def test_activities_come_after_ones_that_exist(name: str) -> None:
    names = activities(PIPELINES[name])
    before: set[str] = set()
    for each in PIPELINES[name]["activities"]:
        needed = {item["activity"] for item in each["dependsOn"]}
        assert needed <= before <= set(names)
        before.add(each["name"])


def test_a_task_is_told_names_only() -> None:
    run = activities(PIPELINES["task"])["run"]["typeProperties"]
    assert set(run["extendedProperties"]) == {"arguments", "correlation_id"}
    assert "SecureString" not in json.dumps(PIPELINES)
    assert "referenceObjects" not in run
    assert PIPELINES["task"]["activities"][0]["policy"]["retry"] == 0


def command(environment: str) -> str:
    """The command of a task, as Data Factory makes it of the expression."""
    text = activities(PIPELINES["task"])["run"]["typeProperties"]["command"]["value"]
    assert text.startswith("@concat(")
    assert text.endswith(")")
    parts = re.findall(r"'((?:[^']|'')*)'|pipeline\(\)\.globalParameters\.(\w+)", text)
    values = {"environment": environment}
    return "".join(values[name] if name else word.replace("''", "'") for word, name in parts)


def test_the_command_is_one_shell_and_has_no_stray_spaces() -> None:
    made = command("AZURE_CLIENT_ID='1' INSIGHTS_DATABASE_URL='postgresql://a@b/c?x=y&z=1'")
    assert made == made.strip()
    program, option, script = shlex.split(made)
    assert (program, option) == ("/bin/bash", "-c")
    assert script == script.strip()
    *variables, bash, bootstrap = shlex.split(script.removeprefix("env "))
    assert (bash, bootstrap) == ("bash", "bootstrap.sh")
    assert "INSIGHTS_DATABASE_URL=postgresql://a@b/c?x=y&z=1" in variables
    assert "INSIGHTS_STATE_DIR=$AZ_BATCH_NODE_MOUNTS_DIR/state" in variables
    # Tasks are users of their own: what one writes below the shared folder no other can.
    assert "INSIGHTS_HOME=$AZ_BATCH_TASK_WORKING_DIR/home" in variables


def test_the_task_is_given_a_whole_release() -> None:
    text = activities(PIPELINES["task"])["run"]["typeProperties"]["folderPath"]["value"]
    assert "'/releases/', pipeline().parameters.commit" in text
    location = DATASETS["release_pointer"]["typeProperties"]["location"]
    assert (location["container"], location["fileName"]) == ("releases", "current.json")


def argument_lists(name: str) -> Iterator[str]:
    for each in activities(PIPELINES[name]).values():
        if each["type"] == "ExecutePipeline":
            yield plain(each["typeProperties"]["parameters"]["arguments"])


@pytest.mark.parametrize("name", CALLERS)
def test_all_tasks_of_a_run_take_one_release_and_one_correlation_id(name: str) -> None:
    names = activities(PIPELINES[name])
    assert [each["type"] for each in names.values()].count("Lookup") == 1
    for each in names.values():
        if each["type"] == "ExecutePipeline":
            given = each["typeProperties"]["parameters"]
            assert set(given) == set(PIPELINES["task"]["parameters"])
            assert plain(given["commit"]) == "@activity('release').output.firstRow.commit"
            assert plain(given["correlationId"]) == "@pipeline().RunId"
            assert re.fullmatch(r"\d\.\d\d:00:00", given["timeout"])
            assert each["typeProperties"]["waitOnCompletion"] is True
    assert PIPELINES[name]["concurrency"] == 1


def test_the_presets_and_options_are_those_of_the_pipeline() -> None:
    usage = (ROOT / "run_pipeline.sh").read_text("utf-8")
    usage += "".join(
        path.read_text("utf-8") for path in (ROOT / "python_jobs" / "jobs").rglob("*.py")
    )
    told = [text for name in CALLERS for text in argument_lists(name)]
    for preset in ("daily", "weekly", "backfill"):
        assert any(f"--preset {preset}" in text for text in told)
    options = {option for text in told for option in re.findall(r"--[a-z-]+", text)}
    later = {"--preset", "--resume", "--worker"}  # of the pipeline that runs in Python
    for option in sorted(options - later):
        assert f"{option} " in usage or f'"{option}"' in usage, option


def test_a_fan_out_is_joined_before_it_clusters() -> None:
    names = activities(PIPELINES["fan_out"])
    loop = names["workers"]
    assert loop["type"] == "ForEach"
    assert loop["typeProperties"]["isSequential"] is False
    (worker,) = loop["typeProperties"]["activities"]
    assert plain(worker["typeProperties"]["parameters"]["arguments"]).endswith("--worker")
    assert names["cluster"]["dependsOn"] == [
        # A worker that died, or gave a text up (6), stops nobody: this task does what is left.
        {"activity": "workers", "dependencyConditions": ["Completed"]}
    ]
    assert "--worker" not in plain(names["cluster"]["typeProperties"]["parameters"]["arguments"])


def test_triggers_start_pipelines_when_they_do_not_meet() -> None:
    started = {
        item["pipelineReference"]["referenceName"]
        for trigger in TRIGGERS.values()
        for item in trigger["pipelines"]
    }
    assert started == {"daily", "weekly"}
    hours = {}
    for name, trigger in TRIGGERS.items():
        recurrence = trigger["typeProperties"]["recurrence"]
        datetime.fromisoformat(recurrence["startTime"])
        (hours[name],) = recurrence["schedule"]["hours"]
    run = activities(PIPELINES["daily"])["run"]["typeProperties"]["parameters"]["timeout"]
    longest = int(run.split(".")[1].split(":")[0])
    assert hours["every_week"] >= hours["every_night"] + longest
