"""A node of Azure Batch on which Data Factory starts a custom activity, as far as a test can.

The folder is flat and fresh for each task, the command is run without a shell, by a plain user,
with few variables; activity.json, linkedServices.json and datasets.json lie there in clear text.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import sysconfig
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fakes.stubbed import FOLDER as STUBS
from tests.integration.pipeline.conftest import Pipelines

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[3]
PLANTED = ["AccountKey=planted1==", "planted-secure-string", "planted-sas-sig"]
"""Secrets as Data Factory writes them beside a task."""
NOBODY = "nobody"
PACKAGES = sysconfig.get_path("purelib")


@dataclass
class Node(Pipelines):
    """Starts each run as a task of its own, from the bundle.

    Attributes:
        release: the folder of a release: bundle, checksum, bootstrap.sh.
        properties: `extendedProperties` of the activity.
        stubbed: False runs the real steps.
        python: what bootstrap.sh is told to use.
    """

    release: Path = field(default_factory=Path)
    properties: dict[str, Any] = field(default_factory=dict)
    stubbed: bool = True
    python: str = sys.executable

    @property
    def shared(self) -> Path:
        return self.top / "shared"

    def command(self, folder: Path, arguments: Sequence[str]) -> list[str]:
        """Data Factory copies the release, flat, writes its files beside it, and runs this."""
        for file in self.release.iterdir():
            shutil.copyfile(file, folder / file.name)
        activity = {
            "name": "run",
            "type": "Custom",
            "typeProperties": {"command": "…", "extendedProperties": self.properties},
        }
        linked = [{"properties": {"typeProperties": {"connectionString": PLANTED[0]}}}]
        datasets = [{"password": {"type": "SecureString", "value": PLANTED[1]}, "sas": PLANTED[2]}]
        for name, content in (
            ("activity", activity),
            ("linkedServices", linked),
            ("datasets", datasets),
        ):
            (folder / f"{name}.json").write_text(json.dumps(content))
        if self.user is not None:
            os.chown(folder, self.user, -1)
        return ["/bin/bash", "-c", f"bash bootstrap.sh {shlex.join(arguments)}".rstrip()]

    def environment(self, folder: Path) -> dict[str, str]:
        """What Batch sets, the interpreter, and stand-ins for the steps."""
        found = {
            "HOME": str(folder),
            "AZ_BATCH_NODE_SHARED_DIR": str(self.shared),
            "INSIGHTS_PYTHON": self.python,
            "PYTHONPATH": "",
        }
        if self.stubbed:
            stand_ins = self.top / "stand-ins"
            if not stand_ins.exists():
                shutil.copytree(STUBS, stand_ins)
            found |= {"STUBBED_STEPS": str(self.stubs.folder), "PYTHONPATH": str(stand_ins)}
        return found

    def written(self) -> str:
        """Everything that tasks left on the node, apart from what Data Factory put there."""
        given = {"activity.json", "linkedServices.json", "datasets.json"}
        kept = [path for path in self.top.rglob("*") if path.is_file() and path.name not in given]
        return "\n".join(
            path.read_bytes().decode(errors="replace")
            for path in kept
            if not path.is_relative_to(self.top / "stubs") and path.suffix != ".pyc"
        )


def plain_user() -> tuple[int | None, str]:
    """Whom root runs tasks as, and an interpreter that this user may use.

    Root's own may lie in a folder that is closed to others; the system's does where it is of the
    same version. No user for those who are plain themselves, and where neither can be used.
    """
    if os.geteuid() != 0:
        return None, sys.executable
    uid = pwd.getpwnam(NOBODY).pw_uid
    same = f"import sys, rich; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    for python in (sys.executable, "/usr/bin/python3"):
        with suppress(OSError):
            tried = subprocess.run(
                [python, "-c", same], cwd="/", user=uid, env={"PYTHONPATH": PACKAGES}, check=False
            )
            if tried.returncode == 0:
                return uid, python
    return None, sys.executable


def ready_environment(shared: Path, project: Path, python: str) -> Path:
    """The tests' own environment in the place where bootstrap.sh looks for one that it made."""
    made_of = [project / "requirements" / "runtime.lock", project / "pyproject.toml"]
    version = subprocess.run([python, "-VV"], check=True, capture_output=True).stdout
    content = b"".join(path.read_bytes() for path in made_of)
    key = hashlib.sha256(content + version).hexdigest()[:16]
    venv = shared / "customer-insights" / f"venv-{key}"
    venv.mkdir(parents=True)
    (venv / "lib").symlink_to(Path(sys.prefix) / "lib")
    if python == sys.executable:
        (venv / "bin").symlink_to(Path(sys.prefix) / "bin")
        (venv / "pyvenv.cfg").symlink_to(Path(sys.prefix) / "pyvenv.cfg")
    else:
        (venv / "bin").mkdir()
        (venv / "bin" / "python").symlink_to(python)
        (venv / "pyvenv.cfg").write_text(f"home = {Path(python).parent}\n")
    stamp = subprocess.run(["cksum"], input=content, check=True, capture_output=True).stdout
    (venv / ".insights-runtime").write_bytes(stamp)
    return venv
