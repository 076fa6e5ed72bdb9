"""The steps of a run as commands of `insights`, each with the exit code of its failure."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_jobs.jobs.pipeline.options import SHARED
from python_jobs.jobs.pipeline.outputs import TASK_DIRECTORY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from python_jobs.jobs.pipeline.options import Options

DATABASE = 11
"""Exit code of what comes before the first step; 10 is `run_pipeline.sh`'s own."""
_BUILD = ("dbt", "--quiet", "build")
_WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
_STAGED = ("--select", "+path:models/staging", "+tag:job_inputs")


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        name: as after `--steps`; `batches` for the wait that `--mode batch` adds, `page` for the
            file that `--report` asks for.
        title: for people.
        exit_code: of the whole run where this step fails.
        command: after `insights`.
        is_build: it is a dbt command, which `dbt retry` can go on with.
        prints_counts: its stdout is a JSON object of counts, not for people.
        writes: the file that comes of it, a link of the run's outputs.
    """

    name: str
    title: str
    exit_code: int
    command: tuple[str, ...]
    is_build: bool = False
    prints_counts: bool = False
    writes: Path | None = None


def plan(options: Options, spent_since: str) -> tuple[Step, ...]:
    """The steps that a run has to do, in order.

    Args:
        options: what was asked for.
        spent_since: when the run began, or the one that it resumes (ISO 8601): `--max-cost`
            counts from then.
    """
    steps = []
    for name in options.steps:
        if name == "load" and not options.passed.get("load"):
            continue  # the feedback already loaded is processed
        if name in ("name", "publish") and options.cluster_mode == "assign":
            continue  # no new run, and a candidate that waits is not its affair
        steps.append(_step(name, options, spent_since))
        last = next((each for each in ("tag", "embed") if each in options.steps), None)
        if options.mode == "batch" and name == last:
            # Both have only handed their texts over: one wait serves both.
            steps.append(_wait(steps[-1].exit_code))
    if options.report and "report" in options.steps:
        command = ("report", "--output", str(options.report))
        steps.append(Step("page", "page: the report as a file", 20, command, writes=options.report))
    return tuple(steps)


def checks(steps: Iterable[Step]) -> list[tuple[str, ...]]:
    """Commands that find wrong options and missing keys before anything is loaded or paid for."""
    asked = (step.command for step in steps if step.name in (*SHARED, "cluster"))
    return [(command[0], "--check", *command[1:]) for command in asked]


def _step(name: str, options: Options, spent_since: str) -> Step:
    told = options.passed.get(name, ())
    if options.max_cost and name in (*SHARED, "name"):
        told = (*told, "--max-cost", options.max_cost, "--cost-since", spent_since)
    match name:
        case "load":
            command = ("load", *told, "--json")
            return Step(name, "load: feedback into the raw tables", 12, command, prints_counts=True)
        case "stage":
            title = "stage: dbt cleans, deduplicates and computes what is pending"
            command = (*_BUILD, *_STAGED, "--indirect-selection", "buildable", *_WITHOUT_UNIT_TESTS)
            return Step(name, title, 13, command, is_build=True)
        case "embed":
            return Step(name, "embed: a vector for each new text", 14, ("embed", *told))
        case "tag":
            return Step(name, "tag: categories of the taxonomy", 15, ("tag", *told))
        case "cluster":
            mode = ("--mode", "assign") if options.cluster_mode == "assign" else ()
            command = ("cluster", *mode, *told)
            return Step(name, "cluster: the tree of segments", 16, command)
        case "name":
            return Step(name, "name: what each segment is about", 17, ("name", *told))
        case "publish":
            title = "publish: new segments, if they pass their tests"
            return Step(name, title, 18, ("runs", "gate"))
        case "marts":
            title = "marts: dbt builds and tests what BI reads"
            return Step(name, title, 19, (*_BUILD, *_WITHOUT_UNIT_TESTS), is_build=True)
        case _:
            # What a task of Azure Batch prints is stored: nothing that customers wrote.
            redacted = ("--redact",) if os.environ.get(TASK_DIRECTORY) else ()
            return Step("report", "report", 20, ("report", *redacted))


def _wait(exit_code: int) -> Step:
    title = "batches: what the provider answers"
    return Step("batches", title, exit_code, ("batch", "fetch", "--wait"))
