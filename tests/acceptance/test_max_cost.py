"""`./run_pipeline.sh --max-cost`: one ceiling over all steps that spend."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.fakes.openai_server import FakeOpenAI

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Checkout

CEILING = Decimal("0.04")
"""All vectors cost half of it; a step that did not count them would tag until it is passed."""
SPENT = (
    "select (select sum(cost_usd) from customer_insights.api_usage), "
    "(select count(*) from vector_store.embeddings), "
    "(select count(*) from customer_insights.tagged_items), "
    "(select count(distinct content_hash) from marts.pending_tags)"
)


@pytest.mark.slow
def test_the_ceiling_holds_for_all_steps_together(
    checkout: Checkout, database: str, tmp_path: Path
) -> None:
    file = tmp_path / "feedback.csv"
    rows = [f"{row},2026-01-01,{'late delivery ' * 2000}{row}" for row in range(40)]
    file.write_text("\n".join(["feedback_id,created_at,feedback_text", *rows]), encoding="utf-8")
    with FakeOpenAI() as server:
        variables = {
            "INSIGHTS_DATABASE_URL": database,
            "OPENAI_API_KEY": "sk-test",
            "OPENAI_BASE_URL": server.url,
            "INSIGHTS_EMBEDDING_MODEL": "text-embedding-3-large",
        }
        finished = checkout.pipeline(
            *("--source", str(file), "--steps", "load,stage,embed,tag"),
            *("--max-cost", str(CEILING), "--batch-size", "1"),
            **variables,
        )
    assert finished.returncode == 9, finished.stderr
    assert "--max-cost" in finished.stderr
    assert "Traceback" not in finished.stderr
    shown = checkout.run("insights", "db", "psql", "-Atc", SPENT, **variables).stdout.strip()
    spent, embedded, tagged, pending = shown.split("|")
    assert CEILING / 2 < Decimal(spent) <= CEILING
    assert int(embedded) == 40
    assert 0 < int(tagged) < 40
    assert int(tagged) + int(pending) == 40


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--max-cost", "1", "--mode", "batch"], "--max-cost does not go with --mode batch"),
        (["--max-cost", "-1"], "--max-cost"),
        (["--max-cost", "cheap"], "--max-cost"),
    ],
)
def test_a_ceiling_that_cannot_be_is_said_before_anything_happens(
    checkout: Checkout, arguments: list[str], message: str
) -> None:
    finished = checkout.pipeline(
        "--demo", *arguments, INSIGHTS_DATABASE_URL="postgresql://nobody@nowhere/x"
    )
    assert finished.returncode == 2, finished.stderr
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr
