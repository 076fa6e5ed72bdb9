"""Web addresses that open something by themselves, and network addresses.

A link with a password, a token or a signature is as good as the account it opens, so it goes as a
whole. A plain link says which page a customer means and stays, unless `url` is chosen.
"""

from __future__ import annotations

import ipaddress
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from python_jobs.redaction.pattern import Pattern, matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.redaction.pattern import Span

_REST = r"[^\s<>\"]"
_LINKS = (
    re.compile(rf"(?<![^\W_])[a-zA-Z][a-zA-Z0-9+.-]{{1,15}}+://{_REST}++"),
    re.compile(rf"(?<![\w.@-])www\.{_REST}++", re.IGNORECASE),
    re.compile(
        rf"(?<![\w.@-])[\w-]{{1,63}}+(?:\.[\w-]{{1,63}}+){{1,6}}+(?<=[a-zA-Z])(?::\d{{2,5}}+)?+"
        rf"[/?]{_REST}++"
    ),
)
_CLOSING = ".,;:!?)]}'’*"

_CREDENTIALS = re.compile(r"://[^/\s@?#]{1,256}+@")
_NAMED = re.compile(
    r"[?&#;/](?:[\w.-]{0,40}[_.-])?(?:token|key|apikey|accesskey|secret|sig|signature|auth"
    r"|authorization|password|passwort|passwd|pwd|pass|pw|credentials?|session|sessionid|sid"
    r"|phpsessid|jsessionid|jwt|otp|ticket|nonce|invite|magic|hash|hmac|policy)=[^&#;\s]",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"%40|[?&](?:e?-?mail|phone|tel|mobile)=[^&#\s]", re.IGNORECASE)
_JWT = re.compile(r"eyJ[\w-]{10}")
_UUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])",
    re.IGNORECASE,
)
_PART = re.compile(r"[A-Za-z0-9_-]{16,}+")
_PIECE = re.compile(r"[A-Za-z0-9]{16,}+")

_IP_V4 = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_IP_V6 = re.compile(r"(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}+(?![\w:]|\.\d)")


def _find_links(text: str) -> Iterator[Span]:
    for expression in _LINKS:
        for match in expression.finditer(text):
            yield match.start(), match.start() + len(match.group().rstrip(_CLOSING))


def is_sensitive(url: str) -> bool:
    """Whether a link carries credentials, a token, an address, or a part too random for a name."""
    signs = (_CREDENTIALS, _NAMED, _PERSONAL, _JWT, _UUID)
    return any(sign.search(url) for sign in signs) or any(
        _is_random(part.group()) for part in _PART.finditer(url)
    )


def _is_random(part: str) -> bool:
    """16 letters and digits mixed, or 32 characters of three kinds that keep changing."""
    for piece in _PIECE.findall(part):
        digits = sum(each.isdecimal() for each in piece)
        if digits > 1 and len(piece) - digits > 1:
            return True
    kinds = [(each.islower(), each.isupper(), each.isdecimal()) for each in part]
    changes = sum(a != b for a, b in pairwise(kinds))
    return len(part) > 31 and len(set(kinds)) > 2 and changes * 3 > len(part)


def is_ip(candidate: str) -> bool:
    """Whether it is an address of IPv4 or IPv6; `::` and its like are too short to be one."""
    try:
        ipaddress.ip_address(candidate)
    except ValueError:
        return False
    return len(candidate) > 6


URL_TOKEN = Pattern(
    name="url_token",
    token="[URL]",  # noqa: S106
    description="links with a password, token, key, signature, address, or a long random part",
    find=_find_links,
    validate=is_sensitive,
)

URL = Pattern(
    name="url",
    token="[URL]",  # noqa: S106
    description="all links",
    find=_find_links,
)

IP = Pattern(
    name="ip",
    token="[IP]",  # noqa: S106
    description="addresses of IPv4 and IPv6 (a version such as 1.2.3.44 looks the same)",
    find=matches(_IP_V4, _IP_V6),
    validate=is_ip,
)
