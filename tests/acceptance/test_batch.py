"""`./run_pipeline.sh --mode batch`: hands over, waits for the answers, and goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.openai_server import FakeOpenAI

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.conftest import Checkout

COUNTS = (
    "select (select count(*) from vector_store.embeddings), "
    "(select count(*) from customer_insights.tagged_items), "
    "(select count(*) from marts.pending_embeddings), (select count(*) from marts.pending_tags), "
    "(select count(*) from customer_insights.api_batches where closed_at is not null), "
    "(select count(*) from customer_insights.api_usage where mode = 'online')"
)
UNDO = (
    "delete from vector_store.embeddings; delete from customer_insights.embedded_items; "
    "delete from customer_insights.tagged_items; delete from customer_insights.feedback_tags"
)


@pytest.mark.slow
def test_the_steps_wait_for_their_batches(
    checkout: Checkout, database: str, tmp_path: Path
) -> None:
    file = tmp_path / "feedback.csv"
    rows = "".join(f"{row},2026-01-0{row},boots number {row}\n" for row in range(1, 6))
    file.write_text("feedback_id,created_at,feedback_text\n" + rows, encoding="utf-8")
    with FakeOpenAI() as server:
        server.batch_api.steps = ("completed",)
        variables = {
            "INSIGHTS_DATABASE_URL": database,
            "OPENAI_API_KEY": "sk-test",
            "OPENAI_BASE_URL": server.url,
        }

        def ask(statement: str) -> str:
            shown = checkout.run("insights", "db", "psql", "-Atc", statement, **variables)
            assert shown.returncode == 0, shown.stderr
            return shown.stdout.strip()

        by_option = ("--source", str(file), "--mode", "batch", "--steps", "load,stage,embed,tag")
        finished = checkout.pipeline(*by_option, **variables)
        assert finished.returncode == 0, finished.stderr
        assert ask(COUNTS) == "5|5|0|0|2|0"
        ask(UNDO)
        by_environment = variables | {"INSIGHTS_MODE": "batch"}
        finished = checkout.pipeline("--steps", "embed,tag", **by_environment)
        assert finished.returncode == 0, finished.stderr
        assert ask(COUNTS) == "5|5|0|0|4|0"
        assert server.requests == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mode", "batch"], "local provider"),
        (["--mode", "batch", "--provider", "azure"], "not for azure"),
        (["--mode", "sideways"], "sideways"),
        (["--mode"], "--mode needs a value"),
    ],
)
def test_a_mode_that_cannot_be_is_said_before_anything_happens(
    checkout: Checkout, arguments: list[str], message: str
) -> None:
    finished = checkout.pipeline(
        "--demo", *arguments, INSIGHTS_DATABASE_URL="postgresql://nobody@nowhere/x"
    )
    assert finished.returncode == 2, finished.stderr
    assert message in finished.stderr
    assert "Traceback" not in finished.stderr
