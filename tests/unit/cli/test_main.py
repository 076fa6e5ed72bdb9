"""What the command line makes of an error that no job has put into words."""

from __future__ import annotations

import psycopg
import pytest

from python_jobs import cli
from python_jobs.errors import ExitCode


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (psycopg.errors.InsufficientPrivilege("permission denied"), "`insights doctor` names"),
        (psycopg.errors.UniqueViolation("DETAIL: Key (x)=(my secret)"), "refused a statement"),
        (psycopg.OperationalError("server closed the connection"), "connection was lost"),
    ],
    ids=["right", "detail", "lost"],
)
def test_a_driver_s_error_is_no_traceback(
    error: psycopg.Error,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli.cli, "main", lambda **_: raised(error))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    shown = capsys.readouterr().err
    assert ended.value.code == ExitCode.DATABASE
    assert words in shown
    assert "secret" not in shown


def test_a_defect_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli.cli, "main", lambda **_: raised(KeyError("mine")))
    with pytest.raises(KeyError, match="mine"):
        cli.main()


def raised(error: Exception) -> None:
    raise error
