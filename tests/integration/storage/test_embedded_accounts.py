"""Root's server runs as another user, and a plain user's as themselves."""

from __future__ import annotations

import json
import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from python_jobs.errors import DatabaseError
from python_jobs.storage import embedded
from python_jobs.storage.embedded import binaries, processes, state
from python_jobs.storage.embedded.account import PRIVATE_GID
from tests.integration.conftest import wait_for
from tests.integration.storage.conftest import read, write

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="what root's server does"),
]


def test_plain_user(folder: Path) -> None:
    """In a forked process, because the tests' interpreter may be out of that user's reach."""
    home = folder / "plain" / "home"
    home.parent.mkdir()
    os.chown(home.parent, 65534, 65534)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            first = embedded.start(home)
            write(first)
            os.kill(first.pid, signal.SIGKILL)
            wait_for(lambda: not processes.is_alive(first.pid), "end of the server")
            told = {"kept": read(embedded.start(home)), "stopped": embedded.stop(home)}
            os.write(writing, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        assert json.load(answer) == {"kept": ["kept"], "stopped": True}
    os.waitpid(child, 0)
    base = state.base_dir(home)
    assert {path.stat().st_uid for path in base.rglob("*")} == {65534}
    # root goes on with it as that user, and leaves nothing that locks the user out
    server = embedded.start(home)
    assert read(server) == ["kept"]
    assert {path.stat().st_uid for path in base.rglob("*")} == {65534}


def test_plain_user_is_told_when_root_owns_the_state(folder: Path) -> None:
    home = folder / "home"
    embedded.start(home)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            for attempt in (embedded.start, embedded.stop, embedded.status):
                with pytest.raises(DatabaseError, match="belongs to another user"):
                    attempt(home)
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_root_with_home_and_programs_in_closed_folders(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    wheel = binaries.installed().bin.parent
    hidden = closed / "site-packages"
    shutil.copytree(wheel, hidden / binaries.PACKAGE / binaries.INSTALL)
    shutil.copytree(wheel.parent.parent / binaries.LIBRARIES, hidden / binaries.LIBRARIES)
    programs = binaries.Binaries(hidden / binaries.PACKAGE / binaries.INSTALL / "bin")
    monkeypatch.setattr(binaries, "installed", lambda: programs)
    monkeypatch.setattr(state, "ELSEWHERE", folder / "elsewhere")
    home = closed / "project/.insights"
    server = embedded.start(home)
    write(server)
    assert folder / "elsewhere" in server.data_dir.parents
    assert server.data_dir.parent.stat().st_mode & 0o777 == 0o710
    assert server.data_dir.parent.stat().st_gid == PRIVATE_GID
    assert str(folder / "elsewhere") in processes.command_line(server.pid).split()[0]
    assert closed.stat().st_mode & 0o777 == 0o700
    os.kill(server.pid, signal.SIGKILL)
    wait_for(lambda: not processes.is_alive(server.pid), "end of the server")
    again = embedded.start(home)
    assert again.data_dir == server.data_dir
    assert read(again) == ["kept"]
    # who removes the home begins anew, and is told where the old data are
    shutil.rmtree(home)
    caplog.clear()
    anew = embedded.start(home)
    assert anew.data_dir != server.data_dir
    assert str(server.data_dir.parent) in caplog.text
    wait_for(lambda: not processes.is_alive(again.pid), "end of the forgotten server")
