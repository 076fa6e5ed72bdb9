from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from python_jobs.errors import DatabaseError
from python_jobs.storage.vectors import binary


def one_by_one(hashes: list[str], vectors: np.ndarray, letter: str = "f") -> bytes:
    """The stream as the manual describes it, value by value."""
    stream = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
    for content_hash, vector in zip(hashes, vectors, strict=True):
        key = content_hash.encode()
        packed = struct.pack(f">hh{len(vector)}{letter}", len(vector), 0, *vector.tolist())
        stream += struct.pack(f">hi{len(key)}s", 4, len(key), key)
        stream += struct.pack(">i5sii", 5, b"mod\xc3\xa9", 4, len(vector))
        stream += struct.pack(">i", len(packed)) + packed
    return stream + struct.pack(">h", -1)


def placed(places: list[int], vectors: np.ndarray) -> bytes:
    stream = binary.HEADER
    for place, vector in zip(places, vectors, strict=True):
        packed = struct.pack(f">hh{len(vector)}f", len(vector), 0, *vector.tolist())
        stream += struct.pack(">hiii", 2, 4, place, len(packed)) + packed
    return stream + binary.TRAILER


def cut(stream: bytes, at: list[int]) -> list[bytes]:
    borders = [0, *sorted(at), len(stream)]
    return [stream[start:end] for start, end in pairwise(borders)]


vectors_of = st.tuples(st.integers(0, 12), st.integers(1, 9)).flatmap(
    lambda shape: arrays.arrays(np.float32, shape, elements=st.floats(width=32))
)


@given(st.data(), vectors_of, st.integers(1, 400))
def test_a_stream_is_as_the_manual_says(data: st.DataObject, vectors, block_bytes) -> None:
    count = len(vectors)
    hashes = data.draw(st.lists(st.text(max_size=5), min_size=count, max_size=count))
    sent = b"".join(binary.packed(hashes, vectors, "vector", model="modé", block_bytes=block_bytes))
    by_width = sorted(range(count), key=lambda row: len(hashes[row].encode()))
    assert sent == one_by_one([hashes[row] for row in by_width], vectors[by_width])


def test_rows_go_in_the_order_given_and_only_those() -> None:
    vectors = np.arange(8, dtype=np.float32).reshape(4, 2)
    hashes = ["d", "c", "b", "a"]
    sent = b"".join(binary.packed(hashes, vectors, "vector", model="modé", order=[3, 1]))
    assert sent == one_by_one(["a", "c"], vectors[[3, 1]])


def test_half_precision_rounds_to_the_nearest() -> None:
    vectors = np.array([[1 / 3, -0.1], [65504, 6e-8]], dtype=np.float32)
    sent = b"".join(binary.packed(["a", "b"], vectors, "halfvec", model="modé"))
    assert sent == one_by_one(["a", "b"], vectors.astype(np.float16), "e")


@given(vectors_of, st.data(), st.integers(1, 200))
def test_a_stream_may_be_cut_anywhere(vectors, data: st.DataObject, block_bytes) -> None:
    places = data.draw(st.permutations(range(len(vectors))))
    stream = placed(places, vectors)
    borders = data.draw(st.lists(st.integers(0, len(stream)), max_size=20))
    row = binary.placed_row(vectors.shape[1], "vector")
    found = np.zeros_like(vectors)
    seen: list[int] = []
    for rows in binary.unpacked(cut(stream, borders), row, block_bytes):
        found[rows["key"]] = rows["values"]
        seen += rows["key"].tolist()
    assert seen == places
    np.testing.assert_array_equal(found[places], vectors)


@pytest.mark.parametrize("missing", [1, 2, 3, 30])
def test_a_stream_cut_short_is_noticed(missing: int) -> None:
    stream = placed([0, 1], np.ones((2, 4), np.float32))[:-missing]
    with pytest.raises(DatabaseError, match="ends too early"):
        list(binary.unpacked([stream], binary.placed_row(4, "vector")))


def test_no_stream_at_all_is_noticed() -> None:
    with pytest.raises(DatabaseError, match="does not begin as one"):
        list(binary.unpacked([], binary.placed_row(4, "vector")))


def test_another_format_is_noticed() -> None:
    with pytest.raises(DatabaseError, match="does not begin as one"):
        list(binary.unpacked([b"0\t[1,2,3]\n" * 9], binary.placed_row(3, "vector")))


@pytest.mark.parametrize(("width", "kind"), [(3, "vector"), (5, "vector"), (4, "halfvec")])
def test_rows_of_another_width_are_noticed(width: int, kind: binary.VectorType) -> None:
    stream = placed([0, 1, 2], np.ones((3, 4), np.float32))
    with pytest.raises(DatabaseError, match="cannot be read"):
        list(binary.unpacked([stream], binary.placed_row(width, kind)))


def test_blocks_are_as_large_as_asked_for() -> None:
    vectors = np.ones((100, 16), np.float32)
    row = binary.placed_row(16, "vector")
    stream = placed(list(range(100)), vectors)
    small = cut(stream, list(range(0, len(stream), 50)))
    sizes = [rows.nbytes for rows in binary.unpacked(small, row, 1_000)]
    assert sum(sizes) == 100 * row.itemsize
    assert max(sizes) <= 1_000 + 50 + row.itemsize
    blocks = list(binary.packed(["x"] * 100, vectors, "vector", model="modé", block_bytes=1_000))
    assert max(map(len, blocks)) <= 1_000
