"""From a row of a file to feedback or to a rejection with its reason: pure, one row at a time."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from python_jobs.sources.columns import assign
from python_jobs.sources.options import FIVE_STARS, ReadOptions
from python_jobs.sources.rows import Feedback, Rejection, SourceRow, UnusableValueError
from python_jobs.sources.values import as_text, created_at_reader, is_blank, rating_reader

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_ID = 200
_MOST_SHAPES = 1_000


def _plain(value: object) -> object:
    """Bring what Parquet holds and JSON does not into a JSON form."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Decimal):
        return str(value)
    raise UnusableValueError("attribute without a JSON form")


_encode = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain
).encode


def validator(options: ReadOptions) -> Callable[[SourceRow], Feedback | Rejection]:
    """Make the function that turns a row of a file into feedback or a rejection.

    A row has one reason, the first that is found: what makes it unreadable, then id, text,
    date, rating, attributes.
    """
    read_created_at = created_at_reader(options.timezone, options.date_formats)
    read_rating = rating_reader(options.rating_scale)
    other_scale = options.rating_scale != FIVE_STARS
    needs_date = "created_at" in options.required
    split = _splitter(options.column_map)

    def feedback(
        line_number: int, row: dict[str, object], attributes: dict[str, object]
    ) -> Feedback:
        feedback_id = _feedback_id(row.get("feedback_id"))
        text = as_text(row.get("feedback_text"), "feedback_text")
        if is_blank(text):
            raise UnusableValueError("missing feedback_text")
        given_at = row.get("created_at")
        dated = needs_date or not _is_nothing(given_at)
        created_at = read_created_at(given_at) if dated else ""
        original = row.get("rating")
        rating = read_rating(original)
        if other_scale and rating is not None:
            attributes["rating_original"] = original
        content = (
            feedback_id,
            created_at,
            as_text(row.get("source"), "source").strip() or None,
            as_text(row.get("product"), "product").strip() or None,
            rating,
            text,
            _encoded(attributes) if attributes else "{}",
        )
        return Feedback(line_number, *content, _hash(content))

    def validate(row: SourceRow) -> Feedback | Rejection:
        fields: dict[str, object] = {}
        try:
            fields, attributes = split(row.values)
            if not row.problem:
                return feedback(row.line_number, fields, attributes)
            reason = row.problem
        except UnusableValueError as problem:
            reason = str(problem)
        if _holds_nul(row.values):
            reason = "NUL byte"
        return Rejection(row.line_number, reason, _known_id(fields.get("feedback_id")))

    return validate


def _splitter(
    column_map: dict[str, str],
) -> Callable[[dict[str, object]], tuple[dict[str, object], dict[str, object]]]:
    """Make the function that parts a row into our fields and attributes.

    Which heading is what is worked out once for each set of headings: one in CSV, a few in
    JSON Lines.
    """
    shapes: dict[tuple[str, ...], list[tuple[str, str | None]]] = {}

    def split(values: dict[str, object]) -> tuple[dict[str, object], dict[str, object]]:
        headings = tuple(values)
        shape = shapes.get(headings)
        if shape is None:
            if len(shapes) >= _MOST_SHAPES:
                shapes.clear()
            shape = shapes[headings] = list(assign(headings, column_map).items())
        fields: dict[str, object] = {}
        attributes: dict[str, object] = {}
        for heading, field in shape:
            value = values[heading]
            if field:
                fields[field] = value
            elif not _is_nothing(value):
                attributes[heading.strip()] = value
        return fields, attributes

    return split


def _is_nothing(value: object) -> bool:
    # NaN, the only value unequal to itself, is how pandas writes a missing number to Parquet
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _feedback_id(value: object) -> str:
    feedback_id = as_text(value, "feedback_id").strip()
    if is_blank(feedback_id):
        raise UnusableValueError("missing feedback_id")
    if len(feedback_id) > LONGEST_ID:
        raise UnusableValueError(f"feedback_id longer than {LONGEST_ID} characters")
    return feedback_id


def _encoded(attributes: dict[str, object]) -> str:
    try:
        encoded = _encode(attributes)
    except UnusableValueError:
        raise
    except (ValueError, TypeError, RecursionError):
        raise UnusableValueError("attribute without a JSON form") from None
    # looked for in two steps: a text may hold the six characters \\u0000 lawfully
    if "\\u0000" in encoded and _holds_nul(attributes):
        raise UnusableValueError("NUL byte")
    return encoded


def _hash(content: tuple[str | None, ...]) -> str:
    # NUL parts the columns: no column may hold one, so no two contents are spelt alike
    canonical = "\0".join([part or "" for part in content])
    if canonical.count("\0") != len(content) - 1:
        raise UnusableValueError("NUL byte")
    try:
        return hashlib.sha256(canonical.encode()).hexdigest()
    except UnicodeEncodeError:
        raise UnusableValueError("half a character (unpaired surrogate)") from None


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return any(_holds_nul(item) for item in value)
    return False


def _known_id(value: object) -> str | None:
    """The row's id in a form that can be stored, to find the row by."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    known = str(value).strip().replace("\0", "")[:LONGEST_ID]
    return known.encode("utf-8", "replace").decode() or None
