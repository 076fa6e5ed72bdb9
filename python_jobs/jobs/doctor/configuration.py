"""Settings, misspelt variables, and the model provider. Values of secrets are never looked at."""

from __future__ import annotations

import os
import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from python_jobs import vault
from python_jobs.jobs.doctor.check import Check, guarded, ok
from python_jobs.jobs.lock import HELD
from python_jobs.logs import CORRELATION_ID
from python_jobs.settings import Settings, project_root, unreadable_lines
from python_jobs.storage.environment import OF_DBT
from python_jobs.storage.job_runs import PIPELINE_RUN_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.errors import ConfigurationError

_OURS = "INSIGHTS_"
_READ_ELSEWHERE = re.compile(r"env_var\('(INSIGHTS_\w+)'")
_OF_SCRIPTS = {
    "INSIGHTS_VENV",
    "INSIGHTS_PYTHON",
    "INSIGHTS_ARGS",
    "INSIGHTS_CACHE",
    "INSIGHTS_RELEASE_ACCOUNT_URL",
}
_OF_RUNS = {CORRELATION_ID, PIPELINE_RUN_ID, HELD}
"""What one process tells those that it starts."""


def checks(settings: Settings, problem: ConfigurationError | None) -> Iterator[Check]:
    """Whether the settings can be used, and who runs the models.

    Args:
        settings: with defaults in place of what cannot be used.
        problem: what that was.
    """
    if problem:
        yield Check("settings", "fail", problem.message, problem.hint or "")
    else:
        yield ok("settings", "each has a value that can be used")
    if lines := unreadable_lines():
        fix = "write NAME=value, one a line; a value that begins with a quote has to end with one"
        yield Check(".env", "fail", f"not understood, and not heeded: {'; '.join(lines)}", fix)
    yield from guarded("variables", lambda: iter([variables(set(os.environ))]))
    yield from guarded("provider", lambda: iter([provider(settings)]))


def variables(names: set[str]) -> Check:
    """Variables that look like ours and that nobody reads."""
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    known |= _OF_SCRIPTS | _OF_RUNS | variables_of_profile() | {vault.VARIABLE, *OF_DBT}
    unread = sorted(name for name in names if name.startswith(_OURS) and name not in known)
    if not unread:
        return ok("variables", f"every {_OURS}… of the environment is read by something")
    near = [f"{name} is nearly {found}" for name in unread if (found := _nearest(name, known))]
    fix = "; ".join(near) or "remove them: the README's configuration table has all that are read"
    return Check("variables", "warn", f"nobody reads {', '.join(unread)}", fix)


def _nearest(name: str, known: set[str]) -> str:
    for each in (name, name.removeprefix(_OURS)):
        if found := get_close_matches(each, known, n=1, cutoff=0.8):
            return found[0]
    return ""


def variables_of_profile() -> set[str]:
    """The variables that profiles.yml.example reads."""
    example = project_root() / "profiles.yml.example"
    try:
        text = example.read_text(encoding="utf-8")
    except OSError:
        return {"INSIGHTS_DBT_TARGET", "INSIGHTS_DBT_THREADS"}
    return set(_READ_ELSEWHERE.findall(text))


def provider(settings: Settings) -> Check:
    """Who runs the models, and whether what that needs is there; nothing is sent."""
    name = settings.resolved_provider
    if name == "local":
        return ok("provider", "local: no key, no network")
    from python_jobs.providers.openai.connection import connect

    made = connect(settings, name)  # raises what `guarded` shows
    made.client.close()
    has_key = settings.openai_api_key if name == "openai" else settings.azure_api_key
    signs_in = "a key is set" if has_key else "no key: Entra ID is asked for tokens"
    return ok("provider", f"{name} at {made.host}, {signs_in}; nothing was sent")
