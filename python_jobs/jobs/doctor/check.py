"""What a check says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import psycopg

from python_jobs.errors import InsightsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. Nothing in it is a secret.

    Attributes:
        name: of the check; stable, for programs that read `--json`.
        status: ok; warn: works, but worth a look; fail: some command will not work.
        found: what is so.
        fix: what to do about it; empty where nothing is to be done.
    """

    name: str
    status: Status
    found: str
    fix: str = ""


def ok(name: str, found: str) -> Check:
    """Nothing to be done."""
    return Check(name, "ok", found)


def guarded(name: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The checks, and a failed one named `name` in place of an error that ends them.

    The words of an error that nobody foresaw are kept back: they may hold a secret.
    """
    try:
        yield from checks()
    except InsightsError as error:
        yield Check(name, "fail", error.message, error.hint or "")
    except psycopg.errors.InsufficientPrivilege as error:
        yield Check(name, "fail", f"{error.diag.message_primary}", "see the rights below")
    except Exception as error:
        kind = type(error).__name__
        yield Check(name, "fail", f"the check itself failed ({kind})", "please report this")
