"""The table of feedback as CSV."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generator.tables.people import SOURCES
from generator.tables.products import PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from generator.record import Record


def to_csv(records: Iterable[Record]) -> str:
    """Return the table as text, one header line first."""
    rows = [row_of(record) for record in records]
    return csv_line(rows[0]) + "".join(csv_line(row.values()) for row in rows)


def row_of(record: Record) -> dict[str, str]:
    """Return the cells of one record by column."""
    occasion = record.occasion
    return {
        "feedback_id": record.fid,
        "created_at": timestamp(record.when),
        "source": SOURCES[occasion.channel],
        "product": PRODUCTS[occasion.product][0],
        "rating": record.rating,
        "feedback_text": record.text,
        "customer_id": record.customer.number,
        "country": record.customer.country,
        "language": occasion.lang,
    }


def timestamp(moment: datetime) -> str:
    """Return a moment in UTC in ISO 8601."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def csv_line(values: Iterable[str]) -> str:
    """Return one line of CSV."""
    return ",".join(csv_cell(value) for value in values) + "\n"


def csv_cell(value: str) -> str:
    """Quote a value where needed. By hand, as the csv module's idea of that has changed."""
    if re.search(r'[",\r\n]', value) or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value
