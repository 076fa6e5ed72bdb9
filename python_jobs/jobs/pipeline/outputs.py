"""`outputs.json`: what a run did, for the program that started it.

Azure Data Factory reads the file from the task's working directory, at most 2 MB of it, as the
activity's `output.customOutput`. docs/running.md describes its fields.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_jobs.jobs.pipeline.options import value_of
from python_jobs.logs import logger

if TYPE_CHECKING:
    from collections.abc import Sequence

TASK_DIRECTORY = "AZ_BATCH_TASK_WORKING_DIR"
"""Set by Azure Batch, which keeps what a task prints."""
MOST_BYTES = 2_000_000
"""Data Factory's limit is 2 MB."""
MOST_WARNINGS = 200
MOST_CHARACTERS = 500
"""Of one warning or error."""


@dataclass
class StepRun:
    """A step as it runs; complete once it has ended.

    Attributes:
        name: as after `--steps`.
        status: running, succeeded, incomplete (texts were given up), rejected (the candidate),
            failed, stopped, or skipped (a resumed run had done it).
        exit_code: of its command; None while it runs and where it was skipped.
        seconds: that it took.
        counts: what it says of itself.
        job_run_ids: rows of `customer_insights.job_runs` that its jobs wrote.
        requests, input_tokens, output_tokens, cost_usd: calls to a model; None: unknown price.
        error: why it failed.
    """

    name: str
    status: str = "running"
    exit_code: int | None = None
    seconds: float = 0.0
    counts: dict[str, Any] = field(default_factory=dict)
    job_run_ids: list[str] = field(default_factory=list)
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    error: str | None = None


@dataclass
class Outputs:
    """What a run did so far; the fields of the file, in order."""

    status: str = "running"
    exit_code: int | None = None
    run_id: str | None = None
    resumed_run_id: str | None = None
    correlation_id: str | None = None
    preset: str | None = None
    version: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    seconds: float = 0.0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    steps: list[StepRun] = field(default_factory=list)
    cluster_run: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)
    error: str | None = None
    links: dict[str, str] = field(default_factory=dict)

    def warn(self, message: str) -> None:
        """Keep a warning; each once, and no more than anybody reads."""
        short = message[:MOST_CHARACTERS]
        if short not in self.warnings and len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(short)

    def add_up(self) -> None:
        """The totals of the steps."""
        self.requests = sum(each.requests for each in self.steps)
        self.input_tokens = sum(each.input_tokens for each in self.steps)
        self.output_tokens = sum(each.output_tokens for each in self.steps)
        costs = [each.cost_usd for each in self.steps]
        known = [each for each in costs if each is not None]
        self.cost_usd = round(sum(known), 9) if len(known) == len(costs) else None

    def as_json(self) -> str:
        """The file's content, at most `MOST_BYTES` of it: details go before facts do."""
        document: dict[str, Any] = vars(self) | {"steps": [vars(each) for each in self.steps]}
        text = _json(document)
        if len(text.encode()) > MOST_BYTES:
            document |= {"warnings": self.warnings[:10], "links": {}}
            document["steps"] = [vars(each) | {"counts": {}} for each in self.steps]
            text = _json(document)
        return text


def destination(arguments: Sequence[str]) -> Path | None:
    """As `--outputs` says, else in the working directory of an Azure Batch task, else None."""
    given = value_of("--outputs", arguments)
    if given:
        return Path(given).absolute()
    working_directory = os.environ.get(TASK_DIRECTORY)
    return Path(working_directory) / "outputs.json" if working_directory else None


def write(outputs: Outputs, file: Path | None) -> None:
    """Replace the file in one step; one that cannot be written does not fail the run."""
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".outputs.")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(outputs.as_json())
        Path(name).chmod(0o644)
        Path(name).replace(file)
    except OSError as error:
        logger.warning("%s cannot be written: %s", file, error.strerror)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, default=str) + "\n"
