"""What the processes of a run say: passed on line by line, as events, without secrets."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from python_jobs.logs import logger

if TYPE_CHECKING:
    from python_jobs.settings import Settings

MASK = "***"
_SECRET = re.compile(
    r"KEY(?!_VAULT)|SECRET|PASSWORD|TOKEN|CREDENTIAL|CONNECTION_STRING|SAS\b", re.IGNORECASE
)
_SHORTEST_SECRET = 8


@dataclass(frozen=True)
class Relay:
    """What becomes of a process's messages on stderr.

    Attributes:
        as_json: each line becomes a JSON event, whoever wrote it.
        secrets: values that are masked, whoever let them out.
    """

    as_json: bool
    secrets: tuple[str, ...] = ()

    @property
    def is_needed(self) -> bool:
        """On a terminal a process talks to the user itself, with its progress bars."""
        return self.as_json or not sys.stderr.isatty()

    def masked(self, text: str) -> str:
        """The text without secrets."""
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        return text

    def pass_on(self, stream: IO[str], step: str, warnings: list[str], errors: list[str]) -> None:
        """Forward line by line until the other end is closed."""
        for raw in stream:
            line = self.masked(raw.rstrip("\n"))
            event = _event(line)
            if event is None:
                if line.startswith("error: "):
                    errors.append(line.removeprefix("error: "))
            elif event.get("level") == "warning":
                warnings.append(str(event.get("message")))
            elif event.get("level") == "error":
                errors.append(str(event.get("message")))
            self._say(line, event, step)

    def _say(self, line: str, event: dict[str, Any] | None, step: str) -> None:
        if not self.as_json:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
        elif event is not None:
            sys.stderr.write(json.dumps(event | {"step": step}, ensure_ascii=False) + "\n")
            sys.stderr.flush()
        elif line.strip():
            report = logger.error if line.startswith("error: ") else logger.info
            report("%s", line.removeprefix("error: "), extra={"step": step})


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Values of the settings and of the environment that must not be seen; the longest first."""
    from python_jobs.storage.target import parse_url

    found = {
        value for name, value in os.environ.items() if _SECRET.search(name) and not _is_path(value)
    }
    for key in (settings.openai_api_key, settings.azure_api_key):
        found |= {key.get_secret_value()} if key else set()
    urls = [settings.database_url, settings.dbt_database_url]
    for url in (*urls, settings.vector_database_url, settings.source_url):
        if url:
            found.add(url.get_secret_value())
            try:
                password = parse_url(url).password
            except Exception:  # what is wrong with it is said by whoever needs it  # noqa: S112
                continue
            found |= {password.get_secret_value()} if password else set()
    kept = (value for value in found if len(value) >= _SHORTEST_SECRET)
    return tuple(sorted(kept, key=lambda value: (-len(value), value)))


def _is_path(value: str) -> bool:
    return value.startswith("/")


def _event(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "message" in event else None
