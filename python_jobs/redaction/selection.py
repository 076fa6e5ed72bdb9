"""Which patterns there are, and which of them a run uses."""

from __future__ import annotations

import hashlib
from difflib import get_close_matches
from typing import TYPE_CHECKING

from python_jobs.errors import UsageError
from python_jobs.redaction.cards import CARD, IBAN
from python_jobs.redaction.credentials import SECRET
from python_jobs.redaction.emails import EMAIL
from python_jobs.redaction.national_ids import GROUP, NATIONAL_IDS
from python_jobs.redaction.phones import PHONE
from python_jobs.redaction.urls import IP, URL, URL_TOKEN

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from python_jobs.redaction.pattern import Pattern

# The more specific before the less: the first wins where two find the same characters.
_ORDERED = (SECRET, URL_TOKEN, EMAIL, IBAN, CARD, *NATIONAL_IDS, PHONE, IP, URL)

PATTERNS: Mapping[str, Pattern] = {pattern.name: pattern for pattern in _ORDERED}
"""All patterns by name, the most specific first."""

DEFAULT: frozenset[str] = frozenset(PATTERNS) - {URL.name, IP.name}
"""What is redacted unless told otherwise: links and network addresses say where a problem is."""

_SETS: Mapping[str, frozenset[str]] = {
    "default": DEFAULT,
    "all": frozenset(PATTERNS),
    GROUP: frozenset(pattern.name for pattern in NATIONAL_IDS),
}
_NONE = "none"


def parse_patterns(value: str) -> frozenset[str]:
    """Read a choice of patterns, as of `INSIGHTS_REDACT`.

    Args:
        value: `default`, `all`, `none`, or names separated by commas. A name with `-` before it is
            taken away; a choice that only takes away begins with the default.

    Raises:
        UsageError: a name is not known, `none` is not alone, or there is no name.
    """
    items = [item.strip().lower() for item in value.split(",") if item.strip()]
    if items == [_NONE]:
        return frozenset()
    if not items or _NONE in items:
        raise UsageError(
            "no pattern to redact is named" if not items else "none cannot go with other patterns",
            hint="say none alone to redact nothing, or default",
        )
    chosen = set(DEFAULT if items[0].startswith("-") else ())
    for item in items:
        names = _named(item.removeprefix("-").strip())
        chosen = chosen - names if item.startswith("-") else chosen | names
    return frozenset(chosen)


def redaction_hash(patterns: Collection[str]) -> str:
    """Say how a text was redacted: SHA-256 in hex over names and versions of the patterns.

    Raises:
        UsageError: a name is not known.
    """
    names = sorted(pattern.name for pattern in chosen(patterns))
    lines = "".join(f"{name}:{PATTERNS[name].version}\n" for name in names)
    return hashlib.sha256(lines.encode()).hexdigest()


def chosen(patterns: Collection[str]) -> list[Pattern]:
    """The patterns of these names, the most specific first.

    Raises:
        UsageError: a name is not known.
    """
    for name in patterns:
        if name not in PATTERNS:
            raise _unknown(name)
    return [pattern for name, pattern in PATTERNS.items() if name in patterns]


def _named(name: str) -> frozenset[str]:
    if name in PATTERNS:
        return frozenset({name})
    if name in _SETS:
        return _SETS[name]
    raise _unknown(name)


def _unknown(name: str) -> UsageError:
    known = [*PATTERNS, *_SETS, _NONE]
    near = get_close_matches(name.lower(), known, 1, 0.5)
    suggestion = f"did you mean {near[0]}? " if near else ""
    return UsageError(
        f"there is no pattern {name!r} to redact",
        hint=f"{suggestion}known are {', '.join(known)}; -name takes one away",
    )
