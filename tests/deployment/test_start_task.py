"""The start task of a node: Batch runs it whenever the node starts."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "azure" / "batch" / "start-task.sh"


def stub(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)


def test_it_installs_what_is_missing_once(tmp_path: Path) -> None:
    bin_, shared, calls = tmp_path / "bin", tmp_path / "shared", tmp_path / "calls"
    bin_.mkdir()
    shared.mkdir()
    installed = tmp_path / "installed"
    # A Python without venv, until apt-get has been here.
    stub(bin_, "python3", f'[[ $2 != *ensurepip* || -e "{installed}" ]]')
    stub(bin_, "unzip", "exit 0")
    stub(bin_, "apt-get", f'echo "$*" >>"{calls}"; [[ "$*" != *install* ]] || touch "{installed}"')
    environment = {"PATH": f"{bin_}:{os.environ['PATH']}", "AZ_BATCH_NODE_SHARED_DIR": str(shared)}
    for _ in range(2):
        subprocess.run(["bash", SCRIPT], env=environment, check=True)
    update, install = calls.read_text().splitlines()
    assert update.endswith("update")
    assert install.split()[-1] == "python3-venv"
    folder = shared / "customer-insights"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777


def test_a_python_that_is_too_old_fails_the_node(tmp_path: Path) -> None:
    stub(tmp_path, "python3", "[[ $2 == *ensurepip* ]]")
    stub(tmp_path, "unzip", "exit 0")
    finished = subprocess.run(
        ["bash", SCRIPT],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "AZ_BATCH_NODE_SHARED_DIR": str(tmp_path / "shared"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert "3.11, 3.12 or 3.13 is needed" in finished.stderr
