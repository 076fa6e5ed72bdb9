"""`--mode batch` of `insights embed`, `tag` and `ingest`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from python_jobs.cli.ingest import embed, ingest, tag
from python_jobs.errors import ConfigurationError, UsageError
from python_jobs.jobs.batch import fetch
from tests.integration.jobs.batch.conftest import DISTINCT, counted, pending, stored

if TYPE_CHECKING:
    import click

    from python_jobs.settings import Settings
    from tests.fakes.openai_server import FakeOpenAI

BOTH = pytest.mark.parametrize("command", [embed, tag])


def run(settings: Settings, command: click.Command, *arguments: str) -> str:
    """What the command writes on stdout."""
    done = CliRunner().invoke(command, list(arguments), obj=settings, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@BOTH
def test_a_job_hands_over_and_says_what_comes_next(
    command: click.Command, live: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="insights")
    shown = json.loads(run(live, command, "--mode", "batch", "--json"))
    assert (shown["batches"], shown["items"]) == (1, DISTINCT)
    said = (
        f"Handed over {DISTINCT} texts to {command.name}: {shown['requests']} requests in 1 batch"
    )
    assert any(
        line.startswith(said) and "insights batch fetch --wait" in line for line in caplog.messages
    )
    assert fetch(live).done == DISTINCT
    again = json.loads(run(live, command, "--mode", "batch", "--json"))
    assert (again["batches"], again["items"]) == (0, 0)


def test_ingest_hands_over_both(live: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSIGHTS_MODE", "batch")
    shown = json.loads(run(live, ingest, "--json"))
    assert (shown["embed"]["items"], shown["tag"]["items"]) == (DISTINCT, DISTINCT)
    assert (pending(live), counted(live, "marts.pending_tags"), stored(live)) == (0, 0, 0)
    assert fetch(live).done == 2 * DISTINCT


def test_ingest_of_embeddings_only_hands_over_no_tags(live: Settings) -> None:
    shown = json.loads(run(live, ingest, "--mode=batch", "--embeddings-only", "--json"))
    assert shown.keys() == {"embed"}
    assert counted(live, "marts.pending_tags") > 0


def test_without_the_mode_nothing_goes_into_a_batch(live: Settings, api: FakeOpenAI) -> None:
    assert "batches" not in json.loads(run(live, embed, "--json"))
    assert not api.batch_api.calls
    assert stored(live) == DISTINCT


@pytest.mark.parametrize(
    ("command", "arguments", "message"),
    [
        (embed, ["--max-workers", "3"], "--max-workers does not go with --mode batch"),
        (tag, ["--max-workers", "3"], "--max-workers does not go with --mode batch"),
        (ingest, ["--max-workers", "3"], "--max-workers does not go with --mode batch"),
        (tag, ["--evaluate", "gold.csv"], "--evaluate does not go with --mode batch"),
        (embed, ["--provider", "local"], "local provider"),
        (tag, ["--provider", "local", "--check"], "local provider"),
        (ingest, ["--provider", "local"], "local provider"),
    ],
)
def test_what_does_not_go_with_batches_is_refused(
    command: click.Command, arguments: list[str], message: str, live: Settings, api: FakeOpenAI
) -> None:
    with pytest.raises(UsageError, match=message):
        run(live, command, "--mode", "batch", *arguments)
    assert not api.batch_api.calls


@BOTH
def test_azure_and_a_missing_key_are_found_by_the_check(
    command: click.Command, live: Settings
) -> None:
    with pytest.raises(ConfigurationError, match="not for azure"):
        run(live, command, "--mode", "batch", "--check", "--provider", "azure")
    run(live, command, "--mode", "batch", "--check")
    without = live.model_copy(update={"openai_api_key": None, "provider": "openai"})
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        run(without, command, "--mode", "batch", "--check")


def test_the_environment_s_workers_do_no_harm(
    live: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_WORKERS", "3")
    run(live, embed, "--mode", "batch")
    assert pending(live) == 0
