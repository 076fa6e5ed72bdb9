"""GitHub Actions: pinned, without a stored secret, and with no more rights than a job needs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from python_jobs import vault

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GUIDE = (ROOT / "AZURE_DEPLOYMENT.md").read_text(encoding="utf-8")
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))


def read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["on"] = content.pop(True)  # YAML 1.1 reads `on` as a truth
    return content  # type: ignore[no-any-return]


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


@every_file
def test_actions_are_pinned_by_a_commit_that_says_its_version(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        used = re.search(r"uses: (.*)", line)
        if used and not used[1].startswith("./"):
            assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used[1]), line
        elif used:
            assert (ROOT / used[1]).is_file(), line


def test_an_action_is_pinned_to_one_commit_everywhere() -> None:
    pins: dict[str, set[str]] = {}
    for path in FILES:
        for action, commit in re.findall(r"uses: ([\w./-]+)@(\S+ # \S+)", path.read_text("utf-8")):
            pins.setdefault(action, set()).add(commit)
    assert all(len(commits) == 1 for commits in pins.values()), pins


@every_file
def test_no_secret_is_stored_and_no_input_becomes_code(path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    assert "secrets." not in content
    for step in steps(read(path)):
        assert "${{" not in step.get("run", ""), step
        if "actions/checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@every_file
def test_only_who_signs_in_may_ask_for_a_token(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        signs_in = "deploy-to.yml" in job.get("uses", "") or any(
            "azure/login" in step.get("uses", "") for step in job.get("steps", [])
        )
        assert ("id-token" in job.get("permissions", {})) == signs_in
        if signs_in and "steps" in job:
            assert job["environment"] == "${{ inputs.environment }}"


@every_file
def test_jobs_end_and_their_scripts_are_there(path: Path) -> None:
    for job in read(path)["jobs"].values():
        assert "uses" in job or job["timeout-minutes"] <= 90
    for step in steps(read(path)):
        for script in re.findall(
            r"(?:scripts|azure)/[\w./-]+\.(?:sh|py|bicep)", step.get("run", "")
        ):
            assert (ROOT / script).is_file(), script


def test_what_is_deployed_was_tested_and_what_changes_is_said_first() -> None:
    jobs = read(ROOT / ".github" / "workflows" / "deploy.yml")["jobs"]
    assert (jobs["bundle"]["needs"], jobs["dev"]["needs"], jobs["prod"]["needs"]) == (
        "test",
        "bundle",
        "dev",
    )
    names = [
        str(step.get("run", step.get("uses", "")))
        for step in steps(read(ROOT / ".github" / "workflows" / "deploy-to.yml"))
    ]

    def place(text: str) -> int:
        return next(index for index, name in enumerate(names) if text in name)

    order = ["upload", "what-if", "triggers.sh stop", "group create", "switch", "triggers.sh start"]
    assert [place(text) for text in order] == sorted(place(text) for text in order)


def test_a_rollback_waits_for_no_deployment_that_awaits_approval() -> None:
    deploy, rollback = (
        read(ROOT / ".github" / "workflows" / name)["concurrency"]
        for name in ("deploy.yml", "rollback.yml")
    )
    assert deploy == {"group": "deploy", "cancel-in-progress": False}
    group = "rollback-${{ inputs.environment }}"
    assert rollback == {"group": group, "cancel-in-progress": False}


def test_triggers_are_started_again_only_where_they_were_stopped() -> None:
    job = read(ROOT / ".github" / "workflows" / "deploy-to.yml")["jobs"]["deploy"]
    start = next(each for each in job["steps"] if "triggers.sh start" in each.get("run", ""))
    stop = next(each for each in job["steps"] if "triggers.sh stop" in each.get("run", ""))
    assert start["if"] == f"always() && steps.{stop['id']}.outcome != 'skipped'"


def test_every_variable_is_in_the_guide() -> None:
    for path in FILES:
        for variable in re.findall(r"vars\.(\w+)", path.read_text("utf-8")):
            assert f"`{variable}`" in GUIDE, variable


def test_every_secret_that_a_vault_may_hold_is_in_the_guide() -> None:
    for variable in vault.SECRETS:
        assert f"`{variable.replace('_', '-')}`" in GUIDE


def test_templates_get_every_variable_that_they_read() -> None:
    given = (ROOT / ".github" / "workflows" / "deploy-to.yml").read_text("utf-8")
    for path in (ROOT / "azure").glob("*.bicepparam"):
        for variable in re.findall(r"readEnvironmentVariable\('(\w+)'", path.read_text("utf-8")):
            assert f"      {variable}: ${{{{ vars.{variable}" in given, variable
