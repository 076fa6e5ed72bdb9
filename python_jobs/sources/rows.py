"""What readers yield and what validation makes of it.

Named tuples, not dataclasses: one of each is made for every row of a file, and a frozen
dataclass costs three times as much to make.
"""

from __future__ import annotations

from typing import NamedTuple


class SourceRow(NamedTuple):
    """One record as the file has it.

    Attributes:
        line_number: physical line on which the record starts, the first line being 1; in
            Parquet the number of the row, the first row being 1.
        values: heading -> value, as the file has them.
        problem: why the record cannot be read at all, else None.
    """

    line_number: int
    values: dict[str, object]
    problem: str | None = None


class Feedback(NamedTuple):
    """One good row, every column in the text form that COPY takes.

    Attributes:
        line_number: as in `SourceRow`.
        feedback_id: 1 to 200 characters, no spaces around.
        created_at: ISO 8601 in UTC; "" where there is none and none is required.
        source: the channel, or None.
        product: or None.
        rating: decimal on the scale 1 to 5 with three places, or None.
        feedback_text: to the letter.
        attributes: a JSON object.
        row_hash: SHA-256 (hex) of all of the above but the line number.
    """

    line_number: int
    feedback_id: str
    created_at: str
    source: str | None
    product: str | None
    rating: str | None
    feedback_text: str
    attributes: str
    row_hash: str


class Rejection(NamedTuple):
    """One row that cannot be loaded.

    Attributes:
        line_number: as in `SourceRow`.
        reason: a stable code, or a code, a colon and a detail; never feedback text.
        feedback_id: where the row has one, else None.
    """

    line_number: int
    reason: str
    feedback_id: str | None


class UnusableValueError(ValueError):
    """A value cannot be used; the message is the reason for the row's rejection."""
