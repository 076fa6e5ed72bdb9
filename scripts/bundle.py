"""`make bundle`: the last commit as one zip in `dist/`, the same byte for byte whoever makes it.

    dist/customer-insights-<version>-<commit>.zip   what a run needs: code, dbt project, locks
    dist/customer-insights-<version>-<commit>.zip.sha256
    dist/bootstrap.sh                               verifies, unpacks and starts it

Content and modes come from git, names are sorted, times are the commit's, and nothing is
compressed: what a compressor makes of it depends on its version. Edits that are not committed
are not in it, and are said.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INSIDE = (
    "run_pipeline.sh",
    "python_jobs",
    "dbt_project",
    "demo/feedback.csv",
    "requirements/runtime.lock",
    "scripts/venv.sh",
    "scripts/bootstrap.sh",
    "scripts/task_arguments.py",
    "profiles.yml.example",
    "pyproject.toml",
    "README.md",
    "LICENSE",
)
"""What a run needs; pyproject.toml names the README and the licence."""
FACTS = "BUNDLE.json"
COMMIT_CHARACTERS = 12


def git(*arguments: str) -> bytes:
    """What a git command prints."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


def make(folder: Path, commit: str = "HEAD") -> Path:
    """Write the three files of a commit's bundle; the zip's path."""
    full, seconds = git("log", "-1", "--format=%H %ct", commit).decode().split()
    archive = git("archive", "--format=tar", full, "--", *INSIDE)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = {
            member.name: (_content(tar, member), bool(member.mode & 0o100))
            for member in tar.getmembers()
            if member.isfile()
        }
    version = tomllib.loads(files["pyproject.toml"][0].decode())["project"]["version"]
    facts = {"version": version, "commit": full}
    files[FACTS] = (f"{json.dumps(facts)}\n".encode(), False)

    folder.mkdir(parents=True, exist_ok=True)
    bundle = folder / f"customer-insights-{version}-{full[:COMMIT_CHARACTERS]}.zip"
    bundle.write_bytes(_zipped(files, datetime.fromtimestamp(int(seconds), UTC)))
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    bundle.with_name(f"{bundle.name}.sha256").write_text(f"{digest}  {bundle.name}\n")
    bootstrap = folder / "bootstrap.sh"
    bootstrap.write_bytes(files["scripts/bootstrap.sh"][0])
    bootstrap.chmod(0o755)
    return bundle


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = tar.extractfile(member)
    return opened.read() if opened else b""


def _zipped(files: dict[str, tuple[bytes, bool]], at: datetime) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            content, executable = files[name]
            entry = zipfile.ZipInfo(f"customer-insights/{name}", at.timetuple()[:6])
            entry.create_system = 3  # Unix, on whatever this runs: else the modes would be lost
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(entry, content)
    return out.getvalue()


def main() -> None:
    """Make the bundle of the last commit and say what it is."""
    bundle = make(ROOT / "dist")
    if git("status", "--porcelain", "--", *INSIDE).strip():
        print("warning: edits that are not committed are not in it", file=sys.stderr)
    print(f"{bundle.relative_to(ROOT)}  {bundle.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
