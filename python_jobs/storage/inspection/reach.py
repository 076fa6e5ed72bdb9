"""A server before any login: its name, its port, its certificate."""

from __future__ import annotations

import socket
import ssl
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from python_jobs.errors import DatabaseError

SECONDS = 5.0
"""For each step: a server that takes longer to answer a knock has other troubles."""
_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""SSLRequest, "Message Formats" in PostgreSQL's manual."""


@dataclass(frozen=True)
class Tls:
    """What the server shows.

    Attributes:
        version: as in "TLSv1.3".
        problem: why this machine does not trust the certificate; empty where it does.
        ends: of a trusted certificate.
    """

    version: str
    problem: str
    ends: datetime | None


def resolve(host: str) -> list[str]:
    """The addresses of a name.

    Raises:
        DatabaseError: there is none.
    """
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DatabaseError(
            f"the name {host!r} is not known here",
            hint="a typing error? a VPN that is down? a private endpoint's DNS zone?",
        ) from None
    return sorted({str(each[4][0]) for each in found})


def knock(host: str, port: int) -> None:
    """Open a connection and close it.

    Raises:
        DatabaseError: nobody answers.
    """
    _open(host, port).close()


def postgres_tls(host: str, port: int, authorities: str | None = None) -> Tls | None:
    """Ask a Postgres for TLS, as libpq does; None where it has none.

    Args:
        host: as the certificate should name it.
        port: of the server.
        authorities: a file of certificates to trust; None or "system" for this machine's.

    Raises:
        DatabaseError: it is no Postgres, or nobody answers.
    """
    try:
        with _asked(host, port) as plain:
            if plain is None:
                return None
            own = None if authorities == "system" else authorities
            context = ssl.create_default_context(cafile=own)
            with context.wrap_socket(plain, server_hostname=host) as checked:
                return Tls(checked.version() or "TLS", "", _ends(checked))
    except ssl.SSLCertVerificationError as error:
        problem = error.verify_message
    except (FileNotFoundError, ssl.SSLError):
        problem = f"{authorities} holds no certificates" if authorities else "TLS fails"
    return Tls(_unchecked_version(host, port), problem, None)


class _asked:  # noqa: N801  (used as a function)
    """A socket on which the server has agreed to TLS, or None."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = _open(host, port)
        self._name = f"{host}:{port}"

    def __enter__(self) -> socket.socket | None:
        try:
            self._socket.sendall(_SSL_REQUEST)
            answer = self._socket.recv(1)
        except OSError:
            answer = b""
        if answer == b"S":
            return self._socket
        self._socket.close()
        if answer == b"N":
            return None
        raise DatabaseError(
            f"{self._name} answers, but not as a Postgres does",
            hint="check host and port; a proxy or a firewall may answer in its place",
        )

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def _unchecked_version(host: str, port: int) -> str:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is sent
    try:
        with _asked(host, port) as plain:
            if plain is None:
                return "no TLS"
            with context.wrap_socket(plain, server_hostname=host) as unchecked:
                return unchecked.version() or "TLS"
    except (OSError, ssl.SSLError):
        return "TLS"


def _open(host: str, port: int) -> socket.socket:
    try:
        return socket.create_connection((host, port), timeout=SECONDS)
    except ConnectionRefusedError:
        raise DatabaseError(
            f"nothing listens on {host}:{port}",
            hint="is the server running, and is that its port?",
        ) from None
    except OSError as error:
        what = "does not answer" if isinstance(error, TimeoutError) else "cannot be reached"
        raise DatabaseError(
            f"{host}:{port} {what} ({SECONDS:.0f} s)",
            hint="a firewall? Azure: allow this machine's address, or use its private network",
        ) from None


def _ends(checked: ssl.SSLSocket) -> datetime | None:
    shown = (checked.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown)), UTC) if shown else None
