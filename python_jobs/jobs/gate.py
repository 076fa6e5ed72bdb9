"""Judge the candidate cluster run by its dbt tests; publish it or reject it with the reason."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from python_jobs.errors import DatabaseError, RejectedError
from python_jobs.jobs import runs
from python_jobs.jobs.dbt import own_target_dir, run_dbt
from python_jobs.logs import logger

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings
    from python_jobs.storage.cluster_runs import RunSummary

GATE = "tag:gate"


def judge_candidate(settings: Settings) -> RunSummary | None:
    """Run the tests of the gate on the waiting candidate.

    Returns:
        The run as published; None where no candidate waits.

    Raises:
        RejectedError: a test failed; the published run stays.
        DatabaseError: dbt could not run the tests; the candidate goes on waiting.
    """
    candidate = next((run for run in runs.list_runs(settings) if run.status == "candidate"), None)
    if candidate is None:
        logger.info("No candidate waits: the published segments stay")
        return None
    with own_target_dir(settings) as target_dir:
        command = ["--quiet", "test", "--select", GATE]
        if run_dbt(settings, command, target_dir=target_dir) > 1:
            raise DatabaseError(
                "dbt could not run the tests of the gate", hint="see its messages above"
            )
        failed = _failed_tests(target_dir / "run_results.json")
    if failed:
        reason = "; ".join(failed)
        runs.reject(settings, candidate.run_id, reason)
        raise RejectedError(
            f"the candidate run {candidate.run_id} was rejected: {reason}",
            hint="the published segments stay; other parameters may pass "
            "(`insights cluster --help`), or see `insights runs list`",
        )
    return runs.publish(settings, candidate.run_id)


def _failed_tests(run_results: Path) -> list[str]:
    """Names and counts of the tests that did not pass, as dbt wrote them down."""
    written: list[dict[str, Any]] = json.loads(run_results.read_text(encoding="utf-8"))["results"]
    tests = [result for result in written if result["unique_id"].startswith("test.")]
    if not tests:
        raise DatabaseError(
            "dbt found no test of the gate", hint="are the tests in dbt_project/tests/gate there?"
        )
    broken = [_name(test) for test in tests if test["status"] in ("error", "skipped")]
    if broken:
        raise DatabaseError(
            f"tests of the gate could not run: {', '.join(broken)}",
            hint="see dbt's messages above; `dbt build` makes what they read",
        )
    return [
        f"{_name(test)} ({test['failures']} rows)" for test in tests if test["status"] != "pass"
    ]


def _name(test: dict[str, Any]) -> str:
    return str(test["unique_id"]).split(".")[2]
