"""From the bundle to the task: what was uploaded is what Data Factory's own command starts.

The copy is Data Factory's as documented: one flat folder, `activity.json` beside the files, no
shell but the command's own. The environment of the bundle is a stand-in that tells its arguments.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

pytest.importorskip("azure.storage.blob", reason="azure-storage-blob is not installed")

import bundle
import release_store
from azure.storage.blob import BlobServiceClient

from tests.deployment.test_factory import PIPELINES, activities, argument_lists, command

if TYPE_CHECKING:
    from pathlib import Path

    from azure.storage.blob import ContainerClient

STAND_IN = """import json, os, sys
wanted = ("AZURE_", "INSIGHTS_")
seen = {name: value for name, value in os.environ.items() if name.startswith(wanted)}
print(json.dumps({"arguments": sys.argv[1:], "environment": seen}))
"""

pytestmark = pytest.mark.slow


def copied(store: ContainerClient, commit: str, folder: Path) -> None:
    """What Data Factory does with `folderPath`."""
    for name in store.list_blob_names(name_starts_with=f"releases/{commit}/"):
        target = folder / name.rsplit("/", 1)[1]
        assert not target.exists(), "two files of one name"
        target.write_bytes(store.download_blob(name).readall())


def stand_in(venv: Path, made: Path) -> None:
    """An environment that `scripts/venv.sh` takes for the bundle's own, up to date."""
    unpacked = venv / "unpacked"
    subprocess.run([sys.executable, "-m", "zipfile", "-e", made, unpacked], check=True)
    root = unpacked / "customer-insights"
    locked = (root / "requirements" / "runtime.lock").read_bytes()
    locked += (root / "pyproject.toml").read_bytes()
    summed = subprocess.run(["cksum"], input=locked, capture_output=True, check=True)
    (venv / ".insights-runtime").write_bytes(summed.stdout)
    (venv / "bin").mkdir()
    told, python = venv / "told.py", venv / "bin" / "python"
    told.write_text(STAND_IN)
    # By a shell: the first line of a script can name no interpreter whose path has a space.
    python.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(told))} "$@"\n'
    )
    python.chmod(0o755)


def test_the_uploaded_bundle_runs_by_the_factorys_command(azurite: str, tmp_path: Path) -> None:
    made = bundle.make(tmp_path / "dist")
    commit = bundle.git("rev-parse", "HEAD").decode().strip()
    service = BlobServiceClient.from_connection_string(azurite)
    store = service.create_container(f"releases-{uuid4().hex[:8]}")
    release_store.upload(store, made, commit)
    pointer = release_store.switch(store, commit)

    task, venv, run_id = tmp_path / "wd", tmp_path / "venv", str(uuid4())
    task.mkdir()
    copied(store, pointer.commit, task)
    stand_in(venv, made)
    told = next(argument_lists("backfill"))  # an expression: only its constant part is taken
    arguments = f"{told.split(chr(39))[1]}2026-01-01 --max-cost 5"
    properties = activities(PIPELINES["task"])["run"]["typeProperties"]["extendedProperties"]
    given = dict.fromkeys(properties, run_id) | {"arguments": arguments}
    activity = {"typeProperties": {"extendedProperties": given}}
    (task / "activity.json").write_text(json.dumps(activity))

    database = "postgresql://node@host:5432/insights?authentication=ActiveDirectoryMSI"
    finished = subprocess.run(
        shlex.split(command(f"AZURE_CLIENT_ID='an-id' INSIGHTS_DATABASE_URL='{database}'")),
        cwd=task,
        env={
            "PATH": os.environ["PATH"],
            "AZ_BATCH_TASK_WORKING_DIR": str(task),
            "AZ_BATCH_NODE_SHARED_DIR": str(tmp_path / "shared"),
            "AZ_BATCH_NODE_MOUNTS_DIR": "/mnt/batch",
            "INSIGHTS_VENV": str(venv),
            "INSIGHTS_PYTHON": sys.executable,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    called = json.loads(finished.stdout.splitlines()[-1])
    assert called["arguments"][-6:] == shlex.split(arguments)
    seen = called["environment"]
    assert seen["INSIGHTS_DATABASE_URL"] == database
    assert seen["INSIGHTS_STATE_DIR"] == "/mnt/batch/state"
    assert seen["INSIGHTS_HOME"] == f"{task}/home"
    assert seen["AZURE_CLIENT_ID"] == "an-id"
    assert seen["INSIGHTS_CORRELATION_ID"] == run_id
