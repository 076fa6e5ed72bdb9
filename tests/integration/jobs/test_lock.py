"""One pipeline run a database, and a lock that does not outlive its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import BusyError
from python_jobs.storage.lock import hold_pipeline_lock
from python_jobs.storage.session import Session
from tests.integration.conftest import PATIENCE, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings


def locked(settings: Settings, *command: str) -> subprocess.Popen[str]:
    assert settings.database_url
    return subprocess.Popen(
        [sys.executable, "-m", "python_jobs", "lock", *command],
        env=os.environ | {"INSIGHTS_DATABASE_URL": settings.database_url.get_secret_value()},
        stderr=subprocess.PIPE,
        text=True,
    )


def is_free(settings: Settings) -> bool:
    with Session(settings) as session:
        try:
            hold_pipeline_lock(session.connection, settings)
        except BusyError:
            return False
        return True


def test_a_second_run_ends_at_once_with_its_own_exit_code(settings: Settings) -> None:
    holder = locked(settings, "sleep", "3600")
    try:
        wait_for(lambda: not is_free(settings), "lock")
        second = locked(settings, "echo", "never")
        _, message = second.communicate(timeout=PATIENCE)
        assert second.returncode == 75
        assert "another pipeline run" in message
        assert "Traceback" not in message
    finally:
        holder.kill()
        holder.communicate()
    wait_for(lambda: is_free(settings), "release after kill -9")


def test_the_command_s_exit_code_comes_back_and_the_lock_is_free(settings: Settings) -> None:
    run = locked(settings, "bash", "-c", 'test "$INSIGHTS_LOCK_HELD" = 1 && exit 14')
    assert run.wait(PATIENCE) == 14
    run.communicate()
    assert is_free(settings)


def test_sigterm_reaches_the_command(settings: Settings, tmp_path: Path) -> None:
    started, told = tmp_path / "started", tmp_path / "told"
    script = f"trap 'touch {told}; kill $!; exit 143' TERM; touch {started}; sleep 3600 & wait"
    run = locked(settings, "bash", "-c", script)
    wait_for(started.exists, "start of the command")
    run.send_signal(signal.SIGTERM)
    assert run.wait(PATIENCE) == 143
    run.communicate()
    assert told.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_a_killed_holder_takes_its_command_along(settings: Settings, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    run = locked(settings, "bash", "-c", f"echo $$ > {pid_file}; exec sleep 3600")
    wait_for(lambda: pid_file.exists() and pid_file.read_text().strip(), "start of the command")
    child = int(pid_file.read_text())
    run.kill()
    run.communicate()
    wait_for(lambda: not _is_running(child), "end of the command")
    wait_for(lambda: is_free(settings), "lock")


def test_a_command_that_is_not_there_is_said(settings: Settings) -> None:
    run = locked(settings, "no-such-command")
    _, message = run.communicate(timeout=PATIENCE)
    assert run.returncode == 2
    assert "cannot run no-such-command" in message


def _is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123
            return stat.read().split()[2] != "Z"
    except FileNotFoundError:
        return False
