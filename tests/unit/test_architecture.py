"""Imports point one way: cli, then jobs, then the rooms below, then settings, errors and such."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "python_jobs"
ROOMS = ("clustering", "providers", "redaction", "storage", "reporting", "sources")
BASE = {"settings", "errors", "logs", "entra", "telemetry", "vault", "__version__"}

# Values, not services: a room may take another's finished values to show or to store them.
VALUES = {
    "reporting": {
        "storage.marts",
        "storage.report",
        "storage.job_inputs",
        "storage.cluster_trees",
        "clustering",
    },
    "storage": {"sources.rows"},
}


def imports_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.update(
                f"{node.module}.{name.name}" if node.module == "python_jobs" else node.module
                for name in node.names
            )
        elif isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
    return {name.removeprefix("python_jobs.") for name in found if name.startswith("python_jobs.")}


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_one_way(file: Path) -> None:
    place = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for name in imports_of(file):
        room = name.split(".")[0]
        if room in BASE or room == place:
            continue
        allowed = {
            "cli": {"jobs", *ROOMS},
            "jobs": set(ROOMS),
            "__main__": {"cli"},
        }.get(place, set())
        values = VALUES.get(place, set())
        permitted = room in allowed or any(
            name == value or name.startswith(f"{value}.") for value in values
        )
        assert permitted, f"{place} imports {name}"


def test_clustering_touches_no_file_and_no_database() -> None:
    outside = {"psycopg", "sqlalchemy", "openai", "requests", "pathlib", "os", "io"}
    for file in (PACKAGE / "clustering").glob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        modules = {
            (node.module if isinstance(node, ast.ImportFrom) else name.name) or ""
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        assert not {module.split(".")[0] for module in modules} & outside, file.name


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom python_jobs.cli import cli\n"
        "heavy = {'umap', 'hdbscan', 'sklearn', 'pandas', 'openai', 'onnxruntime', 'matplotlib',"
        " 'bokeh', 'pyarrow', 'dbt', 'opentelemetry'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "[]"
