"""What a text looks like when it leaves the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.redaction import parse_patterns, redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from python_jobs.settings import Settings


def outgoing(settings: Settings, provider: str) -> Callable[[str], str]:
    """Personal data are taken out for every provider but the local one, which sends nothing.

    Args:
        settings: `INSIGHTS_REDACT` names the patterns.
        provider: who gets the text.

    Raises:
        UsageError: a pattern that is not known.
    """
    patterns = parse_patterns(settings.redact)
    if provider == "local":
        return lambda text: text
    return lambda text: redact(text, patterns).text
