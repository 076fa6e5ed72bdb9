"""`insights tag --evaluate`: figures on stdout, nothing in the database."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import UsageError
from python_jobs.jobs.evaluate import GoldFile, evaluate
from python_jobs.jobs.pending import Selection
from python_jobs.logs import logger
from python_jobs.sources.gold import GoldOptions
from tests.fakes.obedient import Obedient
from tests.fakes.openai_server import FakeOpenAI
from tests.integration.jobs.conftest import TEXTS, query, with_openai

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings

SELECTION = Selection(batch_size=20, workers=2)


def written(settings: Settings) -> list[tuple[object, ...]]:
    """Rows in every table of the jobs."""
    names = query(
        settings,
        "select table_name from information_schema.tables where table_schema = 'customer_insights' "
        "order by 1",
    )
    return [
        (name, query(settings, f"select count(*) from customer_insights.{name}")[0][0])
        for (name,) in names
    ]


@pytest.fixture
def by_text(tmp_path: Path) -> Path:
    path = tmp_path / "gold.csv"
    path.write_text(
        "feedback_text,labels\n"
        "delivery was late,Delivery\n"
        "delivery and comfort,delivery|comfort\n"
        "delivery was late,returns\n"  # the same text: its labels are joined, it is sent once
        "love the comfort,durability\n"
        "nothing,\n"
        "poison,comfort\n",
        encoding="utf-8",
    )
    return path


def test_precision_recall_and_f1_by_category(
    staged: Settings,
    by_text: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logger, "propagate", True)
    kept = "'delivery', 'comfort', 'returns', 'durability'"
    query(staged, f"delete from staging.tag_categories where category not in ({kept})")
    before = written(staged)
    paid = ("api_usage", "job_runs")
    with FakeOpenAI() as server, caplog.at_level(logging.INFO, logger="insights"):
        honest = Obedient()
        server.overrides["/chat/completions"] = lambda body: (
            {"error": {"message": "no", "code": "x"}} if "poison" in str(body) else honest(body)
        )
        found = evaluate(with_openai(staged, server), GoldFile(by_text), SELECTION)
        sent = server.count()
    assert "Evaluating gpt-4.1-mini on 5 labelled texts: 1 requests" in caplog.messages
    assert (found.count_texts, found.count_failed) == (5, 1)
    assert sent >= found.usage.requests > 1
    scores = found.scores.categories
    assert (scores["delivery"].precision, scores["delivery"].recall) == (1.0, 1.0)
    assert (scores["comfort"].precision, scores["comfort"].recall) == (0.5, 0.5)
    assert (scores["returns"].precision, scores["returns"].recall) == (None, 0.0)
    assert (found.scores.micro.support, found.scores.micro.given) == (6, 4)
    assert found.scores.micro.f1 == pytest.approx(2 * 3 / 10)
    assert json.loads(json.dumps(found.as_dict()))["requests"] == sent
    after = written(staged)
    assert [row for row in after if row[0] not in paid] == [
        row for row in before if row[0] not in paid
    ]
    assert query(
        staged,
        "select sum(count_items) > 5, count(cost_usd) = count(*), min(job), max(job) "
        "from customer_insights.api_usage",
    ) == [(True, True, "evaluate", "evaluate")]


def test_loaded_feedback_by_its_id_and_a_limit(staged: Settings, tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    lines = [f"{feedback_id},x" for feedback_id, _, _ in TEXTS[:6]] + ["unheard-of,x"]
    path.write_text("feedback_id,topic\n" + "\n".join(lines), encoding="utf-8")
    gold = GoldFile(path, GoldOptions(labels_column="topic"), {"x": "durability"}, limit=4)
    found = evaluate(staged, gold, SELECTION, provider="local")
    assert (found.count_texts, found.usage.requests) == (4, 0)
    assert found.scores.categories["durability"].support == 4


def test_what_cannot_be_measured_is_said_before_any_call(staged: Settings, by_text: Path) -> None:
    path = by_text.with_name("ids.csv")
    path.write_text("feedback_id,labels\nunheard-of,comfort\n", encoding="utf-8")
    with FakeOpenAI() as server:
        settings = with_openai(staged, server)
        with pytest.raises(UsageError, match="none of the 1 ids"):
            evaluate(settings, GoldFile(path), SELECTION)
        by_text.write_text("feedback_text,labels\nlate,deliveri\n", encoding="utf-8")
        with pytest.raises(UsageError, match="did you mean 'delivery'"):
            evaluate(settings, GoldFile(by_text), SELECTION)
        assert server.count() == 0


def test_one_text_a_request(staged: Settings, by_text: Path) -> None:
    with FakeOpenAI() as server:
        server.overrides["/chat/completions"] = Obedient()
        evaluate(with_openai(staged, server), GoldFile(by_text), SELECTION, items_per_request=1)
        assert server.count() == 5
