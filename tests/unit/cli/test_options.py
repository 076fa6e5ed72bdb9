from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import click
import pytest

from python_jobs.cli import options
from python_jobs.errors import UsageError


def test_days_back_includes_today() -> None:
    today = datetime.now(UTC).date()
    assert options.period(None, None, 1).start == today
    assert options.period(None, None, 7).start == today - timedelta(days=6)


def test_no_option_means_everything() -> None:
    assert options.period(None, None) == options.period(None, None, None)
    assert options.period(None, None).start is None


def test_dates_out_of_order_are_refused() -> None:
    with pytest.raises(UsageError, match="2026-02-01 is after"):
        options.period(date(2026, 2, 1), date(2026, 1, 1))


def test_days_back_excludes_dates() -> None:
    with pytest.raises(UsageError, match="--days-back"):
        options.period(date(2026, 2, 1), None, 3)


def test_a_day_is_iso_or_refused() -> None:
    assert options.Day().convert("2026-01-31", None, None) == date(2026, 1, 31)
    with pytest.raises(click.BadParameter, match="write it as 2026-01-31"):
        options.Day().convert("31.01.2026", None, None)
