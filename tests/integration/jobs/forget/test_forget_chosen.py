"""Erasure: how feedback is chosen, and what is said of values that are unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import UsageError
from python_jobs.jobs.forget import Choice, forget
from python_jobs.jobs.load import load
from tests.integration.jobs.conftest import query
from tests.integration.jobs.forgotten import count, everything, ids, rows, write

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings


def test_a_dry_run_counts_and_changes_nothing(worked: Settings) -> None:
    before = rows(worked)
    dry = forget(worked, ids("poison", "same-1", "nobody"), dry_run=True)
    assert rows(worked) == before
    real = forget(worked, ids("poison", "same-1", "nobody"))
    assert (dry.removed, dry.model_rows, dry.unknown) == (real.removed, real.model_rows, 1)
    assert (dry.dry_run, real.dry_run) == (True, False)


def test_unknown_ids(worked: Settings) -> None:
    before = everything(worked)["raw.customer_feedback"]
    with pytest.raises(UsageError, match=r"^1 of 2 values are unknown; nothing was erased"):
        forget(worked, ids("poison", "nobody"), strict=True)
    assert everything(worked)["raw.customer_feedback"] == before
    result = forget(worked, ids("poison", "nobody"))
    assert (result.feedback, result.unknown, result.tombstones) == (1, 1, 1)
    ((counts,),) = query(
        worked,
        "select counts from customer_insights.job_runs "
        "where job = 'forget' and status = 'succeeded'",
    )
    assert (counts["feedback"], counts["unknown"]) == (1, 1)
    kept = str(query(worked, "select * from customer_insights.job_runs"))
    assert "poison" not in kept
    assert "nobody" not in kept


@pytest.mark.parametrize(
    "choice",
    [Choice(), Choice(values=("a",), where=(("source", "x"),)), Choice(("a",), orphans=True)],
)
def test_one_way_of_choosing(settings: Settings, choice: Choice) -> None:
    with pytest.raises(UsageError, match="in one way"):
        forget(settings, choice)


def test_by_attribute_and_by_column_without_any_build(prepared: Settings, tmp_path: Path) -> None:
    head = ("feedback_id", "created_at", "feedback_text", "source", "customer_id")
    people = [
        (f"F{at}", "2026-01-01T00:00:00Z", f"text {at}", source, customer)
        for at, (source, customer) in enumerate(
            [("chat", "C1"), ("review", "C1"), ("chat", "C2"), ("review", "C10"), ("chat", "")]
        )
    ]
    file = write(tmp_path / "people.csv", head, *people)
    load(prepared, file)
    left = "select feedback_id from raw.customer_feedback order by 1"
    both = Choice(where=(("customer_id", "C1"), ("source", "chat")))
    assert forget(prepared, both).feedback == 1
    assert query(prepared, left) == [("F1",), ("F2",), ("F3",), ("F4",)]
    listed = Choice(values=("C1", "C2", "C3"), by="customer_id")
    result = forget(prepared, listed)
    assert (result.feedback, result.unknown, result.tombstones) == (2, 1, 2)
    assert query(prepared, left) == [("F3",), ("F4",)]
    assert forget(prepared, Choice(where=(("customer_id", "C1"),))).feedback == 0
    again = load(prepared, file)
    assert (again.unchanged, again.rejected, again.reasons) == (2, 3, {"erased": 3})
    assert query(prepared, "select feedback_id from raw.rejected_feedback") == [(None,)] * 3
    only = write(tmp_path / "only.csv", head, people[0])
    assert (load(prepared, only).loaded, load(prepared, only).rejected) == (0, 1)


def test_rejected_rows_are_erased_and_stay_nameless(prepared: Settings, tmp_path: Path) -> None:
    head = ("feedback_id", "created_at", "feedback_text")
    file = write(tmp_path / "bad.csv", head, ("F1", "never", "a"), ("F2", "2026-01-01", "b"))
    load(prepared, file)
    result = forget(prepared, ids("F1"))
    assert (result.feedback, result.unknown) == (0, 0)
    assert result.removed == {"raw.rejected_feedback": 1}
    assert load(prepared, file).reasons == {"erased": 1}
    assert query(prepared, "select reason, feedback_id from raw.rejected_feedback") == [
        ("erased", None)
    ]


@pytest.mark.slow
def test_a_developer_s_prefix(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSIGHTS_SCHEMA_PREFIX", "dev_")
    monkeypatch.setenv(
        "DBT_TARGET_PATH", str(tmp_path / "target")
    )  # or all is parsed anew after it
    own = settings.model_copy(update={"schema_prefix": "dev_"})
    head = ("feedback_id", "created_at", "feedback_text")
    load(own, write(tmp_path / "f.csv", head, ("F1", "2026-01-01", "a")))
    assert forget(own, ids("F1")).removed == {"raw.customer_feedback": 1}
    assert count(own, "dev_customer_insights.erased_feedback") == 1
    assert load(own, tmp_path / "f.csv").reasons == {"erased": 1}


def test_orphans(worked: Settings) -> None:
    query(worked, "delete from raw.customer_feedback where feedback_id in ('poison', 'same-1')")
    result = forget(worked, Choice(orphans=True))
    assert (result.feedback, result.texts_gone, result.tombstones) == (0, 1, 0)
    assert result.removed["vector_store.embeddings"] == 1
    assert forget(worked, Choice(orphans=True)).removed == {}
    query(worked, "delete from raw.customer_feedback")
    with pytest.raises(UsageError, match="there is no feedback"):
        forget(worked, Choice(orphans=True))
