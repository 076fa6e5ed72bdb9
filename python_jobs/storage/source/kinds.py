"""What a source's columns hold, as far as drivers say it before the first row."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from python_jobs.storage.source.query import Kind

UNKNOWN = "unknown"
_POSTGRES = {
    "text": "text varchar bpchar name char",
    "id": "uuid",
    "number": "int2 int4 int8 numeric",
    "float": "float4 float8 money",
    "moment": "timestamp timestamptz",
    "date": "date",
    "yes or no": "bool",
    "binary": "bytea",
    "structured": "json jsonb xml hstore",
    "time": "time timetz interval",
}
_POSTGRES_KINDS = {name: kind for kind, names in _POSTGRES.items() for name in names.split()}
# pyodbc and mssql-python describe columns by Python's types.
_PYTHON_KINDS = {
    str: "text",
    uuid.UUID: "id",
    int: "number",
    Decimal: "number",
    float: "float",
    datetime: "moment",
    date: "date",
    bool: "yes or no",
    bytes: "binary",
    bytearray: "binary",
    time: "time",
}
# An unknown type (an enum, a domain, citext) may be text: its rows will tell.
_USABLE = {
    "feedback_id": {"text", "id", "number"},
    "feedback_text": {"text"},
    "created_at": {"moment", "date", "text"},
    "rating": {"number", "float", "text"},
    "source": {"text", "number", "id"},
    "product": {"text", "number", "id"},
}
ORDERED = {"moment", "date", "number"}
_PLAIN = frozenset(
    {str, int, float, bool, type(None), datetime, date, time, Decimal, list, dict, bytes}
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it holds, and what its server calls that."""

    name: str
    kind: str
    type_name: str


def describe(description: Sequence[Sequence[Any]], server: Kind) -> list[Column]:
    """The columns of a cursor's description (DB-API)."""
    columns = []
    for name, code, *_ in description:
        if server == "postgres":
            type_name = _postgres_type(code)
            kind = "structured" if type_name.endswith("[]") else _POSTGRES_KINDS.get(type_name)
        else:
            type_name = getattr(code, "__name__", UNKNOWN)
            kind = _PYTHON_KINDS.get(code)
        columns.append(Column(str(name), kind or UNKNOWN, type_name))
    return columns


def _postgres_type(oid: int) -> str:
    from psycopg import postgres

    found = postgres.types.get(oid)
    if found is None:
        return UNKNOWN
    return f"{found.name}[]" if found.array_oid == oid else found.name


def check_fields(columns: Sequence[Column], fields: dict[str, str], name: str) -> None:
    """Refuse columns that cannot be what they are to fill.

    Args:
        columns: the source's.
        fields: our column -> the source's.
        name: the source's, for messages.

    Raises:
        UsageError: with the type, and how to convert it.
    """
    by_name = {each.name: each for each in columns}
    for ours, theirs in fields.items():
        column = by_name[theirs]
        if column.kind not in _USABLE[ours] | {UNKNOWN}:
            wanted = "a date or a time" if ours == "created_at" else "text"
            wanted = "a number" if ours == "rating" else wanted
            raise UsageError(
                f"{name}: column {theirs!r} is {column.type_name} and cannot be {ours}, "
                f"which is {wanted}",
                hint="map another column, or convert it: "
                f"cast({theirs} as …) as {ours} in a --query",
            )


def check_watermark(columns: Sequence[Column], watermark: str, name: str) -> str:
    """The watermark's column as the source spells it.

    Raises:
        UsageError: there is none of that name, or its values do not say what is newer.
    """
    exact = [each for each in columns if each.name == watermark]
    found = exact or [each for each in columns if each.name.casefold() == watermark.casefold()]
    if len(found) != 1:
        names = [each.name for each in columns]
        near = get_close_matches(watermark, names, 3, 0.5)
        ordered = [each.name for each in columns if each.kind in ORDERED]
        raise UsageError(
            f"{name} has no column {watermark!r} for --updated-at; "
            f"columns with dates or numbers: {', '.join(ordered) or 'none'}",
            hint=f"did you mean --updated-at {near[0]}?" if near else "choose one of them",
        )
    if found[0].kind not in ORDERED:
        raise not_orderable(found[0].name, found[0].type_name, name)
    return found[0].name


def not_orderable(column: str, type_name: str, name: str) -> UsageError:
    """The error for a watermark of a type that does not say what is newer."""
    return UsageError(
        f"{name}: column {column!r} is {type_name}, whose order does not say which row is newer",
        hint="--updated-at takes a date, a time or a whole number that rises with each change; "
        "without it all rows are read and compared by their content",
    )


def plain(value: Any) -> Any:
    """A value as files have it: drivers also give UUIDs, buffers, ranges and addresses."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    return str(value)


def plain_values(row: Sequence[Any]) -> list[Any]:
    """A row's values, each `plain`: most need nothing."""
    return [value if type(value) in _PLAIN else plain(value) for value in row]
