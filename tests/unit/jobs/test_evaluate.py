"""Labels and categories; `tests/integration/jobs/test_evaluate.py` has the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from python_jobs.cli.ingest import tag
from python_jobs.errors import UsageError
from python_jobs.jobs import evaluate as job
from python_jobs.jobs.evaluate import Evaluation, GoldFile, to_categories
from python_jobs.providers.base import Category, Taxonomy, Usage
from python_jobs.reporting.tag_scores import score
from python_jobs.settings import Settings
from python_jobs.sources.gold import GoldOptions, GoldRow

TAXONOMY = Taxonomy((Category("price_and_value"), Category("Staff"), Category("Delivery")))
DONE = Evaluation("local", "tiny", 2, 0, score(["a"], [frozenset("a")], [frozenset("a")]), Usage())


def rows(*labels: str) -> list[GoldRow]:
    return [GoldRow("text", None, frozenset(labels))]


def test_labels_find_their_categories() -> None:
    labelled = rows("Price and Value", "staff", "People", "Other")
    assert to_categories(labelled, TAXONOMY, {"people": "Staff", "OTHER": ""}) == {
        "Price and Value": "price_and_value",
        "staff": "Staff",
        "People": "Staff",
        "Other": "",
    }


def test_unknown_labels_are_named_with_what_may_be_meant() -> None:
    with pytest.raises(UsageError) as caught:
        to_categories(rows("Stafff", "Zebra", "Staff"), TAXONOMY, {})
    assert caught.value.message == (
        "2 labels are no category of the taxonomy: 'Stafff' (did you mean 'Staff'?), 'Zebra'"
    )
    assert "--map-label" in str(caught.value.hint)


def test_a_map_to_what_is_no_category_is_refused() -> None:
    with pytest.raises(UsageError, match="1 labels are no category"):
        to_categories(rows("People"), TAXONOMY, {"People": "Personnel"})


def test_labels_that_may_be_feedback_are_not_shown() -> None:
    text = "My boots fell apart after a week and nobody answered any of my messages"
    with pytest.raises(UsageError, match="labels-column") as caught:
        to_categories(rows(text, "Zebra"), TAXONOMY, {})
    assert "boots" not in str(caught.value)
    many = rows(*(f"label {number}" for number in range(20)))
    with pytest.raises(UsageError, match="and 15 more"):
        to_categories(many, TAXONOMY, {})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = []

    def fake(_: Settings, gold: GoldFile, selection: object, **given: Any) -> Evaluation:
        calls.append({"gold": gold, "selection": selection, **given})
        return DONE

    monkeypatch.setattr(job, "evaluate", fake)
    return calls


def run(*arguments: str) -> Result:
    return CliRunner().invoke(tag, arguments, obj=Settings())


def test_the_options_reach_the_job(asked: list[dict[str, Any]]) -> None:
    options = ["--evaluate", "g.csv", "--text-column", "review", "--labels-column", "l1"]
    options += ["--separator", ";", "--map-label", "People=Staff", "--map-label", "Other="]
    result = run(*options, "--limit", "9", "--items-per-request", "1", "--provider", "local")
    assert result.exit_code == 0, result.output
    (call,) = asked
    assert call["gold"] == GoldFile(
        Path("g.csv"), GoldOptions("review", "l1", ";"), {"People": "Staff", "Other": ""}, 9
    )
    assert (call["provider"], call["items_per_request"]) == ("local", 1)
    assert "tiny (local) on 2 labelled texts" in result.stdout
    assert "micro" in result.stdout


def test_json(asked: list[dict[str, Any]]) -> None:
    result = run("--evaluate", "g.csv", "--json")
    assert '"micro": {"precision": 1.0' in result.stdout


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--labels-column", "x"], "--labels-column goes with --evaluate"),
        (["--map-label", "a=b", "--separator", ";"], "--separator, --map-label goes with"),
        (["--evaluate", "g.csv", "--map-label", "no equals sign"], "has no '='"),
        (["--evaluate", "g.csv", "--full-retag"], "reads the labelled file only"),
        (["--evaluate", "g.csv", "--days-back", "3"], "reads the labelled file only"),
    ],
)
def test_options_that_do_not_go_together(
    options: list[str], problem: str, asked: list[dict[str, Any]]
) -> None:
    result = run(*options)
    assert isinstance(result.exception, UsageError)
    assert problem in result.exception.message
    assert not asked
