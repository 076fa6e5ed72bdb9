"""A run of the pipeline as a collector of telemetry sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from python_jobs.jobs.pipeline.options import STEPS
from tests.fakes.collector import attributes, collector

if TYPE_CHECKING:
    from tests.integration.pipeline.conftest import Pipelines

pytest.importorskip("opentelemetry.sdk", reason="the extra 'telemetry' is not installed")


def test_a_run_is_a_trace_with_the_number_that_data_factory_gave_it(pipelines: Pipelines) -> None:
    run_id = uuid4()
    pipelines.stubs.fail("tag", 5)
    with collector() as there:
        code, run, messages = pipelines.run(
            "--demo",
            "--correlation-id",
            str(run_id),
            OTEL_EXPORTER_OTLP_ENDPOINT=there.url,
            OTEL_EXPORTER_OTLP_TIMEOUT="60",  # on a machine that is busy
        )
        spans = {span.name: span for span in there.spans()}
        metrics = there.metrics()
    assert code == 15, messages
    done = STEPS[: STEPS.index("tag") + 1]
    assert set(spans) >= {"pipeline run", *(f"step {step}" for step in done)}
    assert f"step {STEPS[STEPS.index('tag') + 1]}" not in spans
    assert {span.trace_id.hex() for span in spans.values()} == {run_id.hex}
    for step in done:
        assert spans[f"step {step}"].parent_span_id == spans["pipeline run"].span_id
    assert attributes(spans["step tag"])["insights.status"] == "failed"
    assert attributes(spans["pipeline run"])["insights.run_id"] == run.outputs["run_id"]
    ended = {
        dict(key)["insights.step"]: dict(key)["insights.status"]
        for (name, key), _ in metrics.items()
        if name == "insights.steps"
    }
    assert ended == dict.fromkeys(done, "succeeded") | {"tag": "failed"}
