"""Steps that do nothing, quickly: Python imports this where PYTHONPATH names its folder.

Only commands of `insights` other than `pipeline` are replaced, and only where STUBBED_STEPS names a
folder. There `calls` gets a line for each step; a file named after a step says how it goes:
`<step>.code` its exit code, `<step>.says` what it writes to stderr, `<step>.hold` that it waits
until the file is gone (it has made `<step>.began` then). `--check` makes it `check`.
"""

import os
import signal
import sys
import time
from pathlib import Path

COUNTS = '{"rows_in": 3, "loaded": 3}'


def name_of(command: list[str]) -> str:
    if "--check" in command:
        return "check"
    if "--output" in command:
        return "page"
    if command[0] == "dbt":
        if "retry" in command:
            return "retry"
        return "stage" if "--select" in command else "marts"
    return {"db": "prepare", "runs": "publish"}.get(command[0], command[0])


def stand_in(folder: Path, command: list[str]) -> int:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    name = name_of(command)
    with (folder / "calls").open("a") as calls:
        calls.write(f"{name}\n")
    (folder / f"{name}.began").touch()
    if (folder / f"{name}.says").exists():
        sys.stderr.write((folder / f"{name}.says").read_text())
        sys.stderr.flush()
    while (folder / f"{name}.hold").exists():
        time.sleep(0.01)
    if name == "page":
        Path(command[-1]).touch()
    if name == "load":
        sys.stdout.write(f"{COUNTS}\n")
        sys.stdout.flush()
    code = folder / f"{name}.code"
    return int(code.read_text()) if code.exists() else 0


wanted = os.environ.get("STUBBED_STEPS")
if wanted and sys.orig_argv[1:3] == ["-m", "python_jobs"] and sys.orig_argv[3] != "pipeline":
    os._exit(stand_in(Path(wanted), sys.orig_argv[3:]))
