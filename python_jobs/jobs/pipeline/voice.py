"""What a run says of itself: headings for people, events where the log is JSON."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_jobs.logs import logger

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.jobs.pipeline.outputs import StepRun
    from python_jobs.jobs.pipeline.steps import Step

_NEXT = """\
  ./run_pipeline.sh --source your_feedback.csv   your own feedback (this demo makes room)
  .venv/bin/insights cluster --local             pictures and tables into ./cluster_output
  .venv/bin/insights db psql                     SQL: select * from marts.cluster_summary;"""


@dataclass(frozen=True)
class Voice:
    """How a run speaks.

    Attributes:
        as_json: every line on stderr is an event.
    """

    as_json: bool

    def begin(self, step: Step) -> None:
        """A step begins."""
        if self.as_json:
            logger.info(step.title, extra={"event": "step_began", "step": step.name})
        else:
            _print(f"\n── {step.title}")

    def end(self, step: Step, record: StepRun) -> None:
        """A step ended; people are told of failures only."""
        if self.as_json:
            facts: dict[str, object] = {
                "event": "step_ended",
                "step": step.name,
                "status": record.status,
            }
            facts |= {"seconds": record.seconds, "exit_code": record.exit_code}
            logger.info("%s: %s", step.name, record.status, extra=facts)
        if record.status == "failed":
            failed = f"the step '{step.title}' failed (exit code {step.exit_code})"
            if self.as_json:
                logger.error(failed, extra={"step": step.name})
            else:
                _print(f"error: {failed}")

    def say(self, message: str) -> None:
        """A remark between steps."""
        if self.as_json:
            logger.info(message)
        else:
            _print(f"\n── {message}")

    def next_steps(self, page: Path | None) -> None:
        """What people may do now, first of all open the report's page, if there is one."""
        if self.as_json:
            return
        _print("\nNext:")
        if page:
            _print(f"  open {page} in a browser: what customers say, to look at and to forward")
        _print(_NEXT)

    def complain(self, message: str, hint: str | None) -> None:
        """What is wrong, and the way out."""
        if self.as_json:
            logger.error(message, extra={"hint": hint} if hint else {})
            return
        _print(f"error: {message}")
        if hint:
            _print(f"fix:   {hint}")


def _print(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
