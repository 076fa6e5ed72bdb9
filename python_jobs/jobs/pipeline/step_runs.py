"""One step of a run: started, watched, judged, and written down."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from python_jobs.errors import ExitCode, InsightsError
from python_jobs.jobs.dbt import target_dir
from python_jobs.jobs.pipeline import outputs as output_files
from python_jobs.jobs.pipeline.facts import counts_of_dbt
from python_jobs.jobs.pipeline.outputs import Outputs, StepRun
from python_jobs.storage.pipeline_runs import JOB, PipelineRuns

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.jobs.pipeline import process
    from python_jobs.jobs.pipeline.observers import Observers
    from python_jobs.jobs.pipeline.state import Store
    from python_jobs.jobs.pipeline.steps import Step
    from python_jobs.jobs.pipeline.voice import Voice
    from python_jobs.settings import Settings

DBT_COULD_NOT_RUN = 2
GOES_ON = {
    0: "succeeded",
    int(ExitCode.INCOMPLETE): "incomplete",
    int(ExitCode.REJECTED): "rejected",
}
"""Exit codes of a step after which the next one runs, and what became of it."""


class StepRunner:
    """Runs the steps of one attempt.

    Args:
        settings: for dbt's folder.
        launcher: starts processes.
        runs: where steps are recorded.
        kept: where dbt's artifacts are kept.
        made: the run's outputs, and `file` where they go.
        voice: says what happens.
        observers: look on.
    """

    def __init__(
        self,
        settings: Settings,
        launcher: process.Launcher,
        runs: PipelineRuns,
        kept: Store,
        made: Outputs,
        file: Path | None,
        voice: Voice,
        observers: Observers,
    ) -> None:
        self._settings, self._launcher, self._runs, self._kept = settings, launcher, runs, kept
        self._made, self._file, self._voice, self._observers = made, file, voice, observers
        self._id = str(made.run_id)

    def run(self, step: Step, *, again: bool) -> int:
        """One step, from its record to its record; the exit code of its command.

        Args:
            step: which.
            again: dbt goes on with what failed in its last command.
        """
        record = StepRun(step.name)
        self._made.steps.append(record)
        output_files.write(self._made, self._file)
        self._voice.begin(step)
        began, clock = datetime.now(UTC), time.monotonic()
        key = f"{self._id}.{step.name}"
        self._runs.begin(key, f"{JOB}.{step.name}", step.name, pipeline_run_id=self._id)
        self._runs.doing(self._id, f"in step {step.name}")
        try:
            with self._observers.step(record):
                try:
                    ended = self._command(step, key, self._observers.environment(), again=again)
                    self._judge(record, step, ended)
                finally:
                    record.seconds = round(time.monotonic() - clock, 3)
                self._add_facts(record, step, ended, began)
        except BaseException as error:
            record.status = "failed"
            known = error.message if isinstance(error, InsightsError) else type(error).__name__
            record.error = record.error or known
            raise
        finally:
            self._runs.end(key, record.error, record.counts | {"pipeline_run_id": self._id})
            self._runs.doing(self._id, f"after step {step.name}")
        self._voice.end(step, record)
        return int(record.exit_code or 0)

    def _command(
        self, step: Step, key: str, environment: dict[str, str], *, again: bool
    ) -> process.Ended:
        def beat() -> None:
            self._runs.beat(self._id, key)

        if not step.is_build:
            return self._launcher.run(
                step.command,
                step.name,
                keep_stdout=step.prints_counts,
                variables=environment,
                beat=beat,
            )
        folder = target_dir(self._settings)
        self._kept.restore_artifacts(folder)
        command = step.command
        if again:
            command = ("dbt", "--quiet", "retry", "--state", str(self._kept.dbt))
            self._voice.say(f"{step.name}: dbt goes on with what failed")
        else:
            self._kept.forget_results()
        ended = self._launcher.run(command, step.name, variables=environment, beat=beat)
        if again and ended.returncode == DBT_COULD_NOT_RUN:
            ended = self._launcher.run(step.command, step.name, variables=environment, beat=beat)
        self._kept.keep_artifacts(folder, step.name)
        return ended

    def _judge(self, record: StepRun, step: Step, ended: process.Ended) -> None:
        code = ended.returncode if ended.returncode >= 0 else 128 - ended.returncode
        record.exit_code = code
        record.status = GOES_ON.get(code, "failed")
        if self._launcher.stop.exit_code() and code not in GOES_ON:
            record.status = "stopped"
        if code in GOES_ON:
            if code:
                self._made.warn(f"{step.name}: {reason(ended, record.status)}")
            return
        killed = f"its process was killed by signal {-ended.returncode}"
        record.error = killed if ended.returncode < 0 else reason(ended, f"exit code {code}")
        self._made.error = f"{step.name}: {record.error}"

    def _add_facts(
        self, record: StepRun, step: Step, ended: process.Ended, began: datetime
    ) -> None:
        for warning in ended.warnings:
            self._made.warn(f"{step.name}: {warning}")
        for job in self._runs.jobs_of(self._id, began):
            record.job_run_ids.append(job.job_run_id)
            record.counts |= job.counts
            record.requests += job.requests
            record.input_tokens += job.input_tokens
            record.output_tokens += job.output_tokens
            known = record.cost_usd is not None and job.cost_usd is not None
            record.cost_usd = (record.cost_usd or 0) + (job.cost_usd or 0) if known else None
        if step.is_build:
            record.counts |= counts_of_dbt(target_dir(self._settings), began)
        if step.writes and step.writes.exists():
            self._made.links[step.name] = str(step.writes)
        if step.prints_counts and ended.printed:
            record.counts |= _last_object(ended.printed)


def reason(ended: process.Ended, otherwise: str) -> str:
    """What a process said last of its errors, where it was listened to."""
    return ended.errors[-1][: output_files.MOST_CHARACTERS] if ended.errors else otherwise


def _last_object(printed: str) -> dict[str, Any]:
    try:
        found = json.loads(printed.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {}
    return found if isinstance(found, dict) else {}
