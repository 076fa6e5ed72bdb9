"""Money, request by request: what is set aside before, and what counts after."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.budget import Budget
from python_jobs.providers import errors
from python_jobs.providers.base import Taxonomy, Usage, added
from python_jobs.providers.openai.embedder import OpenAIEmbedder
from python_jobs.providers.openai.tagger import OpenAITagger
from python_jobs.providers.spending import ZERO, BudgetReached, Reservation
from python_jobs.settings import Settings
from tests.fakes import faults

if TYPE_CHECKING:
    from tests.fakes.openai_server import FakeOpenAI

MakeSettings = Callable[..., Settings]
EACH = Decimal("0.001")


class Purse:
    """A budget where every token costs a tenth of a cent, whatever the model."""

    def __init__(self, ceiling: Decimal | None = None) -> None:
        self.budget = Budget(ceiling)
        self.reserved: list[Decimal] = []

    def reserve(self, model: str, input_tokens: int, output_tokens: int) -> Reservation:
        assert model
        made = self.budget.reserve((input_tokens + output_tokens) * EACH)
        self.reserved.append(made.amount)
        return made

    def settle(self, reservation: Reservation, amount: Decimal) -> None:
        self.budget.settle(reservation, amount)

    def cost(self, model: str, sent: int, written: int, cached: int) -> Decimal:
        return (sent + written) * EACH


def embedder(make: MakeSettings, purse: Purse, sleeps: list[float], **changes: object):  # type: ignore[no-untyped-def]
    return OpenAIEmbedder(make(**changes), sleep=sleeps.append, spending=purse)


def test_a_request_costs_its_tokens_and_never_more_than_was_set_aside(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    purse = Purse()
    answer = embedder(settings, purse, sleeps).embed_batch(["late delivery", "great boots"])
    assert answer.usage.cost_usd == answer.usage.input_tokens * EACH == purse.budget.spent > 0
    assert purse.budget.reserved == 0
    (set_aside,) = purse.reserved
    assert set_aside >= purse.budget.spent


def test_a_chat_request_says_how_long_its_answer_may_be(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float], taxonomy: Taxonomy
) -> None:
    purse = Purse()
    tagger = OpenAITagger(settings(), sleep=sleeps.append, spending=purse)
    answer = tagger.tag_batch([("a", "The parcel came late."), ("b", "Too small.")], taxonomy)
    (request,) = server.requests
    limit = request.body["max_completion_tokens"]
    sent = json.dumps(request.body["messages"]) + json.dumps(request.body["response_format"])
    assert limit == 500 + 2 * 250
    assert limit * EACH < purse.reserved[0] <= (limit + len(sent.encode()) + 100) * EACH
    assert answer.usage.cost_usd == purse.budget.spent


def test_models_that_think_may_write_more(
    server: FakeOpenAI, settings: MakeSettings, taxonomy: Taxonomy
) -> None:
    OpenAITagger(settings(chat_model="gpt-5-mini")).tag_batch([("a", "Too small.")], taxonomy)
    assert server.requests[0].body["max_completion_tokens"] == 500 + 250 + 4_000 + 500


def test_an_answer_that_fails_its_checks_is_paid_for(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    server.script(faults.not_a_number, faults.not_a_number)
    purse = Purse()
    with pytest.raises(errors.InvalidAnswer) as caught:
        embedder(settings, purse, sleeps).embed_batch(["late delivery"])
    assert len(purse.reserved) == 2
    assert caught.value.usage.cost_usd == caught.value.usage.input_tokens * EACH
    assert purse.budget.spent == caught.value.usage.cost_usd > 0


@pytest.mark.parametrize(
    "fault", [faults.rate_limited(), faults.status(500), faults.bad_request("late")]
)
def test_what_the_server_refuses_costs_nothing(
    fault: faults.Fault, server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    server.script(*[fault] * 6)
    purse = Purse()
    with pytest.raises(errors.CallFailed) as caught:
        embedder(settings, purse, sleeps).embed_batch(["late delivery"])
    assert caught.value.usage.cost_usd == purse.budget.spent == ZERO


@pytest.mark.parametrize("fault", [faults.disconnected, faults.malformed, faults.not_json])
def test_an_answer_that_was_lost_counts_as_the_most_it_can_have_cost(
    fault: faults.Fault, server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    server.script(*[fault] * 6)
    purse = Purse()
    with pytest.raises(errors.CallFailed):
        embedder(settings, purse, sleeps).embed_batch(["late delivery"])
    assert len(purse.reserved) == 6
    assert purse.budget.spent == sum(purse.reserved)


def test_an_answer_that_is_too_late_counts_as_well(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    server.script(faults.slow(0.6))
    purse = Purse()
    embedder(settings, purse, sleeps, request_timeout=0.2).embed_batch(["late delivery"])
    lost, answered = purse.reserved
    assert lost < purse.budget.spent < lost + answered


def test_a_request_that_never_left_costs_nothing(
    settings: MakeSettings, sleeps: list[float]
) -> None:
    purse = Purse()
    made = embedder(settings, purse, sleeps, openai_base_url="http://127.0.0.1:9/v1")
    with pytest.raises(errors.Unavailable):
        made.embed_batch(["late delivery"])
    assert (len(purse.reserved), purse.budget.spent) == (6, ZERO)


def test_an_answer_without_a_count_is_of_unknown_cost_and_counts_in_full(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    def uncounted(good: faults.Json) -> faults.Reply:
        return faults.Reply(200, {name: good[name] for name in good if name != "usage"})

    server.script(uncounted)
    purse = Purse()
    answer = embedder(settings, purse, sleeps).embed_batch(["late delivery"])
    assert answer.usage.cost_usd is None
    assert purse.budget.spent == purse.reserved[0]


def test_beyond_the_ceiling_no_request_is_made(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    with pytest.raises(BudgetReached) as caught:
        embedder(settings, Purse(Decimal("0.01")), sleeps).embed_batch(["late delivery"])
    assert server.requests == []
    assert caught.value.usage == Usage(status="budget")


def test_the_ceiling_holds_between_two_attempts(
    server: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    server.script(faults.not_a_number)
    purse = Purse(Decimal("0.03"))  # two texts of 13 bytes: 0.029 may be needed for the first
    with pytest.raises(BudgetReached) as caught:
        embedder(settings, purse, sleeps).embed_batch(["late delivery"])
    assert len(server.requests) == caught.value.usage.requests == 1
    assert caught.value.usage.cost_usd == purse.budget.spent > 0


def test_without_a_purse_the_cost_is_unknown(server: FakeOpenAI, settings: MakeSettings) -> None:
    answer = OpenAIEmbedder(settings()).embed_batch(["late delivery"])
    assert answer.usage.cost_usd is None
    assert added(None, ZERO) is None


def test_what_is_left_is_said() -> None:
    error = BudgetReached(Decimal("0.5"), Decimal(1), Decimal("0.6")).leaving(1234)
    assert "1,234 texts are still pending" in error.message
    assert "$0.5000 spent" in error.message
    assert error.exit_code == 9
