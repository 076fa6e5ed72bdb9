"""All files of a run together, and what the pictures must not do."""

from __future__ import annotations

import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import matplotlib as mpl
import pytest

from python_jobs.reporting.cluster_files import maps
from python_jobs.reporting.cluster_files.writing import write_files

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Make

STAMP = "20260131T123005Z"
PNG = b"\x89PNG\r\n\x1a\n"


def test_the_files_of_a_run(make: Make, tmp_path: Path) -> None:
    files = write_files(tmp_path, make())
    assert {path.name for path in files} == {
        f"cluster_analysis_{STAMP}.csv",
        f"cluster_assignments_{STAMP}.csv",
        f"clusters_{STAMP}.png",
        f"clusters_sizes_{STAMP}.png",
        f"clusters_root.0_{STAMP}.png",
        "clusters.html",
        "summary_report.txt",
    }
    assert sorted(tmp_path.iterdir()) == sorted(files)
    for path in files:
        if path.suffix == ".png":
            data = path.read_bytes()
            assert data.startswith(PNG)
            width, height = struct.unpack(">II", data[16:24])
            assert 1000 < width < 3000
            assert 400 < height < 3000


@pytest.mark.parametrize(
    "leaves",
    [
        {},
        {"root.noise": 1},
        {"root.0": 1},
        {"root.noise": 5},
        {"root.0": 5},
        {"root.0.0": 3, "root.0.1": 2},
        {f"root.{i}": 2 for i in range(10)},
    ],
    ids=["none", "one as noise", "one", "five as noise", "one node", "one node in two", "ten"],
)
def test_small_sets(make: Make, tmp_path: Path, leaves: dict[str, int]) -> None:
    files = write_files(tmp_path, make(leaves))
    assert len(files) == 7 if "root.0.0" in leaves else 6
    assert all(path.stat().st_size > 0 for path in files)


def test_more_clusters_than_are_shown(make: Make, tmp_path: Path) -> None:
    given = make({f"root.{i}": 3 if i < 10 else 2 for i in range(75)})
    write_files(tmp_path, given)
    assert "75 at level 1" in (tmp_path / "summary_report.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "Thanks 🫶🏽 👟 {}",
        "良い靴 {}",
        "أحذية {}",
        "Costs $5 or $\\frac{1$ {}",
        "50% off_{x}^2 \\alpha {}",
        "\x00\x1b[31m {}",
        "😀",
        "w" * 300,
    ],
)
def test_names_that_fonts_or_mathematics_would_stumble_over(
    make: Make, tmp_path: Path, name: str
) -> None:
    # pytest makes an error of matplotlib's warning of a missing glyph
    files = write_files(tmp_path, make(name=name, text=name))
    assert len(files) == 7


def test_nothing_global_is_touched(make: Make, tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    write_files(tmp_path, make())
    assert dict(mpl.rcParams) == before


def test_pyplot_is_never_loaded() -> None:
    code = (
        "import sys; from python_jobs.reporting.cluster_files import writing; "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_reading_hints_say_what_holds_for_this_map() -> None:
    assert "grey" not in maps.small_print(0.0, 0)
    line = maps.small_print(0.25, 2)
    assert "(25%)" in line
    assert "2 small groups without a label" in line
