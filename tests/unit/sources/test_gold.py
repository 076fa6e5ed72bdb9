from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import UsageError
from python_jobs.sources.gold import GoldOptions, GoldRow, read_gold

if TYPE_CHECKING:
    from pathlib import Path


def gold(folder: Path, content: str, name: str = "gold.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_texts_with_several_labels(tmp_path: Path) -> None:
    path = gold(
        tmp_path,
        'Feedback_Text,labels\n"Late, and\nbroken",delivery| durability |\nN/A,\n" ",delivery\n',
    )
    assert read_gold(path, GoldOptions()) == [
        GoldRow("Late, and\nbroken", None, frozenset({"delivery", "durability"})),
        GoldRow("N/A", None, frozenset()),
    ]


def test_ids_where_there_is_no_text(tmp_path: Path) -> None:
    path = gold(tmp_path, "feedback_id\tl1\n 7 \ta;b\n", "gold.tsv")
    options = GoldOptions(labels_column="L1", separator=";")
    assert read_gold(path, options) == [GoldRow(None, "7", frozenset("ab"))]


def test_a_text_column_by_another_name(tmp_path: Path) -> None:
    path = gold(tmp_path, "feedback_id,review,labels\n1,good,a\n")
    assert read_gold(path, GoldOptions(text_column="review")) == [
        GoldRow("good", None, frozenset("a"))
    ]


@pytest.mark.parametrize(
    ("content", "problem", "hint"),
    [
        ("review,labels\nsecret words,a\n", "'feedback_text' nor 'feedback_id'", "--text-column"),
        ("feedback_text,tags\nsecret words,a\n", "'labels'", "--labels-column"),
        ("feedback_text,labels,labels\nsecret words,a,b\n", "'labels'", "--labels-column"),
        ("feedback_id,feedback_id,labels\n1,2,a\n", "not one column", "--text-column"),
        ("feedback_text,labels\n", "no labelled text", "headings only"),
        ('feedback_text,labels\n"secret words,a\n', "quotes", "doubl"),
        ("", "empty", "headings"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, content: str, problem: str, hint: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        read_gold(gold(tmp_path, content), GoldOptions())
    assert hint in str(caught.value.hint)
    assert "secret words" not in str(caught.value)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file"):
        read_gold(tmp_path / "absent.csv", GoldOptions())


@pytest.mark.parametrize("content", [b"feedback_text,labels\ncaf\xe9,a\n", b"PAR1...."])
def test_no_option_is_advised_that_the_command_does_not_have(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "gold.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_gold(path, GoldOptions())
    assert caught.value.hint == "save it as CSV in UTF-8"
