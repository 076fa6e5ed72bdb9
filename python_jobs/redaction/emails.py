"""E-mail addresses, plain and as people hide them from machines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from python_jobs.redaction.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.redaction.pattern import Span

# Scripts without spaces between words stay out: the words around an address would go with it.
_WORD = r"[^\W\u0e00-\u0eff\u3040-\u9fff\uac00-\ud7af]"
_LOCAL = rf"{_WORD}(?:{_WORD}|[.+'~-]){{0,63}}+"
_LABEL = rf"{_WORD}{{1,63}}+(?:-{{1,3}}{_WORD}{{1,63}}+){{0,8}}+"
_TOP = (
    r"(?:com|net|org|info|biz|eu|io|me|edu|gov|app|dev|co\.uk|org\.uk|ac\.uk|uk|de|at|ch|fr|be|nl"
    r"|lu|es|pt|it|ie|se|no|dk|fi|pl|cz|hu|ro|gr|us|ca|au|nz|in|jp|br|mx)"
)
_PROVIDER = (
    r"(?:gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|icloud|aol|proton|protonmail|gmx|web"
    r"|freenet|t-online|mailbox|posteo|orange|free|laposte|wanadoo|sfr|btinternet|libero)"
)
_DOT = r"(?: ?[\[({<] ?(?:dot|punkt|point|punto|d0t|\.) ?[\])}>] ?| (?:dot|punkt|point|punto) )"
# After a spoken dot only what is no word there: "at the point de vente", "the dot in it".
_SPOKEN_TOP = (
    r"(?: (?:dot|punkt|point|punto) (?:com|net|org|info|biz|eu|edu|gov)"
    r"| dot (?:co dot )?(?:uk|de|fr)"
    r"| punkt (?:de|at|ch)| point (?:fr|be|ch|ca)| punto (?:es|it))"
)
_BRACKETED_AT = r" ?[\[({<] ?(?:at|ät|a|arobase|arroba|chiocciola|@) ?[\])}>] ?"
_SPOKEN_AT = r"(?: (?:at|ät|arobase|arroba|@) | ?@ ?)"

_PLAIN = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL}){{1,8}}+")
_HIDDEN = re.compile(
    rf"{_BRACKETED_AT}{_LABEL}(?:(?:{_DOT}|\.){_LABEL}){{0,3}}(?:{_DOT}|\.){_TOP}\b"
    rf"|{_SPOKEN_AT}{_LABEL}(?:(?:{_DOT}|\.){_LABEL}){{0,2}}{_SPOKEN_TOP}\b"
    rf"|{_SPOKEN_AT}{_PROVIDER}(?: ?[.,]{_TOP}|{_SPOKEN_TOP})\b",
    re.IGNORECASE,
)
_LOCAL_CHARACTER = re.compile(rf"{_WORD}|[.+'~-]")


def _find(text: str) -> Iterator[Span]:
    if "@" in text:
        for match in _PLAIN.finditer(text):
            end = _end_of_domain(text, match.start(), match.end())
            if end is not None:
                yield match.start(), end
    for match in _HIDDEN.finditer(text):
        start = match.start()
        while match.start() - start < 64 and start and _LOCAL_CHARACTER.match(text, start - 1):
            start -= 1
        while start < match.start() and not text[start].isalnum():
            start += 1
        if start < match.start():
            yield start, match.end()


def _end_of_domain(text: str, start: int, end: int) -> int | None:
    """Without what a missing space let in after the top-level domain, as in `a@b.com.2 days`."""
    at = text.index("@", start)
    while (dot := text.rfind(".", at, end)) > 0:
        label = text[dot + 1 : end]
        if label[:4].lower() == "xn--" or (len(label) > 1 and label.replace("-", "").isalpha()):
            return end
        end = dot
    return None


EMAIL = Pattern(
    name="email",
    token="[EMAIL]",  # noqa: S106
    description='e-mail addresses, also as "name (at) domain dot com"',
    find=_find,
)
