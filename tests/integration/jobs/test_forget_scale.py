"""A thousand customers of three thousand feedback: no trace of them anywhere."""

from __future__ import annotations

import csv
import random
import re
from typing import TYPE_CHECKING

import pytest

from python_jobs.jobs.forget import Choice, forget
from python_jobs.jobs.load import load
from tests.integration.dbt_builds import build, stage
from tests.integration.jobs.conftest import query
from tests.integration.jobs.forgotten import everything, pretend_jobs

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings

pytestmark = pytest.mark.slow

CUSTOMERS, FEEDBACK, ERASED = 1_500, 3_000, 1_000
_TOKEN = re.compile(r"\b(?:F-\d{5}|C-\d{5}|said-\d{5})\b")
"""Feedback, customer, and a word that only one text has."""
_HEAD = ("feedback_id", "created_at", "feedback_text", "source", "rating", "customer_id")


def write(path: Path) -> dict[str, set[str]]:
    """Feedback of customers, a tenth of it the same few words; the tokens of each customer."""
    draw = random.Random(3)
    tokens: dict[str, set[str]] = {}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEAD)
        for at in range(FEEDBACK):
            customer = f"C-{at % CUSTOMERS:05}"
            topic = draw.choice(["delivery", "sole", "checkout", "size", "laces"])
            shared = at % 10 == 0
            text = f"fine {topic}" if shared else f"said-{at:05} about the {topic} of my boots"
            tokens.setdefault(customer, {customer}).add(f"F-{at:05}")
            if not shared:
                tokens[customer].add(f"said-{at:05}")
            day = f"2026-0{at % 6 + 1}-1{at % 9}"
            writer.writerow((f"F-{at:05}", day, text, "chat", at % 5 + 1, customer))
    return tokens


def test_a_thousand_customers(staged: Settings, tmp_path: Path) -> None:
    tokens = write(tmp_path / "own.csv")
    assert load(staged, tmp_path / "own.csv").loaded == FEEDBACK
    stage(staged)
    pretend_jobs(staged)
    build(staged)
    chosen = sorted(tokens)[:ERASED]
    gone = set[str]().union(*(tokens[each] for each in chosen))
    ids = {each for each in gone if each.startswith("F-")}
    own_texts = {each for each in gone if each.startswith("said-")}
    before = everything(staged)
    assert gone - set(_TOKEN.findall("\n".join(before.values()))) == set()

    result = forget(staged, Choice(values=tuple(chosen), by="customer_id"))
    assert (result.feedback, result.unknown, result.tombstones) == (len(ids), 0, len(ids))
    assert (result.texts_gone, result.texts_shared) == (len(own_texts), 5)
    for table in ("embedded_items", "tagged_items", "feedback_tags", "cluster_assignments"):
        assert result.removed[f"customer_insights.{table}"] == len(own_texts)
    assert result.removed["vector_store.embeddings"] == len(own_texts)
    assert result.removed["raw.customer_feedback"] == len(ids)
    assert (result.not_cleared, result.not_vacuumed) == ((), ())

    build(staged)
    left = everything(staged)
    assert [name for name, rows in left.items() if gone & set(_TOKEN.findall(rows))] == []
    everyone = set[str]().union(*tokens.values())
    # pg_stats holds samples only
    assert set(_TOKEN.findall(left["raw.customer_feedback"])) == everyone - gone
    kept = "select count(*) from marts.feedback where feedback_id like 'F-%'"
    assert query(staged, kept) == [(FEEDBACK - len(ids),)]

    again = load(staged, tmp_path / "own.csv")
    assert (again.loaded, again.unchanged) == (0, FEEDBACK - len(ids))
    assert again.reasons == {"erased": len(ids)}
    assert [n for n, rows in everything(staged).items() if gone & set(_TOKEN.findall(rows))] == []
