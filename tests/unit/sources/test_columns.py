"""Headings, `--map` and the errors that say what to type."""

from __future__ import annotations

import pytest

from python_jobs.errors import UsageError
from python_jobs.sources.columns import assign, check_headings, parse_column_map
from python_jobs.sources.options import ReadOptions, parse_scale
from python_jobs.sources.rows import UnusableValueError

REQUIRED = ["feedback_id", "created_at", "feedback_text"]


def test_case_and_spaces_do_not_count() -> None:
    assert assign([" Feedback_ID", "RATING ", "Store"], {}) == {
        " Feedback_ID": "feedback_id",
        "RATING ": "rating",
        "Store": None,
    }


def test_a_map_comes_before_a_heading_of_ours() -> None:
    targets = assign(["source", "Channel"], {"channel": "source"})
    assert targets == {"source": None, "Channel": "source"}


def test_an_exact_match_comes_before_one_of_another_case() -> None:
    assert assign(["Text", "text"], {"text": "feedback_text"}) == {
        "Text": None,
        "text": "feedback_text",
    }


@pytest.mark.parametrize(
    ("headings", "mapping"),
    [(["rating", "Rating"], {}), (["Text", "TEXT"], {"text": "feedback_text"})],
)
def test_two_columns_for_one_field(headings: list[str], mapping: dict[str, str]) -> None:
    with pytest.raises(UnusableValueError, match="two columns for"):
        assign(headings, mapping)


def test_map_pairs() -> None:
    assert parse_column_map(["Review Text=feedback_text", " a=b = Rating "]) == {
        "Review Text": "feedback_text",
        "a=b": "rating",
    }


@pytest.mark.parametrize(
    ("pairs", "said", "hint"),
    [
        (["feedback_text"], "is not THEIRS=OURS", "Review Text"),
        (["=rating"], "is not THEIRS=OURS", "Review Text"),
        (["Body=feedback_txt"], "no column 'feedback_txt'", "--map 'Body=feedback_text'"),
        (["a=rating", "b=rating"], "mapped already", "once"),
        (["a=rating", "a=source"], "mapped already", "once"),
    ],
)
def test_bad_map_pairs(pairs: list[str], said: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_column_map(pairs)
    assert said in raised.value.message
    assert hint in str(raised.value.hint)


def refusal(headings: list[str], options: ReadOptions | None = None) -> UsageError:
    with pytest.raises(UsageError) as raised:
        check_headings(headings, options or ReadOptions(), "file.csv")
    return raised.value


def test_good_headings_pass() -> None:
    check_headings([*REQUIRED, "Store", "column_5"], ReadOptions(), "file.csv")


def test_a_missing_column_names_those_found_and_the_map_to_type() -> None:
    error = refusal(["Review ID", "Date", "Comment", "Stars"])
    assert error.message == (
        "file.csv has no column feedback_id and no column created_at and no column feedback_text; "
        "columns found: Review ID, Date, Comment, Stars"
    )
    assert error.hint == (
        "say which column it is: --map 'Review ID=feedback_id' --map 'Date=created_at' "
        "--map 'Comment=feedback_text'"
    )


def test_a_misspelt_heading_is_the_nearest() -> None:
    error = refusal(["feedback_id", "created_at", "feedbck_text"])
    assert "--map 'feedbck_text=feedback_text'" in str(error.hint)


def test_nothing_near_leaves_the_heading_open() -> None:
    assert "--map 'THEIR HEADING=feedback_text'" in str(refusal([*REQUIRED[:2], "xyz"]).hint)


@pytest.mark.parametrize(
    ("heading", "delimiter"),
    [
        ("feedback_id;created_at;feedback_text", "';'"),
        ("feedback_id\tcreated_at\tfeedback_text", "tab"),
        ("feedback_id|created_at|feedback_text", "'|'"),
    ],
)
def test_another_delimiter_is_suggested(heading: str, delimiter: str) -> None:
    assert refusal([heading]).hint == f"--delimiter {delimiter}"


@pytest.mark.parametrize(
    "row",
    [
        ["A1", "2024-01-02", "The sole came off"],
        ["A1", "x", "The sole came off. " * 20],
        ["17", "x", "The sole came off"],
    ],
)
def test_a_first_line_of_data_is_not_repeated(row: list[str]) -> None:
    error = refusal(row)
    assert "its first line looks like data" in error.message
    assert "sole" not in error.message + str(error.hint)


def test_duplicate_headings() -> None:
    assert "more than one column Store" in refusal([*REQUIRED, "Store", "Store "]).message
    assert "two columns for rating" in refusal([*REQUIRED, "rating", "Rating"]).message


def test_a_map_of_an_unknown_column_names_what_is_near() -> None:
    error = refusal([*REQUIRED, "Channel"], ReadOptions(column_map={"chanel": "source"}))
    assert "no column 'chanel' to map; columns found: feedback_id" in error.message
    assert error.hint == "did you mean --map 'Channel=source'?"
    error = refusal(REQUIRED, ReadOptions(column_map={"xyz": "source"}))
    assert error.hint == "see the columns found"


def test_a_column_of_the_name_that_another_scale_needs() -> None:
    options = ReadOptions(rating_scale=parse_scale("0-10"))
    assert "rating_original" in refusal([*REQUIRED, "rating_original"], options).message
    check_headings([*REQUIRED, "rating_original"], ReadOptions(), "file.csv")


def test_many_headings_are_cut_short() -> None:
    error = refusal([f"h{number}" for number in range(100)])
    assert error.message.endswith("h29 and 70 more")
