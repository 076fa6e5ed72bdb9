"""Files in other encodings: read with `--encoding`, named without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import UsageError
from python_jobs.sources import open_source
from python_jobs.sources.encodings import likely_western, wide
from python_jobs.sources.options import ReadOptions, parse_encoding

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "feedback_id,created_at,feedback_text\n"
GERMAN = "Die Sohle löst sich größer bestellen – schön"
FRENCH = "La semelle s’est décollée très déçu"


def texts(path: Path, content: bytes, encoding: str | None = None) -> list[object]:
    path.write_bytes(content)
    options = ReadOptions(encoding=parse_encoding(encoding) if encoding else None)
    with open_source(path, options) as source:
        return [row.values["feedback_text"] for row in source.rows]


def refusal(path: Path, content: bytes, encoding: str | None = None) -> UsageError:
    with pytest.raises(UsageError) as raised:
        texts(path, content, encoding)
    return raised.value


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-8-sig", "utf-8"),
        ("cp1252", "cp1252"),
        ("cp1252", "windows-1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-32", "utf-32"),
    ],
)
def test_text_in_an_encoding_that_is_named(tmp_path: Path, written: str, asked: str | None) -> None:
    content = f"{HEAD}A,b,{GERMAN}\n".encode(written)
    assert texts(tmp_path / "a.csv", content, asked) == [GERMAN]


@pytest.mark.parametrize("text", [GERMAN, FRENCH])
@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "mac-roman"])
def test_the_likely_encoding_is_named(tmp_path: Path, text: str, encoding: str) -> None:
    plain = text.replace("–", "-").replace("’", "'")
    lines = HEAD + "A,b,plain\n" * 3 + f"B,b,{plain}\n"
    error = refusal(tmp_path / "a.csv", lines.encode(encoding))
    offset = len(lines[: next(at for at, each in enumerate(lines) if not each.isascii())])
    assert f"a.csv is not UTF-8: line 5, byte {offset}" in error.message
    assert f"looks like {encoding}" in error.message
    assert f"--encoding {encoding}" in str(error.hint)
    assert "Sohle" not in error.message


def test_a_short_file_is_enough(tmp_path: Path) -> None:
    error = refusal(tmp_path / "a.csv", f"{HEAD}A,b,déçu\n".encode("cp1252"))
    assert "looks like cp1252" in error.message


def test_far_into_a_file(tmp_path: Path) -> None:
    content = HEAD.encode() + b"A,b,plain\n" * 50_000 + "B,b,déçu\n".encode("cp1252")
    error = refusal(tmp_path / "a.csv", content)
    assert f"line 50002, byte {content.index(0xE9)}" in error.message


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_two_or_four_bytes_a_character(tmp_path: Path, encoding: str) -> None:
    content = f"{HEAD}A,b,{GERMAN}\n".encode(encoding)
    name = "utf-16-le" if encoding == "utf-16-le" else encoding
    assert refusal(tmp_path / "a.csv", content).hint == f"--encoding {name}"


def test_a_damaged_byte_in_good_utf8_is_not_taken_for_another_encoding(tmp_path: Path) -> None:
    content = f"{HEAD}A,b,{GERMAN}\n".encode() + b"B,b,d\xe9\xe7u\n"
    error = refusal(tmp_path / "a.csv", content)
    assert "line 3" in error.message
    assert "--encoding" not in str(error.hint)
    assert "damaged" in str(error.hint)


@pytest.mark.parametrize("encoding", ["cp1251", "shift_jis", "gb18030"])
def test_what_is_not_western_is_not_guessed(tmp_path: Path, encoding: str) -> None:
    text = {"cp1251": "подошва отклеилась", "shift_jis": "靴底が剥がれた", "gb18030": "鞋底脱落了"}
    error = refusal(tmp_path / "a.csv", f"{HEAD}A,b,{text[encoding]}\n".encode(encoding))
    assert "not clear" in error.message
    assert "gb18030" in str(error.hint)


@pytest.mark.parametrize("encoding", ["ascii", "utf-16", "shift_jis", "utf-32"])
def test_a_wrong_encoding_that_was_asked_for(tmp_path: Path, encoding: str) -> None:
    error = refusal(tmp_path / "a.csv", f"{HEAD}A,b,{GERMAN}\n".encode(), encoding)
    assert "is not " in error.message
    assert "--encoding" in str(error.hint)


def test_a_file_cut_off_inside_a_character(tmp_path: Path) -> None:
    error = refusal(tmp_path / "a.csv", f"{HEAD}A,b,caf".encode() + b"\xc3")
    assert "is not UTF-8: line 2" in error.message


def test_json_lines_are_checked_alike(tmp_path: Path) -> None:
    assert "line 1" in refusal(tmp_path / "a.jsonl", '{"a": "é"}\n'.encode("cp1252")).message


def test_helpers() -> None:
    assert wide(b"feedback_id,created_at") is None
    assert wide("id,é".encode("utf-16-be")) == "utf-16-be"
    assert likely_western(b"\x81\x8d\x8f" * 10) is None
