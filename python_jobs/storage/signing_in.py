"""How a database's URL says who signs in, and what it asks of the server in return."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from urllib.parse import unquote

from python_jobs import entra
from python_jobs.errors import ConfigurationError

_PARAMETER = re.compile(r"(?<=[?&])authentication=([^&#]*)&?", re.IGNORECASE)


def without_authentication(url: str, variable: str) -> tuple[str, entra.Way | None]:
    """The URL without its ``authentication=``, which no driver knows, and what that says.

    Raises:
        ConfigurationError: it names a way to sign in that there is not.
    """
    found = _PARAMETER.search(url)
    if not found:
        return url, None
    rest = (url[: found.start()] + url[found.end() :]).rstrip("?&")
    return rest, entra.parse_way(unquote(found[1]), variable)


def with_trust(given: dict[str, str], way: entra.Way | None, variable: str) -> dict[str, str]:
    """libpq's parameters, with what a token needs: TLS to a server that proves who it is.

    ``sslrootcert=system`` becomes the path of this machine's authorities: the libpq in psycopg's
    wheel would look for them where it was built.

    Raises:
        ConfigurationError: `sslmode` would show a token to whoever answers.
    """
    trusted = dict(given)
    if way is not None:
        if trusted.setdefault("sslmode", "verify-full") != "verify-full":
            raise ConfigurationError(
                f"{variable} sends a token of Entra ID to a server that nobody has checked",
                hint="leave sslmode out, or say sslmode=verify-full",
            )
        trusted.setdefault("sslrootcert", "system")
    if trusted.get("sslrootcert") == "system":
        trusted.setdefault("sslmode", "verify-full")
        trusted["sslrootcert"] = authorities()
    return trusted


def authorities() -> str:
    """The file of certificate authorities that Python trusts here, else libpq's own word."""
    known = ssl.get_default_verify_paths()
    for each in (known.cafile, known.openssl_cafile):
        if each and Path(each).is_file():
            return each
    return "system"
