"""Where the jobs tell: at the end of a run, and when a request is committed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from python_jobs import telemetry
from python_jobs.storage import results, tables
from python_jobs.storage.job_runs import job_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REQUEST = results.Request(
    job="tag",
    provider="openai",
    model="mini",
    count_items=4,
    input_tokens=100,
    output_tokens=20,
    cached_tokens=30,
    latency_seconds=0.5,
    retries=2,
    status="ok",
    cost_usd=0.125,  # type: ignore[arg-type]  # SQLite takes no decimals
)


class Recorded:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, dict[str, Any]]] = []
        self.numbers: dict[tuple[str, str], float] = {}

    @contextmanager
    def span(
        self, name: str, attributes: Mapping[str, Any], trace_name: str | None = None
    ) -> Iterator[dict[str, Any]]:
        later: dict[str, Any] = {}
        try:
            yield later
        finally:
            self.spans.append((name, {**attributes, **later}))

    def add(self, metric: str, number: float, attributes: Mapping[str, Any]) -> None:
        kind = attributes.get("insights.token") or attributes.get("insights.outcome") or ""
        self.numbers[metric, kind] = self.numbers.get((metric, kind), 0) + number

    def traceparent(self) -> dict[str, str]:
        return {}

    def close(self) -> None:
        """Nothing to send."""


class Lite:
    """As much of a warehouse as the hooks touch."""

    def __init__(self) -> None:
        self.engine = sa.create_engine("sqlite://")
        with self.engine.begin() as connection:
            connection.execute(sa.text("attach ':memory:' as customer_insights"))
            for table in (tables.job_runs, tables.api_usage):
                columns = ", ".join(column.name for column in table.columns)
                connection.execute(sa.text(f"create table {table.schema}.{table.name} ({columns})"))

    def transaction(self) -> Any:
        return self.engine.begin()


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    sink = Recorded()
    monkeypatch.setattr(telemetry, "_sink", sink)
    return sink


@pytest.fixture
def warehouse() -> Any:
    lite = Lite()
    yield lite
    lite.engine.dispose()


def test_a_job_is_a_span_with_its_counts(recorded: Recorded, warehouse: Any) -> None:
    with job_run(warehouse, "embed", provider="openai", model="small") as run:
        run.counts.update({"done": 3, "pending": 4, "cost_usd": None, "note": "a text"})
    ((name, attributes),) = recorded.spans
    assert name == "job embed"
    assert attributes["insights.job_run_id"] == run.job_run_id
    assert attributes["insights.count.done"] == 3
    assert "a text" not in attributes.values()
    assert recorded.numbers == {("rows", "done"): 3}


def test_a_failed_job_says_so(recorded: Recorded, warehouse: Any) -> None:
    with pytest.raises(ValueError, match="text"), job_run(warehouse, "embed"):
        raise ValueError("a text")
    assert recorded.spans[0][1]["error"] == "ValueError"


def test_a_request_counts_when_it_is_committed(recorded: Recorded, warehouse: Any) -> None:
    with warehouse.engine.connect() as connection, connection.begin() as transaction:
        results.record_request(connection, REQUEST, "run")
        transaction.rollback()
    assert recorded.numbers == {}
    with warehouse.transaction() as connection:
        results.record_request(connection, REQUEST, "run")
        assert recorded.numbers == {}
    assert recorded.numbers == {
        ("requests", ""): 3,
        ("request.duration", ""): 0.5,
        ("tokens", "input"): 70,
        ("tokens", "cached"): 30,
        ("tokens", "output"): 20,
        ("cost", ""): 0.125,
    }


def test_off_a_request_is_only_written(warehouse: Any) -> None:
    with warehouse.transaction() as connection:
        results.record_request(connection, REQUEST, "run")
    with warehouse.transaction() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(tables.api_usage)).scalar()
