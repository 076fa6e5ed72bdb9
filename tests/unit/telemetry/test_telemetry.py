"""Telemetry as a collector sees it; silent where nobody asked for it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from python_jobs import logs, telemetry
from python_jobs.errors import ProviderError
from python_jobs.telemetry.observer import PipelineTelemetry
from tests.fakes.collector import Collector, attributes, collector

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "sk-this-key-and-this-text-stay-here"

needs_sdk = pytest.mark.skipif(
    subprocess.run(
        [sys.executable, "-c", "import opentelemetry.sdk, opentelemetry.exporter.otlp.proto.http"],
        capture_output=True,
        check=False,
    ).returncode
    != 0,
    reason="the extra 'telemetry' is not installed",
)


@dataclass
class Step:
    name: str
    status: str = "running"
    exit_code: int | None = None
    seconds: float = 0.0


@dataclass
class Run:
    run_id: str | None = "pipeline-1"
    correlation_id: str | None = None
    preset: str | None = "daily"


@pytest.fixture(autouse=True)
def _off(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*os.environ,):
        if name.startswith(("OTEL_", "APPLICATIONINSIGHTS_", "TRACEPARENT")):
            monkeypatch.delenv(name)


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collector() as running:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", running.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60")  # on a machine that is busy
        yield running


def insights_warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == logs.LOGGER_NAME]


def test_off_nothing_is_loaded_or_sent() -> None:
    code = (
        "import sys\nfrom python_jobs import telemetry\n"
        "from python_jobs.telemetry.observer import PipelineTelemetry\n"
        "with telemetry.process(), telemetry.job('embed', 'x', {}, provider=None, model=None):\n"
        "    telemetry.rows('embed', {'done': 1}); assert telemetry.environment() == {}\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=…"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector", "OTEL_SDK_DISABLED": "TRUE"},
            False,
        ),
    ],
)
def test_on_where_the_environment_names_a_place(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], wanted: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert telemetry.wanted() is wanted


IN_THE_STEP = """
from python_jobs import telemetry
counts = {"pending": 9, "done": 7, "dead": 2, "method": "none of your business", "cost_usd": None}
with telemetry.process():
    with telemetry.job("embed", "embed-1", counts, provider="openai", model="small"):
        telemetry.request("embed", "openai", "small", status="ok", attempts=3, seconds=0.5,
                          tokens={"input": 90, "cached": 10, "output": 0}, cost_usd=0.25)
"""


@needs_sdk
def test_a_run_its_steps_and_their_jobs_are_one_trace(there: Collector) -> None:
    observer, adf = PipelineTelemetry(), uuid4()
    step = Step("embed")
    with telemetry.process(), observer.run(Run(correlation_id=str(adf))):
        with observer.step(step):
            environment = os.environ | observer.environment()
            subprocess.run([sys.executable, "-c", IN_THE_STEP], env=environment, check=True)
            step.status, step.exit_code, step.seconds = "succeeded", 0, 1.5
        with observer.step(Step("tag", "failed", 15)):
            pass
    spans = {span.name: span for span in there.spans()}

    assert set(spans) == {"pipeline run", "step embed", "step tag", "job embed"}
    assert {span.trace_id.hex() for span in spans.values()} == {adf.hex}
    assert spans["pipeline run"].parent_span_id == b""
    assert spans["step embed"].parent_span_id == spans["pipeline run"].span_id
    assert spans["job embed"].parent_span_id == spans["step embed"].span_id
    assert attributes(spans["job embed"]) == {
        "insights.job": "embed",
        "insights.job_run_id": "embed-1",
        "insights.provider": "openai",
        "insights.model": "small",
        "insights.count.pending": 9,
        "insights.count.done": 7,
        "insights.count.dead": 2,
    }
    assert attributes(spans["pipeline run"])["insights.preset"] == "daily"
    assert attributes(spans["step embed"])["insights.exit_code"] == 0
    assert spans["step tag"].status.code == 2  # STATUS_CODE_ERROR
    assert spans["step embed"].status.code == 0


@needs_sdk
def test_metrics_say_requests_tokens_cost_and_rows(there: Collector) -> None:
    subprocess.run([sys.executable, "-c", IN_THE_STEP], env=os.environ, check=True)
    found = there.metrics()
    who = {"insights.job": "embed", "insights.provider": "openai", "insights.model": "small"}

    def number(name: str, **more: str) -> float:
        dotted = {f"insights.{key}": value for key, value in more.items()}
        return found[f"insights.{name}", frozenset((who | dotted).items())]

    assert number("requests", status="ok") == 3
    assert number("request.duration", status="ok") == 0.5
    assert number("tokens", token="input") == 90
    assert number("tokens", token="cached") == 10
    assert number("cost") == 0.25
    rows = {
        dict(key)["insights.outcome"]: value
        for (name, key), value in found.items()
        if name == "insights.rows"
    }
    assert rows == {"done": 7, "dead": 2}


@needs_sdk
def test_no_text_and_no_key_leaves(there: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    counts: dict[str, str | int | None] = {"done": 1, "note": SECRET}
    with telemetry.process(), pytest.raises(ProviderError):  # noqa: SIM117
        with telemetry.job("tag", "tag-1", counts, provider="openai", model="mini"):
            raise ProviderError(f"the text was {SECRET}")
    (span,) = there.spans()
    assert attributes(span)["error.type"] == "ProviderError"
    assert not span.events
    assert there.raw()
    assert SECRET.encode() not in there.raw()


@needs_sdk
def test_the_command_line_sends_before_it_ends(there: Collector) -> None:
    code = (
        "import sys, click\nfrom python_jobs import cli, telemetry\n"
        "@click.command()\ndef probe():\n"
        "    telemetry.step('probe', 'succeeded', 1.0)\n    sys.exit(143)\n"
        "cli.cli.add_command(probe)\nsys.argv = ['insights', 'probe']\ncli.main()"
    )
    finished = subprocess.run([sys.executable, "-c", code], env=os.environ, check=False)
    assert finished.returncode == 143
    assert ("insights.steps", 1.0) in {
        (name, value) for (name, _), value in there.metrics().items()
    }


@needs_sdk
def test_nobody_there_is_said_once_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:secret@127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    monkeypatch.setattr(logs.logger, "propagate", True)
    run = telemetry.span("pipeline run", {})
    with caplog.at_level(logging.WARNING), telemetry.process(), run:
        telemetry.step("embed", "succeeded", 1.0)
    said = insights_warnings(caplog)
    assert len(said) == 1
    assert "telemetry is not delivered" in said[0]
    assert "secret" not in caplog.text


def test_a_missing_package_is_said_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(logs.logger, "propagate", True)
    monkeypatch.delitem(sys.modules, "python_jobs.telemetry.exporting", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with caplog.at_level(logging.WARNING), telemetry.process():
        assert not telemetry.enabled()
    assert "[telemetry]" in insights_warnings(caplog)[0]


@needs_sdk
def test_a_wrong_connection_string_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("azure.monitor.opentelemetry.exporter")
    monkeypatch.setenv("APPLICATIONINSIGHTS_CONNECTION_STRING", f"InstrumentationKey={SECRET}")
    monkeypatch.setattr(logs.logger, "propagate", True)
    with caplog.at_level(logging.WARNING), telemetry.process():
        assert not telemetry.enabled()
    assert "could not be set up" in insights_warnings(caplog)[0]
    assert SECRET not in caplog.text


@needs_sdk
def test_azure_monitor_gets_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("azure.monitor.opentelemetry.exporter")
    with collector() as running:
        where = f"InstrumentationKey={uuid4()};IngestionEndpoint={running.url}"
        monkeypatch.setenv("APPLICATIONINSIGHTS_CONNECTION_STRING", where)
        with telemetry.process(), telemetry.span("pipeline run", {"insights.preset": "daily"}):
            telemetry.step("embed", "succeeded", 1.0)
        sent = [
            envelope for _, body in running.bodies for envelope in _envelopes(body.decode("utf-8"))
        ]
    kinds = {envelope["data"]["baseType"] for envelope in sent}
    assert kinds == {"RemoteDependencyData", "MetricData"}
    names = {str(envelope["data"]["baseData"].get("name")) for envelope in sent}
    assert "pipeline run" in names


def _envelopes(body: str) -> list[dict[str, dict[str, dict[str, object]]]]:
    return json.loads(body) if body.startswith("[") else [json.loads(body)]
