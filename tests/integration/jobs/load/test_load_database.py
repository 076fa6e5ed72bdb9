"""Feedback from another database: all of it once, then what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import UsageError
from python_jobs.storage.source.position import parse_overlap
from tests.integration.jobs.load.shop import broken

if TYPE_CHECKING:
    from tests.integration.jobs.load.shop import Shop


def test_all_of_it_once_then_what_is_new(shop: Shop) -> None:
    assert shop.load(updated_at="changed_at", batch_rows=30) == (100, 100, 0, 0, 0)
    assert shop.query(
        "select feedback_text, rating, attributes ->> 'country', attributes ? 'changed_at', "
        "attributes ? 'token', origin like 'postgres/test%/shop.reviews' "
        "from raw.customer_feedback where feedback_id = '7'"
    ) == [("Sole came off 7", 3, "DE", False, True, True)]
    # nothing new: what lies in the overlap of an hour is read again, and nothing is written
    before = shop.query("select * from raw.customer_feedback order by 1")
    assert shop.load(updated_at="changed_at") == (61, 0, 61, 0, 0)
    assert shop.query("select * from raw.customer_feedback order by 1") == before
    shop.run(
        "insert into shop.reviews values (101, default, 'New', 5, 'FR', default, '2026-03-02Z');"
        "update shop.reviews set body = 'Edited', changed_at = '2026-03-02Z' where review_id = 3;"
        # committed late, with a time before the watermark; and touched without a change
        "insert into shop.reviews values (102, default, 'Late', 5, 'FR', default, "
        "'2026-03-01 01:35Z');"
        "update shop.reviews set changed_at = '2026-03-02Z' where review_id = 4"
    )
    assert shop.load(updated_at="changed_at", overlap=parse_overlap("10m")) == (15, 2, 12, 1, 0)
    assert shop.count() == (102, 102)
    assert shop.query(
        "select count(*) from raw.customer_feedback where feedback_text = 'Sole came off 3'"
    ) == [(0,)]


def test_rows_without_a_watermark_are_not_forgotten(shop: Shop) -> None:
    shop.run("update shop.reviews set changed_at = null where review_id <= 5")
    assert shop.load(updated_at="changed_at")[:2] == (100, 100)
    shop.run("insert into shop.reviews (review_id, body) values (200, 'No time')")
    assert shop.load(updated_at="changed_at", overlap=parse_overlap("0")) == (7, 1, 6, 0, 0)


def test_a_time_in_the_future_hides_nothing(shop: Shop) -> None:
    shop.run("update shop.reviews set changed_at = '2906-01-01Z' where review_id = 50")
    shop.load(updated_at="changed_at")
    shop.run("insert into shop.reviews (review_id, changed_at, body) values (200, now(), 'new')")
    assert shop.load(updated_at="changed_at", overlap=parse_overlap("5m")) == (8, 1, 7, 0, 0)


@pytest.mark.parametrize(
    ("column", "new", "read"),
    [
        ("review_id", "insert into shop.reviews (review_id, body) values (999, 'x')", 2 + 5),
        (
            "cast(changed_at as date) as day",
            "insert into shop.reviews (review_id, changed_at, body) "
            "values (999, '2026-03-09', 'x')",
            101,
        ),
        (
            "changed_at at time zone 'UTC' as naive",
            "insert into shop.reviews (review_id, changed_at, body) "
            "values (999, '2026-03-09', 'x')",
            2 + 5,
        ),
        (
            "review_id::numeric(20, 1) as counter",
            "insert into shop.reviews (review_id, body) values (999, 'x')",
            2 + 5,
        ),
    ],
)
def test_watermarks_of_every_kind(shop: Shop, column: str, new: str, read: int) -> None:
    name = column.split(" as ")[-1]
    more = "" if name == column else f", {column}"
    query = f"select review_id, created_at, body{more} from shop.reviews -- all of them"
    overlap = parse_overlap("5m" if name == "naive" else "5")
    given = {"updated_at": name, "overlap": overlap}
    if name == "day":
        given["overlap"] = parse_overlap("5m")
    assert shop.load(query=query, **given)[:2] == (100, 100)
    shop.run(new)
    assert shop.load(query=query, **given)[:2] == (read, 1)


def test_without_a_watermark_the_content_tells(shop: Shop) -> None:
    assert shop.load(batch_rows=40) == (100, 100, 0, 0, 0)
    shop.run("update shop.reviews set body = 'Edited' where review_id = 3")
    assert shop.load(batch_rows=50) == (100, 0, 99, 1, 0)


def test_bad_rows_are_rejected_and_judged_anew(shop: Shop) -> None:
    shop.run("update shop.reviews set rating = 9 where review_id in (2, 99)")
    assert shop.load(updated_at="changed_at", batch_rows=30) == (100, 98, 0, 0, 2)
    rejected = "select feedback_id, line_number from raw.rejected_feedback order by 2"
    assert shop.query(rejected) == [("2", 2), ("99", 99)]
    assert shop.load(updated_at="changed_at", batch_rows=30)[4] == 1  # 99 lies in the overlap
    assert [each for each, _ in shop.query(rejected)] == ["2", "99"]
    shop.run("update shop.reviews set rating = 1, changed_at = '2026-03-02Z' where review_id = 99")
    assert shop.load(updated_at="changed_at") == (61, 1, 60, 0, 0)
    assert shop.query(rejected) == [("2", 2)]
    shop.run("update shop.reviews set rating = 1 where review_id = 2")
    assert shop.load(updated_at="changed_at", full=True, batch_rows=7) == (100, 1, 99, 0, 0)
    assert shop.query(rejected) == []


def test_strict_loads_all_or_nothing(shop: Shop) -> None:
    shop.run("update shop.reviews set rating = 9 where review_id = 99")
    with pytest.raises(UsageError, match="1 of 100 rows rejected: impossible rating"):
        shop.load(updated_at="changed_at", batch_rows=30, strict=True)
    assert shop.count() == (0, 0)
    assert shop.query("select count(*) from customer_insights.source_positions") == [(0,)]


def test_erased_feedback_stays_erased(shop: Shop) -> None:
    from python_jobs.jobs.forget import Choice, forget

    shop.load(updated_at="changed_at")
    forget(shop.settings, Choice(("99",), "feedback_id", (), False))
    for _ in range(2):
        assert shop.load(updated_at="changed_at")[3:] == (0, 1)
        assert shop.query("select feedback_id, reason from raw.rejected_feedback") == [
            (None, "erased")
        ]


def test_erasing_the_last_id_of_an_unfinished_read_begins_anew(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    from python_jobs.jobs.forget import Choice, forget

    def interrupt() -> None:
        raise KeyboardInterrupt

    with broken(monkeypatch, 3, interrupt), pytest.raises(KeyboardInterrupt):
        shop.load(batch_rows=30)
    position = "select feedback_id from customer_insights.source_positions"
    assert shop.query(position) == [("60",)]
    forget(shop.settings, Choice(("60",), "feedback_id", (), False))
    assert shop.query(position) == []
    assert shop.load(batch_rows=30) == (100, 40, 59, 0, 1)


def test_another_mapping_reads_all_of_it_again(shop: Shop) -> None:
    with pytest.raises(UsageError, match="100 of 100 rows rejected: unreadable created_at"):
        shop.load(
            query="select review_id, body, 'soon' as created_at, changed_at from shop.reviews",
            updated_at="changed_at",
            origin="shop",
        )
    assert shop.load(updated_at="changed_at", origin="shop") == (100, 100, 0, 0, 0)
