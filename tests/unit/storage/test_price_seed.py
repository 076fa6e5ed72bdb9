"""The price list from the seed; `integration/jobs/test_estimate.py` compares it with the mart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import ConfigurationError
from python_jobs.storage.prices import PriceTable, read_seed

if TYPE_CHECKING:
    from pathlib import Path

HEADINGS = (
    "model,provider,kind,input_per_million,cached_input_per_million,output_per_million,"
    "batch_discount,currency,valid_from,source_note\n"
)


def seed(folder: Path, rows: str) -> Path:
    path = folder / "model_prices.csv"
    path.write_text(HEADINGS + rows, encoding="utf-8")
    return path


def test_a_price_counts_until_the_next_one(tmp_path: Path) -> None:
    path = seed(
        tmp_path,
        "m,openai,embedding,0.02,,0,0.5,USD,2026-03-01,later\n"
        "m,openai,embedding,0.10,0.05,0,0.5,USD,2025-01-01,\n"
        "m,azure,embedding,0.30,,0,0,USD,2026-01-01,\n",
    )
    table = read_seed(path)

    def price(day: date, provider: str = "openai") -> Decimal | None:
        found = table.price("m", day, provider=provider)
        return found and found.input_per_million

    assert price(date(2024, 12, 31)) is None
    assert price(date(2026, 2, 28)) == Decimal("0.10")
    assert price(date(2026, 3, 1)) == Decimal("0.02")
    assert price(date(2027, 1, 1), "azure") == Decimal("0.30")
    later = table.price("m", date(2026, 3, 1), provider="openai")
    assert later
    assert later.cached_input_per_million == Decimal("0.02")


def test_no_seed_has_no_price(tmp_path: Path) -> None:
    assert read_seed(tmp_path / "absent.csv") == PriceTable(())


@pytest.mark.parametrize(
    "row", ["m,openai,embedding,cheap,,0,0.5,USD,2026-03-01,\n", "m,openai\n", "\xff\n"]
)
def test_a_seed_that_cannot_be_read(tmp_path: Path, row: str) -> None:
    with pytest.raises(ConfigurationError, match="model_prices"):
        read_seed(seed(tmp_path, row))
