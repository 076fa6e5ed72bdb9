"""The bundled demo feedback and feedback of one's own do not mix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from python_jobs.errors import UsageError
from python_jobs.jobs import load as job
from python_jobs.sources.options import ReadOptions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def demo(loading: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    (loading.folder / "demo").mkdir()
    monkeypatch.setattr(job, "project_root", lambda: loading.folder)
    return loading.write(
        "demo/feedback.csv", loading.row(1), loading.row(2), loading.row(3, rating="x")
    )


def test_own_feedback_removes_the_demo(loading: Any, demo: Path) -> None:
    assert loading.counts(None, demo=True) == (3, 2, 0, 0, 1)
    assert loading.query("select distinct origin from raw.customer_feedback") == [("demo",)]
    assert loading.counts(None, demo=True) == (3, 0, 2, 0, 1)
    result = loading.load(loading.write("own.csv", loading.row(1), loading.row(9)))
    assert (result.loaded, result.removed_demo) == (2, 2)
    found = loading.query("select feedback_id, origin from raw.customer_feedback order by 1")
    assert found == [("F1", "own.csv"), ("F9", "own.csv")]
    assert loading.query("select * from raw.rejected_feedback") == []


def test_a_file_without_a_good_row_leaves_the_demo(loading: Any, demo: Path) -> None:
    loading.load(None, demo=True)
    with pytest.raises(UsageError, match="1 of 1 rows rejected"):
        loading.load(loading.write("own.csv", loading.row(1, rating="x")))
    loading.load(loading.write("none.csv"))
    assert loading.query("select count(*) from raw.customer_feedback") == [(2,)]


def test_the_demo_does_not_join_own_feedback(loading: Any, demo: Path) -> None:
    loading.load(loading.write("own.csv", loading.row(1)))
    before = loading.everything()
    with pytest.raises(UsageError, match="would mix") as raised:
        loading.load(None, demo=True)
    assert "another database" in str(raised.value.hint)
    assert loading.everything() == before


def test_which_file(loading: Any) -> None:
    with pytest.raises(UsageError, match="no file to load"):
        loading.load(None)
    with pytest.raises(UsageError, match="no FILE goes with it"):
        loading.load(loading.folder / "own.csv", demo=True)
    with pytest.raises(UsageError, match="would pass for the demo"):
        loading.load(loading.folder / "x" / "demo", ReadOptions(format="csv"))
