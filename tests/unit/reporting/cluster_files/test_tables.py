"""The CSV files, read as a program and as a spreadsheet would."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from python_jobs.reporting.cluster_files import tables

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Make


def read(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def test_assignments_hold_every_feedback_once_with_its_deepest_cluster(
    make: Make, tmp_path: Path
) -> None:
    given = make()
    tables.write_assignments(tmp_path / "a.csv", given)
    rows = read(tmp_path / "a.csv")
    assert [row["feedback_id"] for row in rows] == [each.feedback_id for each in given.feedback]
    assert rows[0]["content_hash"] == rows[1]["content_hash"]
    assert rows[0]["cluster_path"] == rows[0]["level_2"] == "root.0.0"
    assert rows[0]["level_1"] == "root.0"
    shallow = next(row for row in rows if row["cluster_path"] == "root.1")
    assert (shallow["level_1"], shallow["level_2"]) == ("root.1", "")
    for row in rows:
        noise = row["cluster_path"].endswith(".noise")
        assert float(row["membership_probability"]) == (0.0 if noise else 0.9)
        assert float(row["noise_score"]) == 0.25
    x, y = given.tree.coordinates[0]
    assert (float(rows[0]["x"]), float(rows[0]["y"])) == pytest.approx((x, y), abs=1e-5)


@pytest.mark.parametrize("depth", [2, 4])
def test_assignments_have_a_column_for_each_level_asked_for(
    make: Make, tmp_path: Path, depth: int
) -> None:
    tables.write_assignments(tmp_path / "a.csv", make(depth=depth))
    levels = [name for name in read(tmp_path / "a.csv")[0] if name.startswith("level_")]
    assert levels == [f"level_{level}" for level in range(1, depth + 1)]


def test_assignments_are_plain_utf8_and_the_analysis_opens_in_excel(
    make: Make, tmp_path: Path
) -> None:
    tables.write_assignments(tmp_path / "a.csv", make())
    tables.write_analysis(tmp_path / "b.csv", make())
    assert (tmp_path / "a.csv").read_bytes().startswith(b"feedback_id,")
    assert (tmp_path / "b.csv").read_bytes().startswith(b"\xef\xbb\xbfcluster_path,")


def test_analysis_has_a_row_a_cluster(make: Make, tmp_path: Path) -> None:
    given = make(text="größer 😀 {}")
    tables.write_analysis(tmp_path / "b.csv", given)
    rows = read(tmp_path / "b.csv", "utf-8-sig")
    assert [row["cluster_path"] for row in rows] == [each.path for each in given.segments]
    first = rows[0]
    assert first["parent_path"] == "root"
    assert (first["count_feedback"], first["count_texts"]) == ("11", "8")
    assert float(first["share"]) == pytest.approx(11 / 19, abs=1e-6)
    assert float(first["mean_rating"]) == pytest.approx(given.segments[0].mean_rating, abs=1e-3)
    assert (first["is_leaf"], first["is_noise"]) == ("false", "false")
    assert first["keywords"] == "heel, pain"
    assert (first["first_on"], first["last_on"]) == ("2025-01-01", "2025-01-11")
    assert [first[f"exemplar_{rank}"] for rank in (1, 2, 3)] == [f"größer 😀 {i}" for i in range(3)]
    noise = rows[-1]
    assert noise["persistence"] == noise["mean_probability"] == noise["exemplar_1"] == ""


def test_level_1_of_the_analysis_adds_up_to_the_assignments(make: Make, tmp_path: Path) -> None:
    tables.write_assignments(tmp_path / "a.csv", make())
    tables.write_analysis(tmp_path / "b.csv", make())
    assigned = [row["level_1"] for row in read(tmp_path / "a.csv")]
    for row in read(tmp_path / "b.csv", "utf-8-sig"):
        if row["depth"] == "1":
            assert int(row["count_feedback"]) == assigned.count(row["cluster_path"])


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1 for the sole", "'+1 for the sole"),
        ("-", "'-"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "'\t=1+1"),
        ("\r=1+1", "'\r=1+1"),
        ("\n=1+1", "'\n=1+1"),
        ("＝1+1", "'＝1+1"),
        ("good = bad", "good = bad"),
        ("'quoted'", "'quoted'"),
        ("", ""),
    ],
)
def test_formulas_are_defused_in_texts_names_and_ids(
    make: Make, tmp_path: Path, text: str, cell: str
) -> None:
    given = make({"root.0": 1}, text=text, name=text, feedback_id=text)
    tables.write_analysis(tmp_path / "b.csv", given)
    tables.write_assignments(tmp_path / "a.csv", given)
    row = read(tmp_path / "b.csv", "utf-8-sig")[0]
    assert row["exemplar_1"] == row["cluster_name"] == cell
    assert read(tmp_path / "a.csv")[0]["feedback_id"] == cell


def test_negative_numbers_stay_numbers(make: Make, tmp_path: Path) -> None:
    given = make()
    given.tree.coordinates.flags.writeable = True
    given.tree.coordinates[0] = (-1.5, -2.5)
    tables.write_assignments(tmp_path / "a.csv", given)
    first = read(tmp_path / "a.csv")[0]
    assert (first["x"], first["y"]) == ("-1.5", "-2.5")


@pytest.mark.parametrize("text", ["two\nlines", "two\r\nlines", 'a "quote", a comma', "a;b\tc"])
def test_line_breaks_and_quotes_survive(make: Make, tmp_path: Path, text: str) -> None:
    tables.write_analysis(tmp_path / "b.csv", make({"root.0": 1}, text=text))
    rows = read(tmp_path / "b.csv", "utf-8-sig")
    assert len(rows) == 1
    assert rows[0]["exemplar_1"] == text


def test_nothing_at_all_gives_headings_only(make: Make, tmp_path: Path) -> None:
    tables.write_analysis(tmp_path / "b.csv", make({}))
    tables.write_assignments(tmp_path / "a.csv", make({}))
    assert read(tmp_path / "a.csv") == read(tmp_path / "b.csv", "utf-8-sig") == []
