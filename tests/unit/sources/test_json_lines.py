"""JSON Lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import UsageError
from python_jobs.sources import open_source
from python_jobs.sources.options import ReadOptions, parse_scale
from python_jobs.sources.records import validator

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.sources.rows import SourceRow

GOOD = {"feedback_id": "A", "created_at": "2024-01-01", "feedback_text": "x"}


def rows(path: Path, lines: list[str], options: ReadOptions | None = None) -> list[SourceRow]:
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    with open_source(path, options or ReadOptions()) as source:
        return list(source.rows)


def test_one_object_a_line(tmp_path: Path) -> None:
    text = 'a\r\nb\u2028c "d" N/A'
    lines = ["\ufeff" + json.dumps(GOOD) + "\r", "", json.dumps(GOOD | {"feedback_text": text})]
    found = rows(tmp_path / "a.ndjson", lines)
    assert [row.line_number for row in found] == [1, 3]
    assert found[1].values["feedback_text"] == text


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("17", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ('["a"]', "not a JSON object"),
        ('{"a": 1', "not a JSON object"),
        ("{'a': 1}", "not a JSON object"),
        ('{"a": ' + "9" * 5_000 + "}", "not a JSON object"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "not a JSON object"),
        ('{"a": 1, "a": 2}', "repeated key in a JSON object"),
        ('{"a": {"b": 1, "b": 1}}', "repeated key in a JSON object"),
    ],
)
def test_lines_that_are_no_object(tmp_path: Path, line: str, problem: str) -> None:
    found = rows(tmp_path / "a.jsonl", [json.dumps(GOOD), line, json.dumps(GOOD)])
    assert [(row.line_number, row.problem) for row in found] == [(1, None), (2, problem), (3, None)]


@pytest.mark.parametrize(
    ("field", "raw", "reason"),
    [
        ("rating", "NaN", "impossible rating: not a number"),
        ("rating", "1e999", "impossible rating: not a number"),
        ("store", "1e999", "attribute without a JSON form"),
        ("feedback_text", '"\\ud83d"', "half a character (unpaired surrogate)"),
        ("feedback_text", '"a\\u0000b"', "NUL byte"),
        ("feedback_text", "5.5e3", None),
        ("store", "NaN", None),
        ("rating", "null", None),
    ],
)
def test_values_that_only_json_has(
    tmp_path: Path, field: str, raw: str, reason: str | None
) -> None:
    line = json.dumps(GOOD)[:-1] + f', "{field}_": 0, "{field}": {raw}}}'
    line = line.replace('"feedback_text": "x", ', "") if field == "feedback_text" else line
    (row,) = rows(tmp_path / "a.jsonl", [line])
    assert getattr(validator(ReadOptions())(row), "reason", None) == reason


def test_columns_are_judged_over_the_whole_file(tmp_path: Path) -> None:
    late = {key.upper(): value for key, value in GOOD.items()} | {"Channel": "web"}
    options = ReadOptions(column_map={"channel": "source"})
    assert len(rows(tmp_path / "a.jsonl", [json.dumps({"x": 1}), json.dumps(late)], options)) == 2


def test_a_column_that_no_object_has(tmp_path: Path) -> None:
    lines = [json.dumps({"feedback_id": "A", "created_at": "2024-01-01", "comment": "x"})] * 3
    with pytest.raises(UsageError, match="no column feedback_text; columns found: ") as raised:
        rows(tmp_path / "a.jsonl", lines)
    assert "--map 'comment=feedback_text'" in str(raised.value.hint)


def test_a_map_or_a_scale_that_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column 'chanel'"):
        rows(tmp_path / "a.jsonl", [json.dumps(GOOD)], ReadOptions(column_map={"chanel": "source"}))
    with pytest.raises(UsageError, match="rating_original"):
        rows(
            tmp_path / "a.jsonl",
            [json.dumps(GOOD | {"rating_original": 1})],
            ReadOptions(rating_scale=parse_scale("0-10")),
        )


def test_a_json_array_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="begins with a JSON array") as raised:
        rows(tmp_path / "a.jsonl", ["[", json.dumps(GOOD), "]"])
    assert "jq" in str(raised.value.hint)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("python_jobs.sources.json_lines.LONGEST_LINE", 1_000)
    with pytest.raises(UsageError, match="line 2 is longer"):
        rows(tmp_path / "a.jsonl", [json.dumps(GOOD), "x" * 2_000])
