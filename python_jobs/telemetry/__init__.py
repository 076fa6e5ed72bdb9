"""Traces and metrics by OpenTelemetry, sent where the environment says; off where it says nothing.

A run of the pipeline is a trace: the run, its steps, the jobs in them. Requests to a model, tokens,
cost and rows are metrics. Names, numbers and exit codes are sent, never a text, a key or a message.

Off, nothing of OpenTelemetry is imported and every function here returns at once. On, trouble with
sending is said once and never ends a run.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from python_jobs.logs import logger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

Value = str | int | float | bool

OTLP = "OTEL_EXPORTER_OTLP_ENDPOINT"
AZURE_MONITOR = "APPLICATIONINSIGHTS_CONNECTION_STRING"
TRACEPARENT = "TRACEPARENT"
"""Tells a process which span it belongs to (W3C Trace Context)."""
ROWS = (
    "loaded", "unchanged", "updated", "rejected",  # load
    "done", "found", "dead", "lost",  # embed, tag
    "assigned",  # cluster --mode assign
)  # fmt: skip
"""Counts of jobs that are rows of feedback or texts, by what became of them."""


class Sink(Protocol):
    """What the functions of this module need of OpenTelemetry."""

    def span(
        self, name: str, attributes: Mapping[str, Value], trace_name: str | None = None
    ) -> AbstractContextManager[dict[str, Value | None]]:
        """A span; attributes put into the dictionary are added at its end."""

    def add(self, metric: str, number: float, attributes: Mapping[str, Value]) -> None:
        """Add to a counter, or record a duration."""

    def traceparent(self) -> dict[str, str]:
        """The span under way, for another process."""

    def close(self) -> None:
        """Send what is left."""


_sink: Sink | None = None


def wanted() -> bool:
    """Whether the environment names a place to send to."""
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not disabled and any(os.environ.get(name) for name in (OTLP, AZURE_MONITOR))


def enabled() -> bool:
    """Whether anything is recorded in this process."""
    return _sink is not None


@contextmanager
def process() -> Iterator[None]:
    """Around a whole process: record what happens in it, and send it before it ends."""
    global _sink
    if _sink is not None or not wanted():
        yield
        return
    try:
        from python_jobs.telemetry.exporting import OpenTelemetry

        _sink = OpenTelemetry.from_environment()
    except ImportError as error:
        logger.warning(
            "no telemetry: %s is not installed (pip install 'customer-insights-pipeline"
            "[telemetry]')",
            error.name or "OpenTelemetry",
        )
    except Exception as error:  # a wrong address is no reason not to run
        logger.warning("no telemetry: it could not be set up (%s)", type(error).__name__)
    try:
        yield
    finally:
        if _sink is not None:
            _sink.close()
            _sink = None


@contextmanager
def span(
    name: str, attributes: Mapping[str, Value | None], trace_name: str | None = None
) -> Iterator[dict[str, Value | None]]:
    """A span around a block.

    Args:
        name: what it is called.
        attributes: known at its start; those without a value are left out.
        trace_name: what the run is called elsewhere; if that is a UUID, as Data Factory's are, the
            trace has the same number. Only for a span that has no parent.

    Yields:
        a dictionary for attributes known at its end; `error` marks it as failed.
    """
    if _sink is None:
        yield {}
        return
    with _sink.span(name, _known(attributes), trace_name) as later:
        yield later


@contextmanager
def job(
    name: str,
    job_run_id: str,
    counts: Mapping[str, Value | None],
    *,
    provider: str | None,
    model: str | None,
) -> Iterator[None]:
    """Around a job.

    Args:
        name: of the job.
        job_run_id: its row in `job_runs`.
        counts: read at its end.
        provider, model: that it calls.
    """
    about = {"insights.job": name, "insights.provider": provider, "insights.model": model}
    with span(f"job {name}", {**about, "insights.job_run_id": job_run_id}) as later:
        try:
            yield
        except BaseException as error:
            later["error"] = type(error).__name__
            raise
        finally:
            if enabled():
                numbers = {key: value for key, value in counts.items() if _is_number(value)}
                later.update({f"insights.count.{key}": value for key, value in numbers.items()})
                rows(name, numbers)


def rows(job_name: str, counts: Mapping[str, Value | None]) -> None:
    """Count what became of rows: see `ROWS`."""
    if _sink is None:
        return
    for outcome in ROWS:
        number = counts.get(outcome)
        if isinstance(number, int | float) and number:
            _sink.add("rows", number, {"insights.job": job_name, "insights.outcome": outcome})


def request(
    job_name: str,
    provider: str,
    model: str,
    *,
    status: str,
    attempts: int,
    seconds: float,
    tokens: Mapping[str, int],
    cost_usd: float | None,
) -> None:
    """Count a call to a model.

    Args:
        job_name, provider, model: who called whom.
        status: how it ended.
        attempts: requests that were made for it.
        seconds: that it took.
        tokens: by kind: input, output, cached.
        cost_usd: US dollars; None where the price is unknown.
    """
    if _sink is None:
        return
    about = {"insights.job": job_name, "insights.provider": provider, "insights.model": model}
    _sink.add("requests", attempts, {**about, "insights.status": status})
    _sink.add("request.duration", seconds, {**about, "insights.status": status})
    for kind, number in tokens.items():
        if number:
            _sink.add("tokens", number, {**about, "insights.token": kind})
    if cost_usd:
        _sink.add("cost", cost_usd, about)


def step(name: str, status: str, seconds: float) -> None:
    """Count a step of the pipeline that has ended."""
    if _sink is not None:
        about = {"insights.step": name, "insights.status": status}
        _sink.add("steps", 1, about)
        _sink.add("step.duration", seconds, about)


def environment() -> dict[str, str]:
    """Variables that make another process's spans children of the one under way."""
    return _sink.traceparent() if _sink is not None else {}


def _known(attributes: Mapping[str, Value | None]) -> dict[str, Value]:
    return {key: value for key, value in attributes.items() if value is not None}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
