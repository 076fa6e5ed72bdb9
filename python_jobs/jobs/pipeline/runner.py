"""Run the steps one after the other, record each, and leave behind what a resumed run needs."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast
from uuid import uuid4

from python_jobs import logs
from python_jobs.errors import (
    BusyError,
    ConfigurationError,
    DatabaseError,
    ExitCode,
    InsightsError,
    UsageError,
)
from python_jobs.jobs.lock import HELD
from python_jobs.jobs.own_table import own_table, refuse_load
from python_jobs.jobs.pipeline import outputs as output_files
from python_jobs.jobs.pipeline import process, resuming
from python_jobs.jobs.pipeline.facts import cluster_run, is_published, release
from python_jobs.jobs.pipeline.observers import Observer, Observers
from python_jobs.jobs.pipeline.options import (
    LOG_FORMATS,
    LogFormat,
    Options,
    read_options,
    value_of,
)
from python_jobs.jobs.pipeline.outputs import Outputs, StepRun
from python_jobs.jobs.pipeline.relay import Relay, secrets_of
from python_jobs.jobs.pipeline.state import State, Store, store
from python_jobs.jobs.pipeline.step_runs import GOES_ON, StepRunner, reason
from python_jobs.jobs.pipeline.steps import DATABASE, Step, checks, plan
from python_jobs.jobs.pipeline.voice import Voice
from python_jobs.jobs.prepare import ensure_tables
from python_jobs.logs import logger
from python_jobs.storage.pipeline_runs import JOB, PIPELINE_RUN_ID, PipelineRuns
from python_jobs.storage.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from python_jobs.settings import Settings

_REJECTED_EXIT = 18
_STATUS = {
    0: "succeeded",
    ExitCode.INCOMPLETE: "incomplete",
    _REJECTED_EXIT: "rejected",
    ExitCode.BUDGET: "budget_reached",
    ExitCode.BUSY: "busy",
    ExitCode.INTERRUPTED: "stopped",
    ExitCode.TERMINATED: "stopped",
}


def insights(command: Sequence[str]) -> Sequence[str]:
    """A command of `insights` with this interpreter."""
    return [sys.executable, "-m", "python_jobs", *command]


def run_pipeline(
    settings: Settings,
    arguments: Sequence[str],
    *,
    observers: Iterable[Observer] = (),
    program: Callable[[Sequence[str]], Sequence[str]] = insights,
) -> int:
    """Do what the command line of `run_pipeline.sh` asks for; its exit code.

    Args:
        settings: for the database and all else.
        arguments: see `options`.
        observers: look on.
        program: makes a process's command line of a command of `insights`.
    """
    made = Outputs(version=release(), started_at=_now())
    file = output_files.destination(arguments)
    voice = _listen(value_of("--log-format", arguments) or settings.log_format)
    clock = time.monotonic()
    stop = process.Stop()
    try:
        options = read_options(arguments, settings.mode)
        if options.passed.get("load"):
            refuse_load(settings)
        made.run_id = f"{JOB}-{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"
        made.preset = options.preset
        made.correlation_id = (
            options.correlation_id or os.environ.get(logs.CORRELATION_ID) or made.run_id
        )
        voice = _listen(options.log_format or settings.log_format, made.correlation_id)
        with stop.listening():
            run = _Run(settings, options, made, file, voice, stop, program)
            code = run.all(Observers(tuple(observers)))
    except InsightsError as error:
        code = stop.exit_code() or _code_of(error)
        made.error = error.message
        voice.complain(error.message, error.hint)
    except Exception as error:
        made.status, made.exit_code = "failed", int(ExitCode.UNEXPECTED)
        made.error = type(error).__name__  # its words may hold anything
        output_files.write(made, file)
        raise
    made.status, made.exit_code = _STATUS.get(code, "failed"), code
    if code == _REJECTED_EXIT and made.error:
        made.status = "failed"  # the gate could not run
    made.finished_at, made.seconds = _now(), round(time.monotonic() - clock, 3)
    output_files.write(made, file)
    return code


def _listen(log_format: str, correlation_id: str | None = None) -> Voice:
    """Let this process speak as it was told to."""
    known = log_format if log_format in LOG_FORMATS else "auto"
    logs.configure(cast("LogFormat", known), correlation_id=correlation_id)
    return Voice(as_json=known == "json")


def _code_of(error: InsightsError) -> int:
    if isinstance(error, BusyError | UsageError | ConfigurationError):
        return int(error.exit_code)
    return DATABASE if isinstance(error, DatabaseError) else int(ExitCode.UNEXPECTED)


class _Run:
    """One attempt."""

    def __init__(
        self,
        settings: Settings,
        options: Options,
        made: Outputs,
        file: Path | None,
        voice: Voice,
        stop: process.Stop,
        program: Callable[[Sequence[str]], Sequence[str]],
    ) -> None:
        self._settings, self._options, self._made = settings, options, made
        self._file, self._voice, self._stop = file, voice, stop
        self._job = f"{JOB}.worker" if options.worker else JOB
        self._id = str(made.run_id)
        environment = os.environ | {
            HELD: "1",
            PIPELINE_RUN_ID: self._id,
            logs.CORRELATION_ID: str(made.correlation_id),
            "INSIGHTS_LOG_FORMAT": options.log_format or settings.log_format,
        }
        relay = Relay(voice.as_json, secrets_of(settings))
        self._launcher = process.Launcher(program, environment, relay, stop)

    def all(self, observers: Observers) -> int:
        """Everything, from the checks to the last step; the exit code."""
        output_files.write(self._made, self._file)
        under_lock = bool(os.environ.get(HELD))
        if not under_lock:
            before = self._before_the_lock()
            if before:
                return before
        with ExitStack() as stack:
            session = stack.enter_context(Session(self._settings))
            self._runs = PipelineRuns(session, self._settings)
            if not under_lock:
                self._runs.lock(shared=self._options.worker)
            ensure_tables(self._settings)
            alone = not under_lock and not self._options.worker
            for killed in self._runs.close_crashed(alone=alone):
                self._warn(f"an earlier run was {killed}")
            return self._under_the_lock(observers)

    def _before_the_lock(self) -> int:
        """Wrong options, missing keys and a database that is away come out first."""
        for command in checks(plan(self._options, _now())):
            checked = self._launcher.run(command, command[0])
            if checked.returncode:
                self._made.error = f"{command[0]}: {reason(checked, 'its options were refused')}"
                return self._stop.exit_code() or int(ExitCode.USAGE)
        prepared = self._launcher.run(("db", "prepare"), "database")
        if prepared.returncode:
            self._made.error = reason(prepared, "the database could not be prepared")
            return self._stop.exit_code() or DATABASE
        return self._stop.exit_code() or 0

    def _under_the_lock(self, observers: Observers) -> int:
        kept = store(self._settings)
        if self._options.resume:
            known = resuming.find(kept, self._options)
            if known is None and not self._options.arguments:
                self._voice.say("nothing to resume: the last run came to its end")
                return 0
            if known:
                self._options = resuming.options_of(known, self._options, self._settings.mode)
                self._made.resumed_run_id, known.run_id = known.run_id, self._id
                self._made.preset = self._options.preset
            state = known or self._new_state()
        else:
            state = self._new_state()
        steps = plan(replace(self._options, cluster_mode=state.cluster_mode), state.started_at)
        self._begin(steps, state)
        code = 1
        try:
            with observers.run(self._made):
                runner = StepRunner(
                    self._settings,
                    self._launcher,
                    self._runs,
                    kept,
                    self._made,
                    self._file,
                    self._voice,
                    observers,
                )
                code = self._steps(steps, state, kept, runner)
        except InsightsError as error:
            self._made.error = error.message
            raise
        except BaseException as error:
            self._made.error = type(error).__name__
            raise
        finally:
            self._finish(code)
        return code

    def _new_state(self) -> State:
        mode = self._options.cluster_mode
        chosen = "--cluster-mode" in self._options.arguments
        daily = self._options.preset == "daily" and "cluster" in self._options.steps
        if daily and not chosen and not is_published(self._settings):
            self._warn("nothing is published yet: this daily run finds the first segments")
            mode = "full"
        return State(self._id, list(self._options.arguments), _now(), mode)

    def _begin(self, steps: Sequence[Step], state: State) -> None:
        facts = {"steps": [step.name for step in steps], "preset": self._options.preset}
        facts |= {"correlation_id": self._made.correlation_id}
        self._runs.begin(self._id, self._job, "before its first step", **facts)
        if state.cluster_mode == "assign" and {"name", "publish"} & set(self._options.steps):
            self._voice.say("name, publish: nothing to do, the published segments stay")
        if "load" in self._options.steps and (table := own_table(self._settings)):
            self._voice.say(f"load: nothing to do, dbt reads {table} where it lies")

    def _finish(self, code: int) -> None:
        made = self._made
        made.add_up()
        if not self._options.worker:
            made.cluster_run = cluster_run(self._settings, made.started_at)
        ended_well = code in (0, ExitCode.INCOMPLETE, _REJECTED_EXIT)
        error = made.error or (None if ended_well else f"stopped with exit code {code}")
        counts = {"steps": {each.name: each.status for each in made.steps}, "exit_code": code}
        counts |= {"cost_usd": made.cost_usd, "correlation_id": made.correlation_id}
        self._runs.end(self._id, error, counts)

    def _steps(self, steps: Sequence[Step], state: State, kept: Store, runner: StepRunner) -> int:
        resumed = self._made.resumed_run_id is not None
        for step in steps:
            stopped = self._stop.exit_code()
            if stopped:
                return stopped
            if step.name in state.done:
                self._made.steps.append(StepRun(step.name, status="skipped"))
                continue
            self._save(kept, state)
            again = resumed and step.is_build and kept.can_retry(step.name)
            code = runner.run(step, again=again)
            resumed = False  # what comes after the step that failed has not begun
            if code not in GOES_ON:
                return self._stop.exit_code() or _exit_code(code, step)
            state.done[step.name] = code
        state.ended = True
        self._save(kept, state)
        if "report" in state.done:
            self._voice.next_steps(self._options.report if "page" in state.done else None)
        if ExitCode.INCOMPLETE in state.done.values():
            return int(ExitCode.INCOMPLETE)
        return _REJECTED_EXIT if ExitCode.REJECTED in state.done.values() else 0

    def _save(self, kept: Store, state: State) -> None:
        if not self._options.worker:  # its state is what is pending
            kept.save(state)

    def _warn(self, message: str) -> None:
        logger.warning(message)
        self._made.warn(message)


def _exit_code(code: int, step: Step) -> int:
    passed_on = (ExitCode.BUDGET, ExitCode.INTERRUPTED, ExitCode.TERMINATED)
    return code if code in passed_on else step.exit_code


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
