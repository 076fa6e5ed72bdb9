"""The trace of a run of the pipeline: looks on while its steps go by."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from python_jobs import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator


class Step(Protocol):
    """What is read of a step once it has ended."""

    name: str
    status: str
    exit_code: int | None
    seconds: float


class Run(Protocol):
    """What is read of a run; its status and exit code once it has ended."""

    run_id: str | None
    correlation_id: str | None
    preset: str | None


class PipelineTelemetry:
    """Spans for the run and its steps; the processes of the steps add those of their jobs."""

    @contextmanager
    def run(self, outputs: Run) -> Iterator[None]:
        """Around all steps."""
        about = {
            "insights.run_id": outputs.run_id,
            "insights.correlation_id": outputs.correlation_id,
            "insights.preset": outputs.preset,
        }
        with telemetry.span("pipeline run", about, outputs.correlation_id):
            yield

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        """Around one step."""
        with telemetry.span(f"step {step.name}", {"insights.step": step.name}) as later:
            yield
            later["insights.status"], later["insights.exit_code"] = step.status, step.exit_code
            if step.status not in ("succeeded", "incomplete", "rejected"):
                later["error"] = step.status
        telemetry.step(step.name, step.status, step.seconds)

    def environment(self) -> dict[str, str]:
        """For the step's process."""
        return telemetry.environment()
