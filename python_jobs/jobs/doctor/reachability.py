"""The way to a server, step by step, so that a failure names the step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING

from python_jobs.jobs.doctor.check import Check, ok
from python_jobs.storage.inspection import reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from python_jobs.storage.target import Target

_CHECKED = {"verify-ca", "verify-full"}
SOON = timedelta(days=14)
"""A certificate that ends within it is worth a word."""


def way_to(name: str, host: str, port: int) -> Iterator[Check]:
    """Name and port of a server.

    Raises:
        DatabaseError: one of them leads nowhere.
    """
    addresses = reach.resolve(host)
    yield ok(f"{name}: name", f"{host} is {', '.join(addresses[:3])}")
    reach.knock(host, port)
    yield ok(f"{name}: port", f"{host}:{port} answers")


def way_to_postgres(name: str, where: Target) -> Iterator[Check]:
    """As `way_to`, and the server's certificate.

    Raises:
        DatabaseError: a step leads nowhere, or it is no Postgres.
    """
    if where.host.startswith("/"):
        yield ok(f"{name}: name", f"the socket in {where.host}")
        return
    yield from way_to(name, where.host, where.port)
    authorities = where.extra.get("sslrootcert")
    found = reach.postgres_tls(where.host, where.port, authorities)
    yield tls(f"{name}: encryption", where, found, is_near=is_near(where.host))


def tls(name: str, where: Target, found: reach.Tls | None, *, is_near: bool) -> Check:
    """What a server's TLS means under the `sslmode` that is configured."""
    mode, checks = where.sslmode, where.sslmode in _CHECKED
    better = f"{where.variable}: add ?sslmode=verify-full&sslrootcert=system"
    if found is None:
        if mode in {"require", *_CHECKED}:
            fix = "switch TLS on at the server (ssl = on)"
            return Check(name, "fail", f"sslmode={mode}, and the server has no TLS", fix)
        if is_near:
            return ok(name, "none; the server is on this machine")
        fix = "switch TLS on at the server (ssl = on), then sslmode=verify-full"
        return Check(name, "warn", "none: feedback travels in the open", fix)
    if found.problem:
        said = f"{found.version}, but the certificate is not trusted: {found.problem}"
        if checks:
            return Check(name, "fail", said, f"{where.variable}: sslrootcert=FILE of its authority")
        return Check(name, "ok" if is_near else "warn", said, "" if is_near else better)
    ends = found.ends
    if ends and ends - datetime.now(UTC) < SOON:
        return Check(name, "warn", f"the certificate ends on {ends:%Y-%m-%d}", "renew it")
    if not checks and not is_near:
        said = f"{found.version}, but nobody checks the certificate (sslmode={mode})"
        return Check(name, "warn", said, better)
    return ok(name, f"{found.version}, certificate trusted")


def is_near(host: str) -> bool:
    """Whether a server is on this machine, by its name or address."""
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
