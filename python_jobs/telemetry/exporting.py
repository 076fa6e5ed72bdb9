"""OpenTelemetry's SDK, set up for processes that are short and many."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from opentelemetry import trace
from opentelemetry.context import attach, detach
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from python_jobs import __version__
from python_jobs.logs import logger
from python_jobs.telemetry import AZURE_MONITOR, OTLP, TRACEPARENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.trace.export import SpanExporter

    from python_jobs.telemetry import Value

SERVICE = "customer-insights"
TIMEOUT = 5.0
"""Seconds that sending may take at the end of a process, where `OTEL_EXPORTER_OTLP_TIMEOUT` does
not say: as long as nobody answers, every step of a run takes so much longer."""
FLUSH_MILLISECONDS = 15_000

# name, unit, what it counts
COUNTERS = {
    "steps": ("{step}", "Steps of the pipeline that ended"),
    "requests": ("{request}", "Requests to a model, repeated ones included"),
    "tokens": ("{token}", "Tokens read and written"),
    "cost": ("USD", "What the requests cost, where the price is known"),
    "rows": ("{row}", "Feedback or texts, by what became of them"),
}
DURATIONS = {
    "step.duration": "Time that a step took",
    "request.duration": "Time until a call to a model was answered, repetitions included",
}


class OpenTelemetry:
    """Records spans and metrics and sends them.

    Args:
        spans, metrics: where they go; one exporter a place.
    """

    def __init__(self, spans: list[SpanExporter], metrics: list[MetricExporter]) -> None:
        _silence()
        resource = Resource.create(
            {
                "service.name": os.environ.get("OTEL_SERVICE_NAME") or SERVICE,
                "service.version": __version__,
                # Counters of two processes are two series, not one that jumps back.
                "service.instance.id": str(uuid4()),
            }
        )
        self._trace_id: int | None = None
        self._tracing = TracerProvider(
            resource=resource, id_generator=_ids(self), shutdown_on_exit=False
        )
        for exporter in spans:
            self._tracing.add_span_processor(BatchSpanProcessor(exporter))
        readers = [PeriodicExportingMetricReader(exporter) for exporter in metrics]
        self._metering = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
        self._tracer = self._tracing.get_tracer(SERVICE, __version__)
        meter = self._metering.get_meter(SERVICE, __version__)
        self._counters = {
            name: meter.create_counter(f"insights.{name}", unit, about)
            for name, (unit, about) in COUNTERS.items()
        }
        self._durations = {
            name: meter.create_histogram(f"insights.{name}", "s", about)
            for name, about in DURATIONS.items()
        }
        parent = {"traceparent": os.environ.get(TRACEPARENT, "")}
        self._parent = attach(TraceContextTextMapPropagator().extract(parent))

    @classmethod
    def from_environment(cls) -> OpenTelemetry:
        """Send to all places that the environment names."""
        spans: list[SpanExporter] = []
        metrics: list[MetricExporter] = []
        if os.environ.get(OTLP):
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            timeout = float(os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT") or TIMEOUT)
            spans.append(OTLPSpanExporter(timeout=timeout))
            metrics.append(OTLPMetricExporter(timeout=timeout))
        connection_string = os.environ.get(AZURE_MONITOR)
        if connection_string:
            from azure.monitor.opentelemetry.exporter import (
                AzureMonitorMetricExporter,
                AzureMonitorTraceExporter,
            )

            # Else the exporter reports on itself to its makers.
            os.environ.setdefault("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "true")
            options = {"connection_string": connection_string, "disable_offline_storage": True}
            spans.append(AzureMonitorTraceExporter(**options))
            metrics.append(AzureMonitorMetricExporter(**options))
        return cls(spans, metrics)

    @contextmanager
    def span(
        self, name: str, attributes: Mapping[str, Value], trace_name: str | None = None
    ) -> Iterator[dict[str, Value | None]]:
        """A span around a block; see `telemetry.span`."""
        later: dict[str, Value | None] = {}
        self._trace_id = _trace_id(trace_name)
        with self._tracer.start_as_current_span(
            name,
            attributes=dict(attributes),
            record_exception=False,  # messages and stack traces stay here
            set_status_on_exception=False,
        ) as current:
            self._trace_id = None
            try:
                yield later
            finally:
                error = later.pop("error", None)
                if error is not None:
                    current.set_attribute("error.type", str(error))
                    current.set_status(trace.StatusCode.ERROR)
                for key, value in later.items():
                    if value is not None:
                        current.set_attribute(key, value)

    def add(self, metric: str, number: float, attributes: Mapping[str, Value]) -> None:
        """Add to a counter, or record a duration."""
        if metric in self._counters:
            self._counters[metric].add(number, dict(attributes))
        else:
            self._durations[metric].record(number, dict(attributes))

    def traceparent(self) -> dict[str, str]:
        """The span under way, for another process."""
        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        return {TRACEPARENT: carrier["traceparent"]} if "traceparent" in carrier else {}

    def next_trace_id(self) -> int | None:
        """What the next trace is to be called; None leaves it to chance."""
        return self._trace_id

    def close(self) -> None:
        """Send what is left."""
        detach(self._parent)
        self._tracing.force_flush(FLUSH_MILLISECONDS)
        self._tracing.shutdown()
        self._metering.shutdown(FLUSH_MILLISECONDS)


def _ids(owner: OpenTelemetry) -> RandomIdGenerator:
    """Random ids, but for the traces that have a name."""
    chance = RandomIdGenerator()

    def generate_trace_id(_self: object) -> int:
        named = owner.next_trace_id()
        return chance.generate_trace_id() if named is None else named

    kind = type("NamedTraces", (RandomIdGenerator,), {"generate_trace_id": generate_trace_id})
    made: RandomIdGenerator = kind()
    return made


def _trace_id(name: str | None) -> int | None:
    try:
        return UUID(name).int or None if name else None
    except ValueError:
        return None


class _SaidOnce(logging.Handler):
    """Instead of every complaint of the libraries: one message of ours, which names no address."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said = False

    def emit(self, record: logging.LogRecord) -> None:
        """Say it the first time."""
        if not self._said:
            self._said = True
            logger.warning(
                "telemetry is not delivered; the run goes on (is %s or %s right?)",
                OTLP,
                AZURE_MONITOR,
                extra={"logger": record.name},
            )


def _silence() -> None:
    handler = _SaidOnce()
    for name in ("opentelemetry", "azure.core", "azure.monitor", "azure.identity"):
        library = logging.getLogger(name)
        library.handlers[:] = [handler]
        library.propagate = False
