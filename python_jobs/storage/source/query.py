"""What the user names as the source: a table, or one SELECT. Checked as text, before any server."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from python_jobs.errors import UsageError

Kind = Literal["postgres", "sqlserver"]

# Strings, quoted names, comments and dollar quotes: what is in them is no syntax.
_OPAQUE = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | \[[^\[\]]*\] | --[^\n]* | /\*.*?\*/
    | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$""",
    re.VERBOSE | re.DOTALL,
)
_PARTS = re.compile(r'\s*(?:"((?:[^"]|"")+)"|\[((?:[^\]]|\]\])+)\]|([^."\[\]]+?))\s*(?:\.|$)')
_HINT = "give one SELECT, as in --query \"select * from reviews where country = 'DE'\""


def parse_table(text: str) -> tuple[str | None, str]:
    """Take `[SCHEMA.]TABLE` apart; parts with dots or spaces in `"…"` or `[…]`.

    Raises:
        UsageError: it is no such name.
    """
    parts: list[str] = []
    place = 0
    while place < len(text) and (found := _PARTS.match(text, place)):
        quoted, bracketed, plain = found.groups()
        parts.append(
            (quoted or "").replace('""', '"') or (bracketed or "").replace("]]", "]") or plain
        )
        place = found.end()
    if place < len(text) or not 1 <= len(parts) <= 2 or text.rstrip().endswith("."):
        raise UsageError(
            f"--table {text!r} is no name of a table",
            hint='write it as reviews, shop.reviews or "my schema"."my table"; '
            "the database is named in INSIGHTS_SOURCE_URL",
        )
    return (parts[0] if len(parts) == 2 else None), parts[-1]


def check_query(text: str, kind: Kind) -> str:
    """Return the query where it is one statement that selects, without its last semicolon.

    The server is asked for it as a subquery in a transaction that ends without a commit, so
    this is for clear messages, and not what keeps the source from being written to.

    Raises:
        UsageError: it is empty, several statements, no SELECT, or its parentheses do not match.
    """
    syntax = _OPAQUE.sub(lambda found: " " * len(found.group()), text)
    end = len(syntax.rstrip().rstrip(";").rstrip())
    # a comment after the last word may stay: what follows the query is on a line of its own
    if ";" in syntax.rstrip() and syntax.rstrip().endswith(";"):
        text, syntax = text[:end], syntax[:end]
    if ";" in syntax:
        raise UsageError("--query holds more than one statement", hint=_HINT)
    words = syntax.replace("(", " ").split(None, 1)
    first = words[0].casefold() if words else ""
    if first == "with" and kind == "sqlserver":
        raise UsageError(
            "--query begins with WITH, which SQL Server does not take in a subquery",
            hint="make a view of it, and name that with --table",
        )
    if first not in ({"select", "with"} if kind == "postgres" else {"select"}):
        raise UsageError("--query is no SELECT", hint=_HINT)
    _check_parentheses(syntax)
    return text.strip()


def _check_parentheses(syntax: str) -> None:
    depth = 0
    for each in syntax:
        depth += (each == "(") - (each == ")")
        if depth < 0:
            break
    if depth:
        raise UsageError("the parentheses of --query do not match", hint=_HINT)


def short_hash(text: str) -> str:
    """Eight characters that tell one query from another."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
