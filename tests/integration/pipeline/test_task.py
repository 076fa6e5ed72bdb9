"""The bundle as a task of Azure Batch: it starts itself, fails with its code, and goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from python_jobs.jobs.pipeline.options import STEPS
from python_jobs.settings import Settings
from tests.fakes.stubbed import Stubs
from tests.faults.jobs import wait_until
from tests.integration.databases import fresh_database
from tests.integration.jobs.conftest import query
from tests.integration.pipeline.conftest import normalised, step
from tests.integration.pipeline.node import PLANTED, ROOT, Node, plain_user, ready_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.storage.embedded import ServerInfo

ALL = ("--demo",)
CODES = dict(zip(STEPS, range(12, 21), strict=True))
GIT = {
    "GIT_AUTHOR_NAME": "t",
    "GIT_AUTHOR_EMAIL": "t@example.com",
    "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def run(*command: str, cwd: Path, **variables: str) -> str:
    finished = subprocess.run(
        command, cwd=cwd, env=os.environ | GIT | variables, check=True, capture_output=True
    )
    return finished.stdout.decode()


@pytest.fixture(scope="session")
def repository() -> Iterator[Path]:
    """A commit of the files as they are now, edits included."""
    top = Path(tempfile.mkdtemp(prefix="insights-bundle-"))
    top.chmod(0o755)
    folder = top / "repository"
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "benchmarks/", "docs/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    run("git", "init", "--quiet", cwd=folder)
    run("git", "add", ".", cwd=folder)
    run("git", "commit", "--quiet", "--message", "all of it", cwd=folder)
    try:
        yield folder
    finally:
        shutil.rmtree(top)


@pytest.fixture(scope="session")
def release(repository: Path) -> Path:
    """The bundle's folder, named as a release in blob storage is."""
    run(sys.executable, "scripts/bundle.py", cwd=repository)
    (bundle,) = (repository / "dist").glob("*.zip")
    folder = repository.parent / "release"
    folder.mkdir()
    shutil.copyfile(repository / "dist" / "bootstrap.sh", folder / "bootstrap.sh")
    shutil.copyfile(bundle, folder / "customer-insights.zip")
    shutil.copyfile(f"{bundle}.sha256", folder / "customer-insights.zip.sha256")
    return folder


@pytest.fixture
def top() -> Iterator[Path]:
    """A folder that a plain user may pass through; pytest's are closed."""
    folder = Path(tempfile.mkdtemp(prefix="insights-node-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def node(
    server: ServerInfo, tables_template: str, own_home: Path, release: Path, top: Path
) -> Iterator[Node]:
    """A node with an environment that fits, whose tasks have stubbed steps and one database."""
    with fresh_database(server, tables_template) as (_, url):
        yield from _node(url, own_home, release, top, *plain_user())


def _node(
    url: str,
    home: Path,
    release: Path,
    top: Path,
    user: int | None = None,
    python: str = sys.executable,
) -> Iterator[Node]:
    made = Settings(database_url=SecretStr(url), home=home)
    node = Node(made, Stubs(top / "stubs"), top, [], user, release, python=python)
    ready_environment(node.shared, release.parent / "repository", python)
    if user is not None:
        for path in (node.shared, *node.shared.iterdir(), node.shared / "customer-insights"):
            os.chown(path, user, -1)
    try:
        yield node
    finally:
        for each in node.started:
            if each.process.poll() is None:
                each.kill()


def test_the_bundle_is_the_same_byte_for_byte_and_small(repository: Path, release: Path) -> None:
    again = repository.parent / "again"
    run("git", "clone", "--quiet", str(repository), str(again), cwd=repository)
    (again / "python_jobs" / "edited.py").write_text("# not committed\n")
    os.utime(again / "pyproject.toml", (0, 0))
    run(sys.executable, "scripts/bundle.py", cwd=again, TZ="Pacific/Auckland")
    first, second = (sorted((each / "dist").iterdir()) for each in (repository, again))
    assert [path.name for path in first] == [path.name for path in second]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    commit = run("git", "rev-parse", "HEAD", cwd=repository).strip()
    assert [path.name for path in first[1:]] == [
        f"customer-insights-0.1.0-{commit[:12]}.zip{suffix}" for suffix in ("", ".sha256")
    ]
    assert first[1].stat().st_size < 4_000_000
    with zipfile.ZipFile(first[1]) as archive:
        names = {name.removeprefix("customer-insights/") for name in archive.namelist()}
        facts = json.loads(archive.read("customer-insights/BUNDLE.json"))
    assert facts == {"version": "0.1.0", "commit": commit}
    assert {"run_pipeline.sh", "requirements/runtime.lock", "dbt_project/dbt_project.yml"} <= names
    assert not [name for name in names if name.startswith(("tests", ".git", ".env", "dist"))]
    assert len({Path(name).name for name in (path.name for path in release.iterdir())}) == 3


def test_a_task_says_exactly_what_it_did_and_no_secret(node: Node) -> None:
    node.properties = {
        "arguments": "--demo --preset 'weekly'",
        "correlation_id": "adf-run-7",
        "MAX_WORKERS": "3",
    }
    assert node.settings.database_url
    url = node.settings.database_url.get_secret_value()
    node.stubs.say("tag", f"connecting to {url}\nwith sk-planted-key\n")
    code, task, messages = node.run(OPENAI_API_KEY="sk-planted-key")
    assert code == 0, messages
    commit = json.loads(
        next(task.folder.glob("insights.*/customer-insights/BUNDLE.json")).read_text()
    )["commit"]
    assert normalised(task.outputs) == {
        "status": "succeeded",
        "exit_code": 0,
        "run_id": "RUN",
        "resumed_run_id": None,
        "correlation_id": "adf-run-7",
        "preset": "weekly",
        "version": f"0.1.0+{commit[:12]}",
        "requests": 0,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_usd": 0.0,
        "steps": [step(name) for name in (*STEPS, "page")],
        "cluster_run": None,
        "warnings": [],
        "error": None,
        "links": {"page": str(task.folder / "report.html")},
    }
    events = [json.loads(line) for line in messages.splitlines()]
    assert {event["correlation_id"] for event in events} == {"adf-run-7"}
    assert "with ***" in [event["message"] for event in events]
    if node.user is not None:
        assert (task.folder / "outputs.json").stat().st_uid == node.user
    written = messages + node.written()
    written += str(query(node.settings, "select * from customer_insights.job_runs"))
    password = url.split(":")[2].split("@")[0]
    secrets = [*PLANTED, "sk-planted-key", password]
    assert not [secret for secret in secrets if secret in written]


def test_each_step_s_failure_has_its_code_and_a_fresh_task_goes_on_there(node: Node) -> None:
    for name in STEPS:
        node.stubs.fail(name, 4)
        node.stubs.say(name, "error: the cable is out\nfix:   plug it in\n")
    before: str | None = None
    for at, name in enumerate(STEPS):
        code, task, messages = node.run("--resume", *ALL)
        assert code == CODES[name], messages
        done = STEPS[at - 1 : at] if at else ()
        assert node.stubs.calls() == [*done, name]
        assert task.outputs["resumed_run_id"] == before
        before = task.outputs["run_id"]
        outputs = normalised(task.outputs)
        assert (outputs["status"], outputs["exit_code"]) == ("failed", CODES[name])
        assert outputs["error"] == f"{name}: the cable is out"
        counts = step(name)["counts"]
        assert outputs["steps"] == [
            *(step(each, "skipped") for each in STEPS[: max(at - 1, 0)]),
            *(step(each) for each in done),
            step(name, "failed", exit_code=4, error="the cable is out", counts=counts),
        ]
        node.stubs.mend(name)
    code, task, messages = node.run("--resume")
    assert (code, task.outputs["status"]) == (0, "succeeded"), messages
    assert node.stubs.calls() == ["report", "page"]


def test_a_fresh_task_goes_on_where_the_last_was_killed_in_each_step(node: Node) -> None:
    node.killed_in("load", *ALL)
    assert node.stubs.calls() == ["load"]
    for done, name in enumerate(STEPS[1:]):
        killed = node.killed_in(name, "--resume", *ALL)
        assert node.stubs.calls() == [STEPS[done], name]
        assert (killed.outputs["status"], killed.outputs["exit_code"]) == ("running", None)
        assert killed.outputs["steps"][-1]["name"] == name
    code, last, messages = node.run("--resume")
    assert code == 0, messages
    assert node.stubs.calls() == ["report", "page"]
    assert [each["status"] for each in last.outputs["steps"]] == [
        *["skipped"] * 8,
        *["succeeded"] * 2,
    ]


@pytest.mark.parametrize(
    ("given", "variables", "steps"),
    [
        (("--steps", "marts"), {"INSIGHTS_ARGS": "--steps report"}, ["marts"]),
        ((), {"INSIGHTS_ARGS": "--steps 'report'"}, ["report"]),
        ((), {}, ["embed"]),
    ],
)
def test_arguments_come_from_the_command_line_then_the_environment_then_the_activity(
    node: Node, given: tuple[str, ...], variables: dict[str, str], steps: list[str]
) -> None:
    node.properties = {"arguments": "--steps embed"}
    code, _, messages = node.run(*given, **variables)
    assert code == 0, messages
    assert node.stubs.calls() == steps


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"OPENAI_API_KEY": "planted"}, "OPENAI_API_KEY is not known"),
        ({"AZURE_OPENAI_API_KEY": "planted"}, "AZURE_OPENAI_API_KEY holds a secret"),
        ({"INSIGHTS_DATABASE_URL": "postgresql://me:planted@host/x"}, "URL holds a secret"),
        ({"key": {"type": "SecureString", "value": "planted"}}, "key is no text"),
        ({"arguments": "--steps 'planted"}, "quotation mark that is not closed"),
    ],
)
def test_what_an_activity_must_not_say_is_refused_and_not_repeated(
    node: Node, properties: dict[str, object], message: str
) -> None:
    node.properties = properties
    code, task, messages = node.run()
    assert (code, task.outputs["exit_code"], task.outputs["status"]) == (2, 2, "failed")
    assert message in messages
    assert "planted" not in messages + node.written()
    assert node.stubs.calls() == []


def test_a_bundle_that_is_not_what_its_checksum_names_does_not_run(node: Node, top: Path) -> None:
    damaged = top / "damaged"
    shutil.copytree(node.release, damaged)
    node.release = damaged
    content = bytearray((damaged / "customer-insights.zip").read_bytes())
    content[len(content) // 2] ^= 1
    (damaged / "customer-insights.zip").write_bytes(content)
    code, task, messages = node.run(*ALL)
    assert (code, task.outputs["exit_code"]) == (10, 10)
    assert "not the one that its checksum names" in messages
    (damaged / "customer-insights.zip.sha256").unlink()
    assert node.run(*ALL)[0] == 10
    (damaged / "customer-insights.zip").unlink()
    code, _, messages = node.run(*ALL)
    assert (code, "there are 0 bundles" in messages) == (10, True)
    assert node.stubs.calls() == []


def test_an_environment_is_made_once_for_each_lock(node: Node, top: Path) -> None:
    """By a Python that makes links instead of an environment, and a pip that does nothing."""
    shutil.rmtree(node.shared / "customer-insights")
    log, fake = top / "installed", top / "fake-python"
    log.touch()
    log.chmod(0o666)
    real = node.python
    ready = ready_environment(top / "ready", node.release.parent / "repository", real)
    (ready / ".insights-runtime").unlink()
    fake.write_text(
        "#!/bin/bash\n"
        f'if [[ "$1 $2" == "-m venv" ]]; then cp -r {ready} "$3"; rm -r "$3/bin"; mkdir "$3/bin"\n'
        f'  cp "$0" "$3/bin/python"; echo venv >>{log}\n'
        f'elif [[ "$1 $2" == "-m pip" ]]; then echo "$*" >>{log}\n'
        f'else exec {ready}/bin/python "$@"; fi\n'
    )
    fake.chmod(0o755)
    for _ in range(2):
        code, _, messages = node.run("--steps", "report", INSIGHTS_PYTHON=str(fake))
        assert code == 0, messages
    lines = log.read_text().splitlines()
    assert lines[0] == "venv"
    assert "--require-hashes" in lines[1]
    assert len(lines) == 3, "made once: venv, packages, the project itself"
    assert len(list((node.shared / "customer-insights").glob("venv-*/.insights-runtime"))) == 1


def test_an_environment_that_another_user_left_unfinished_is_nobody_s(node: Node) -> None:
    if node.user is None:
        pytest.skip("nobody here can be another user")
    (venv,) = (node.shared / "customer-insights").glob("venv-*")
    venv.rename(f"{venv}-{node.user}")
    venv.mkdir()
    venv.with_name(f"{venv.name}.lock").touch()
    code, _, messages = node.run("--steps", "report")
    assert code == 0, messages


@pytest.mark.slow
def test_real_steps_go_on_after_kill_9(
    database: str, own_home: Path, release: Path, top: Path
) -> None:
    """Load to report from the bundle; killed in a dbt step, a model step and a clustering step."""
    for node in _node(database, own_home, release, top):
        node.stubbed = False
        (top / "feedback.csv").write_text(_few_feedback())
        options = ["--source", str(top / "feedback.csv"), "--min-cluster-size", "5", "--resume"]
        for name in ("stage", "embed", "cluster", "marts"):
            task = node.start(*options, OMP_NUM_THREADS="1")

            def is_in(name: str = name) -> bool:
                assert task.process.poll() is None, task.end()  # noqa: B023
                file = task.folder / "outputs.json"  # noqa: B023
                steps = json.loads(file.read_text()).get("steps") if file.exists() else None
                return bool(steps) and steps[-1]["name"] == name

            wait_until(is_in, f"step {name}", 900)
            task.kill()
        code, last, messages = node.run(*options, OMP_NUM_THREADS="1")
        assert code == 0, messages
        outputs = last.outputs
        assert [each["status"] for each in outputs["steps"]] == ["skipped"] * 7 + ["succeeded"] * 2
        assert outputs["steps"][7]["counts"]["success"] > 90
        assert outputs["cluster_run"]["status"] == "published"
        counted = query(
            node.settings,
            "select (select count(*) from marts.feedback), "
            "(select count(distinct content_hash) from vector_store.embeddings), "
            "(select count(*) from vector_store.embeddings), "
            "(select count(*) from marts.cluster_runs where status = 'published')",
        )
        assert counted == [(60, 60, 60, 1)]
        assert query(
            node.settings, "select health from marts.pipeline_health where step = 'pipeline'"
        ) == [("good",)]


def _few_feedback() -> str:
    themes = ("the parcel came late again", "the sole came off", "runs a size small for my feet")
    rows = [
        f"f{number},2026-05-{number % 28 + 1:02},{themes[number % 3]} number {number}"
        for number in range(60)
    ]
    return "\n".join(["feedback_id,created_at,feedback_text", *rows]) + "\n"
