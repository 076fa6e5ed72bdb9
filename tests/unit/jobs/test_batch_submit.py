"""What fits in one file of requests."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from python_jobs.errors import ConfigurationError, UsageError
from python_jobs.jobs.batch_costs import Allowance, BatchBudgetReached, line_bound
from python_jobs.jobs.batch_kinds import Line
from python_jobs.jobs.batch_pack import pack
from python_jobs.jobs.batch_submit import require_openai
from python_jobs.providers.openai.batches import MAX_REQUESTS
from python_jobs.settings import Settings
from python_jobs.storage.job_inputs import PendingText
from python_jobs.storage.prices import Price

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_jobs.providers.openai.client import Json


PRICE = Price(
    "m", "openai", "chat", "USD", "", Decimal(1), Decimal(0), Decimal(4), Decimal("0.5"), date.min
)


class Plain:
    """Requests that are the texts, `inputs` each."""

    job, endpoint, model = "embed", "/v1/embeddings", "m"
    pending: ClassVar[Any] = None
    active: ClassVar[Any] = None
    parameters: ClassVar[dict[str, Any]] = {}

    def __init__(self, most_inputs: int = 10**9, inputs: int = 1) -> None:
        self.most_inputs, self._inputs = most_inputs, inputs

    def lines(self, items: Sequence[PendingText], size: int) -> Iterator[Line]:
        for start in range(0, len(items), size):
            group = tuple(items[start : start + size])
            body = {"input": [item.text for item in group]}
            yield Line(group, (self._inputs,) * len(group), body)

    def read(self, payload: Json, items: Any) -> Any:
        raise NotImplementedError

    def outdated(self, connection: Any, hashes: set[str]) -> set[str]:
        return set()


def texts(words: Sequence[str]) -> list[PendingText]:
    return [PendingText(f"h{row}", f"f{row}", word) for row, word in enumerate(words)]


@given(
    words=st.lists(st.text(max_size=30), max_size=30),
    size=st.integers(1, 5),
    max_bytes=st.integers(0, 2_000),
    max_requests=st.integers(0, 10),
    most_inputs=st.integers(0, 40),
    inputs=st.integers(1, 3),
    suspects=st.sets(st.integers(0, 29)),
)
def test_a_file_stays_within_every_limit_and_holds_what_it_says(
    words: list[str],
    size: int,
    max_bytes: int,
    max_requests: int,
    most_inputs: int,
    inputs: int,
    suspects: set[int],
) -> None:
    kind, file = Plain(most_inputs, inputs), io.BytesIO()
    alone = {f"h{row}" for row in suspects}
    found = pack(
        kind, "b", texts(words), alone, size, file, max_bytes=max_bytes, max_requests=max_requests
    )
    lines = [json.loads(line) for line in file.getvalue().split(b"\n") if line]
    sent = [text for line in lines for text in line["body"]["input"]]
    assert len(lines) == found.requests <= max_requests
    assert len(file.getvalue()) <= max_bytes
    assert sum(item.count_inputs for item in found.items) <= most_inputs
    assert len({line["custom_id"] for line in lines}) == len(lines)
    by_hash = {item.content_hash: item.text for item in texts(words)}
    assert [by_hash[item.content_hash] for item in found.items] == sent
    assert len({item.content_hash for item in found.items}) == len(found.items)
    for line in lines:
        here = [item for item in found.items if item.custom_id == line["custom_id"]]
        assert [item.line_position for item in here] == [n * inputs for n in range(len(here))]
        assert {item.count_in_line for item in here} == {inputs * len(here)}
        if any(item.content_hash in alone for item in here):
            assert len(here) == 1


@given(st.lists(st.text(max_size=30), min_size=1, max_size=30), st.integers(1, 5))
def test_where_nothing_limits_everything_goes_into_one_file(words: list[str], size: int) -> None:
    found = pack(Plain(), "b", texts(words), set(), size, io.BytesIO())
    assert len(found.items) == len(words)
    assert found.requests == -(-len(words) // size)


def test_the_provider_s_own_limit_of_requests() -> None:
    found = pack(Plain(), "b", texts(["x"] * (MAX_REQUESTS + 1)), set(), 1, io.BytesIO())
    assert found.requests == len(found.items) == MAX_REQUESTS


def test_only_openai_has_batches() -> None:
    settings = Settings(openai_api_key="sk-test")
    require_openai(settings)
    require_openai(Settings(provider="local"), "openai")
    with pytest.raises(UsageError, match="local provider"):
        require_openai(settings, "local")
    with pytest.raises(ConfigurationError, match="not for azure"):
        require_openai(settings, "azure")


# --- costs ----------------------------------------------------------------------------------


@given(
    words=st.lists(st.text(max_size=30), max_size=30),
    size=st.integers(1, 5),
    cents=st.integers(0, 400),
)
def test_a_file_costs_no_more_than_is_left(words: list[str], size: int, cents: int) -> None:
    left, file = Decimal(cents) / 1_000_000, io.BytesIO()
    allowance = Allowance(PRICE, left)
    found = pack(Plain(), "b", texts(words), set(), size, file, allowance=allowance)
    bodies = [json.loads(line)["body"] for line in file.getvalue().split(b"\n") if line]
    bounds = [line_bound(PRICE, "/v1/embeddings", body) for body in bodies]
    assert sum(bounds, Decimal(0)) == allowance.bound <= left
    if allowance.refused is None:
        assert len(found.items) == len(words)
    else:
        assert allowance.bound + allowance.refused > left
        assert len(found.items) < len(words)


def test_what_a_request_may_cost() -> None:
    frame = Decimal(16)
    assert line_bound(PRICE, "/v1/embeddings", {"input": ["x" * 84, "y" * 84]}) == Decimal("0.0001")
    chat = {
        "messages": [{"content": "x" * 84}, {"content": "\u00e9" * 42}],
        "response_format": {},
        "max_completion_tokens": 100,
    }
    sent = 2 * 100 + len("{}") + frame
    assert line_bound(PRICE, "/v1/chat/completions", chat) == (sent + 4 * 100) / 2 / 1_000_000


def test_the_ceiling_s_error_says_what_was_made_and_what_to_do() -> None:
    error = BatchBudgetReached(Decimal("0.9"), Decimal(1), Decimal("0.2"), "3 texts are pending")
    assert str(error) == error.message
    assert "$1.00 is reached" in error.message
    assert (
        "$0.9000 is spent or set aside for batches, the next request may cost up to $0.2000; 3"
        in error.message
    )
    assert "insights batch fetch" in (error.hint or "")
