"""`insights doctor`: what is wrong, and the fix for each."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from python_jobs.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from python_jobs.jobs.doctor import Check

FAILED = 10
"""Not among `ExitCode`, whose numbers tell what failed: this one tells that something would."""
_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.option(
    "--repair",
    is_flag=True,
    help="Make texts pending again that are recorded as embedded and have no vector.",
)
@click.pass_context
def doctor(context: click.Context, as_json: bool, repair: bool) -> None:
    """Check everything a run needs, and name the fix for what is wrong.

    Python and libraries, settings, drivers, disk, the way to each server, login, versions,
    encoding, clock, pgvector, tables, rights, the dbt profile, the model provider, the source.
    Changes nothing without --repair, sends nothing to a model, shows no secret.

    Exit code 0: nothing failed. Exit code 10: something did.
    """
    from python_jobs.jobs.doctor import examine

    settings, problem = Settings.forgiving()
    checks = []
    for check in examine(settings, problem, repair=repair):
        checks.append(check)
        if not as_json:
            _show(check)
    if as_json:
        click.echo(json.dumps(_summary(checks), indent=2, ensure_ascii=False))
    else:
        click.echo(_sentence(checks), err=True)
    if any(check.status == "fail" for check in checks):
        context.exit(FAILED)


def _show(check: Check) -> None:
    status = click.style(f"{check.status:<4}", fg=_COLOURS[check.status])
    click.echo(f"{status}  {check.name:<26}  {check.found}")
    if check.fix:
        click.echo(f"{'':<6}{'fix':>26}  {check.fix}")


def _summary(checks: Iterable[Check]) -> dict[str, object]:
    listed = [asdict(check) for check in checks]
    counts = {status: sum(check["status"] == status for check in listed) for status in _COLOURS}
    return {"counts": counts, "checks": listed}


def _sentence(checks: list[Check]) -> str:
    failed = sum(check.status == "fail" for check in checks)
    warned = sum(check.status == "warn" for check in checks)
    if not failed and not warned:
        return f"All {len(checks)} checks are fine."
    return f"{len(checks)} checks: {failed} failed, {warned} to be looked at."
