"""Postgres's binary COPY format, in bulk: NumPy records in place of Python values.

The format: "COPY, Binary Format" in Postgres's manual. A vector in it: pgvector's `vector_send`
and `halfvec_send` (dimensions and flags as int16, then the values), all of it big-endian.
"""

from __future__ import annotations

from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from python_jobs.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

VectorType = Literal["vector", "halfvec"]
VECTOR_TYPES: tuple[VectorType, ...] = get_args(VectorType)
Buffer: TypeAlias = bytes | bytearray | memoryview
Records: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.void]]"

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""Signature, no flags, no extension."""
TRAILER = b"\xff\xff"
BLOCK_BYTES = 1 << 20
"""What is converted at a time: fits a processor's cache, and keeps memory flat."""

_VALUES = {"vector": ">f4", "halfvec": ">f2"}


def stored_row(
    hash_bytes: int, model_bytes: int, dimensions: int, vector_type: VectorType
) -> np.dtype[np.void]:
    """A row of (content hash, model, dimensions, vector), with texts of so many bytes."""
    return _row(
        [
            ("key_bytes", ">i4"),
            ("key", "u1", (hash_bytes,)),
            ("model_bytes", ">i4"),
            ("model", "u1", (model_bytes,)),
            ("width_bytes", ">i4"),
            ("width", ">i4"),
        ],
        dimensions,
        vector_type,
    )


def placed_row(dimensions: int, vector_type: VectorType) -> np.dtype[np.void]:
    """A row of (position as integer, vector)."""
    return _row([("key_bytes", ">i4"), ("key", ">i4")], dimensions, vector_type)


def _row(key: list[tuple[Any, ...]], dimensions: int, kind: VectorType) -> np.dtype[np.void]:
    vector = [
        ("vector_bytes", ">i4"),
        ("dimensions", ">i2"),
        ("flags", ">i2"),
        ("values", _VALUES[kind], (dimensions,)),
    ]
    return np.dtype([("fields", ">i2"), *key, *vector])


def packed(
    hashes: Sequence[str],
    vectors: NDArray[np.float32],
    vector_type: VectorType,
    *,
    model: str,
    order: Sequence[int] | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[bytes]:
    """A whole COPY stream of `stored_row`s, in blocks of about `block_bytes`.

    Args:
        hashes: (n,) of any length.
        vectors: (n, dimensions).
        vector_type: halfvec rounds to the nearest half-precision number.
        model: of all rows.
        order: which rows, in which order; all by default. Shorter hashes come first all the same.
        block_bytes: memory to use at a time.
    """
    yield HEADER
    keys = [content_hash.encode() for content_hash in hashes]
    same = np.frombuffer(model.encode(), dtype="u1")
    dimensions = vectors.shape[1]

    def width_of(row: int) -> int:
        return len(keys[row])

    # Rows of one width fill one array; content hashes have one length, so this is one group.
    by_width = sorted(range(len(keys)) if order is None else order, key=width_of)
    for width, group in groupby(by_width, key=width_of):
        rows = list(group)
        kind = stored_row(width, len(same), dimensions, vector_type)
        step = max(1, block_bytes // kind.itemsize)
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            block = np.zeros(len(part), dtype=kind)
            block["fields"] = 4
            block["key_bytes"] = width
            key = np.frombuffer(b"".join([keys[row] for row in part]), dtype="u1")
            block["key"] = key.reshape(len(part), width)
            block["model_bytes"], block["model"] = len(same), same
            block["width_bytes"], block["width"] = 4, dimensions
            block["vector_bytes"] = 4 + kind["values"].itemsize
            block["dimensions"], block["values"] = dimensions, vectors[part]
            yield block.tobytes()
    yield TRAILER


def unpacked(
    stream: Iterable[Buffer],
    row: np.dtype[np.void],
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[Records]:
    """The rows of a COPY stream, many at a time.

    Args:
        stream: its bytes, cut anywhere.
        row: what each row looks like (`placed_row`); all have this size.
        block_bytes: memory to use at a time.

    Raises:
        DatabaseError: the stream is cut short, or a row looks otherwise.
    """
    block_bytes = max(block_bytes, len(HEADER))
    parts: list[Buffer] = []
    held, began = 0, False
    end: list[Buffer] = [b""]
    for part in chain(filter(len, stream), end):
        parts.append(part)
        held += len(part)
        if part and held < block_bytes:
            continue
        block = b"".join(parts)
        start = 0 if began else _after_header(block)
        began = True
        count = (len(block) - start) // row.itemsize
        if count:
            rows = np.frombuffer(block, dtype=row, count=count, offset=start)
            _check(rows, row)
            yield rows
        parts = [block[start + count * row.itemsize :]]
        held = len(parts[0])
    if parts != [TRAILER]:
        raise _broken("it ends too early")


def _after_header(block: bytes) -> int:
    if not block.startswith(HEADER):
        raise _broken("it does not begin as one")
    return len(HEADER)


def _check(rows: Records, row: np.dtype[np.void]) -> None:
    values = row["values"]
    expected = {
        "fields": 2,
        "key_bytes": row["key"].itemsize,
        "vector_bytes": 4 + values.itemsize,
        "dimensions": values.shape[0],
    }
    for name, value in expected.items():
        if (rows[name] != value).any():
            raise _broken(f"a row has other {name.replace('_', ' ')} than {value}")


def _broken(reason: str) -> DatabaseError:
    return DatabaseError(
        f"the database's stream of vectors cannot be read: {reason}",
        hint="was the connection lost? run the same command again",
    )
