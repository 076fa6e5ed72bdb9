from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from python_jobs.cli import cli, ingest, options
from python_jobs.errors import UsageError
from python_jobs.jobs.pending import Selection, Tally

if TYPE_CHECKING:
    from pathlib import Path


def test_days_back_includes_today() -> None:
    before = datetime.now(UTC).date()
    found = [options.period(None, None, days).start for days in (1, 7)]
    after = datetime.now(UTC).date()  # another day where the test began before midnight
    assert found in [[day, day - timedelta(days=6)] for day in (before, after)]


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


def test_a_moment_is_in_utc_unless_it_says() -> None:
    moment = options.Moment()
    assert moment.convert("2026-01-31", None, None) == datetime(2026, 1, 31, tzinfo=UTC)
    said = moment.convert("2026-01-31T18:00+02:00", None, None)
    assert said == datetime(2026, 1, 31, 16, tzinfo=UTC)
    with pytest.raises(click.BadParameter, match="write it as 2026-01-31T18:00"):
        moment.convert("last week", None, None)


def test_dollars_are_exact_and_never_negative() -> None:
    assert options.Dollars().convert("2.50", None, None) == Decimal("2.50")
    for wrong in ("-1", "nan", "inf", "two", ""):
        with pytest.raises(click.BadParameter, match=r"write it as 2\.50"):
            options.Dollars().convert(wrong, None, None)


@pytest.mark.parametrize(
    ("line", "typed", "expected"),
    [
        ("MAX_WORKERS=7", [], (7, "online")),
        ("INSIGHTS_MODE=batch", [], (5, "batch")),
        ("MAX_WORKERS=7", ["--max-workers", "2"], (2, "online")),
    ],
)
def test_what_stands_in_env_counts_for_options_too(
    line: str,
    typed: list[str],
    expected: tuple[int, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("MAX_WORKERS", "BATCH_SIZE", "INSIGHTS_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(line + "\n", encoding="utf-8")
    seen: list[tuple[int, str]] = []

    def fake(_: object, mode: str, selection: Selection, **_given: object) -> Tally:
        seen.append((selection.workers, mode))
        return Tally()

    monkeypatch.setattr(ingest, "_embed", fake)
    result = CliRunner().invoke(cli, ["embed", *typed])
    assert result.exit_code == 0, result.output
    assert seen == [expected]
