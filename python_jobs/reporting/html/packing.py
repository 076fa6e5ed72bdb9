"""Columns as typed arrays, compressed, in base64: what the page's `data.js` unpacks.

A packed piece is zlib(header length as u32, header as JSON, arrays each aligned to 8 bytes), all
little-endian. The header has for each column its type, offset and length. Texts are two arrays,
the UTF-8 bytes and where each text ends; nulls are NaN in floats, the greatest value in unsigned
integers, and the text `\\x00`, which `visible` lets no other text be.
"""

from __future__ import annotations

import base64
import json
import sys
import zlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from python_jobs.reporting.html.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from decimal import Decimal

    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[Any]"
Column: TypeAlias = "Array | list[str | None]"

NULL_TEXT = "\x00"
_TYPES = {"u1": "Uint8", "u2": "Uint16", "u4": "Uint32", "f4": "Float32", "f8": "Float64"}


def pack(columns: Mapping[str, Column]) -> str:
    """Columns as base64; the same columns give the same letters."""
    header: dict[str, dict[str, Any]] = {}
    body = bytearray()
    for name, column in columns.items():
        if isinstance(column, np.ndarray):
            header[name] = _append(body, column)
        else:
            texts = [NULL_TEXT if each is None else visible(each) for each in column]
            encoded = [each.encode("utf-8", "replace") for each in texts]
            ends = np.cumsum([len(each) for each in encoded], dtype=np.uint32)
            header[name] = {
                "ends": _append(body, ends),
                **_append(body, np.frombuffer(b"".join(encoded), dtype=np.uint8)),
                "type": "text",
            }
    start = json.dumps(header, separators=(",", ":")).encode()
    start += b" " * (-(len(start) + 4) % 8)
    packed = zlib.compress(len(start).to_bytes(4, "little") + start + bytes(body), 9)
    return base64.b64encode(packed).decode("ascii")


def unpack(packed: str) -> dict[str, Column]:
    """The inverse, for tests and for who wants the data of a report back."""
    raw = zlib.decompress(base64.b64decode(packed))
    length = int.from_bytes(raw[:4], "little")
    header, body = json.loads(raw[4 : 4 + length]), raw[4 + length :]
    return {name: _column(body, entry) for name, entry in header.items()}


def table(columns: Mapping[str, Sequence[Any]]) -> dict[str, Column]:
    """Columns of a mart: texts as texts, everything else as numbers (days and times in ms, UTC)."""
    return {name: _typed(values) for name, values in columns.items()}


def smallest(numbers: Iterable[int | None]) -> Array:
    """Integers from 0 on in the narrowest type that has room for them and for null."""
    values = list(numbers)
    top = max((each for each in values if each is not None), default=0)
    kind = next(each for each in (np.uint8, np.uint16, np.uint32) if top < np.iinfo(each).max)
    null = np.iinfo(kind).max
    return np.array([null if each is None else each for each in values], dtype=kind)


def indexed(values: Sequence[str | None]) -> tuple[list[str | None], Array]:
    """Distinct values in order, and for each value its place among them."""
    distinct = sorted({each for each in values if each is not None})
    places = {value: place for place, value in enumerate(distinct)}
    return [*distinct], smallest(None if each is None else places[each] for each in values)


def milliseconds(moment: datetime | date) -> float:
    """Since 1970 in UTC; marts have UTC without an offset."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000


def _typed(values: Sequence[Any]) -> Column:
    known = next((each for each in values if each is not None), None)
    if isinstance(known, str):
        return list(values)
    if isinstance(known, bool):
        return np.array([255 if each is None else int(each) for each in values], dtype=np.uint8)
    if known is None and values:
        return [None] * len(values)
    return np.array([_number(each) for each in values], dtype=np.float64)


def _number(value: datetime | date | Decimal | float | None) -> float:
    if value is None:
        return float("nan")
    return milliseconds(value) if isinstance(value, date) else float(value)


def _append(body: bytearray, array: Array) -> dict[str, Any]:
    little = array.astype(array.dtype.newbyteorder("<")) if sys.byteorder == "big" else array
    entry = {
        "type": _TYPES[array.dtype.str[1:]],
        "offset": len(body),
        "length": len(array),
    }
    body += np.ascontiguousarray(little).tobytes()
    body += bytes(-len(body) % 8)
    return entry


def _column(body: bytes, entry: Mapping[str, Any]) -> Column:
    if entry["type"] != "text":
        kind = next(code for code, name in _TYPES.items() if name == entry["type"])
        return np.frombuffer(body, f"<{kind}", entry["length"], entry["offset"])
    ends = _column(body, entry["ends"])
    raw = body[entry["offset"] : entry["offset"] + entry["length"]]
    texts, start = [], 0
    for end in map(int, ends):
        text = raw[start:end].decode()
        texts.append(None if text == NULL_TEXT else text)
        start = end
    return texts
