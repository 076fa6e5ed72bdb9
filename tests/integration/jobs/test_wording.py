"""The headline worded by a model: what leaves the machine, what it costs, what comes back."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.budget import Budget, BudgetReached
from python_jobs.jobs.report import html_report
from python_jobs.jobs.wording import Worded, worded
from python_jobs.reporting.html.headline import Sentence
from python_jobs.storage.warehouse import Warehouse
from tests.fakes import faults
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.jobs.conftest import TEXTS, query, with_openai

if TYPE_CHECKING:
    from python_jobs.settings import Settings

COMPUTED = [
    Sentence("Feedback", "30 feedback came in.", "segments"),
    Sentence("Fix first", "“Mail ann@example.com” costs 1.0 stars.", "fix", "c0"),
]
USAGE = "select job, status, count_items, cost_usd > 0 from customer_insights.api_usage"
RUNS = "select job, status from customer_insights.job_runs where job = 'report'"


def ask(staged: Settings, server: FakeOpenAI, budget: Budget | None = None) -> Worded:
    with Warehouse(staged) as warehouse:
        return worded(with_openai(staged, server), warehouse, COMPUTED, "openai", budget)


def test_the_page_says_what_the_model_said(staged: Settings) -> None:
    with FakeOpenAI() as server:
        page = html_report(with_openai(staged, server), title="T", wording="openai").html
        sent = json.dumps(server.requests[0].body, ensure_ascii=False)
    assert f"In short: {len(TEXTS)} feedback came in from" in page
    assert '"worded_by": "gpt-4.1-mini"' in page
    assert not [text for _, _, text in TEXTS if text in sent]
    assert query(staged, USAGE) == [("report", "ok", 1, True)]
    assert query(staged, RUNS) == [("report", "succeeded")]
    assert "In short" not in html_report(staged, title="T").html


def test_personal_data_in_a_name_stay_at_home(staged: Settings) -> None:
    with FakeOpenAI() as server:
        found = ask(staged, server)
        assert "ann@example.com" not in json.dumps(server.requests[0].body)
    assert [each.text for each in found.sentences] == [
        "In short: 30 feedback came in.",
        COMPUTED[1].text,
    ]


def test_what_changes_figures_or_fails_leaves_the_computed_sentences(staged: Settings) -> None:
    with FakeOpenAI() as server:
        server.script(
            faults.written(lambda answer: answer.update(sentences=["31 feedback came in."])),
            faults.quota_exhausted(),
        )
        assert ask(staged, server) == ask(staged, server) == Worded(COMPUTED, None)
    assert query(staged, f"{USAGE} order by requested_at") == [
        ("report", "ok", 1, True),
        ("report", "quota_exhausted", 1, False),
    ]
    assert query(staged, f"{RUNS} order by started_at") == [
        ("report", "succeeded"),
        ("report", "failed"),
    ]


def test_the_ceiling_holds(staged: Settings) -> None:
    with FakeOpenAI() as server, pytest.raises(BudgetReached):
        ask(staged, server, Budget(Decimal("0.000001")))
    assert server.count() == 0
    assert query(staged, USAGE) == []
