from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

from python_jobs.reporting.html.packing import indexed, pack, smallest, table, unpack
from python_jobs.reporting.html.text import visible


def test_columns_come_back() -> None:
    columns = {
        "small": np.array([1, 2, 255], dtype=np.uint8),
        "odd": np.array([1.5], dtype=np.float64),
        "names": ["größe", None, "", "日本 </script>"],
        "none": [],
        "wide": np.array([70_000], dtype=np.uint32),
    }
    found = unpack(pack(columns))
    assert list(found) == list(columns)
    for name, column in columns.items():
        assert list(found[name]) == list(column), name


def test_the_same_columns_give_the_same_letters() -> None:
    columns = {"names": ["a", None] * 50, "numbers": np.arange(100, dtype=np.uint16)}
    assert pack(columns) == pack(columns)


@pytest.mark.parametrize(
    ("top", "kind"), [(254, np.uint8), (255, np.uint16), (65_535, np.uint32), (0, np.uint8)]
)
def test_integers_leave_the_greatest_value_to_null(top: int, kind: type) -> None:
    found = smallest([0, top, None])
    assert found.dtype == kind
    assert found.tolist() == [0, top, np.iinfo(kind).max]


def test_values_of_marts_become_numbers_or_texts() -> None:
    found = table(
        {
            "at": [datetime(1970, 1, 2), None],  # noqa: DTZ001
            "day": [date(1970, 1, 2), date(1970, 1, 1)],
            "cost": [Decimal("1.5"), None],
            "is_noise": [True, None],
            "name": [None, "a"],
            "unknown": [None, None],
        }
    )
    assert found["at"][0] == found["day"][0] == 86_400_000
    assert np.isnan(found["at"][1])  # type: ignore[arg-type]
    assert found["cost"][0] == 1.5
    assert list(found["is_noise"]) == [1, 255]
    assert found["name"] == [None, "a"]
    assert found["unknown"] == [None, None]


def test_names_are_sorted_and_nulls_have_no_place() -> None:
    names, places = indexed(["b", None, "a", "b"])
    assert names == ["a", "b"]
    assert places.tolist() == [1, 255, 0, 1]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a[U+202E]b"),
        ("\u2067x\u2069\u200f", "[U+2067]x[U+2069][U+200F]"),
        ("bell\x07 null\x00", "bell[U+0007] null[U+0000]"),
        ("line\nbreak\ttab 👩\u200d🔧 שלום", "line\nbreak\ttab 👩\u200d🔧 שלום"),
    ],
)
def test_signs_that_steer_the_eye_are_shown(text: str, shown: str) -> None:
    assert visible(text) == shown
    assert unpack(pack({"text": [text]}))["text"] == [shown]
