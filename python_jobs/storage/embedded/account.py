"""Who owns the files, and as whom the server runs.

Postgres refuses to run as root. Started by root, it runs as an unprivileged account instead, and
a group id that nobody else has keeps other processes of that account away from its files.
"""

from __future__ import annotations

import errno
import os
import pwd
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from python_jobs.errors import ConfigurationError, DatabaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

# initdb looks its user up by name, so a number without an account will not do.
UNPRIVILEGED_NAMES = ("postgres", "nobody", "daemon")
# Without an entry in /etc/group, and in a range that neither Debian nor systemd hands out
# (systemd.io/UIDS-GIDS: 60706-61183 is unused).
PRIVATE_GID = 60985


class ProcessOptions(TypedDict, total=False):
    """What `subprocess` needs to run a program as somebody else."""

    user: int
    group: int
    extra_groups: Sequence[int]


@dataclass(frozen=True)
class Account:
    """The ids that the server runs with.

    Attributes:
        uid, gid: ids of the server process and the owner of its data.
        keeper: uid that owns the files beside the data (secrets, log, access rules).
        dropped: True where this process is root and has to step down to them.
    """

    uid: int
    gid: int
    keeper: int
    dropped: bool

    @property
    def process_options(self) -> ProcessOptions:
        """Keyword arguments for `subprocess` that run a program as this account."""
        if not self.dropped:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}


def account_for(base: Path) -> Account:
    """The account for the state in `base`: its owner, or an unprivileged one for root.

    Raises:
        DatabaseError: the state belongs to another user.
        ConfigurationError: root finds no unprivileged account.
    """
    uid = os.geteuid()
    owner = base.stat() if base.exists() else None
    if uid != 0:
        if owner and owner.st_uid != uid:
            raise DatabaseError(
                f"the embedded Postgres in {base} belongs to another user",
                hint="run as the user who made it, or set INSIGHTS_HOME to a folder of your own",
            )
        return Account(uid=uid, gid=os.getegid(), keeper=uid, dropped=False)
    if owner and owner.st_uid != 0:
        return Account(uid=owner.st_uid, gid=owner.st_gid, keeper=owner.st_uid, dropped=True)
    return Account(uid=_unprivileged_uid(), gid=PRIVATE_GID, keeper=0, dropped=True)


def _unprivileged_uid() -> int:
    for name in UNPRIVILEGED_NAMES:
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise ConfigurationError(
        "Postgres does not run as root, and there is no other account to run it as",
        hint="add one (useradd --system postgres), run as a plain user, "
        "or point INSIGHTS_DATABASE_URL at a server",
    )


def can_enter(folder: Path, account: Account) -> bool:
    """Whether the account can reach `folder` through all folders above it.

    Asked of the system itself, by trying it as that account: modes alone miss access lists.

    Raises:
        ConfigurationError: root of a user namespace that may not become anybody else.
    """
    try:
        attempt = subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)],
            cwd="/",
            check=False,
            capture_output=True,
            **account.process_options,
        )
    except (OSError, subprocess.SubprocessError):
        raise _cannot_become(account) from None
    return attempt.returncode == 0


def _cannot_become(account: Account) -> ConfigurationError:
    return ConfigurationError(
        f"Postgres does not run as root, and this root may not become user {account.uid}",
        hint="run as a plain user, or point INSIGHTS_DATABASE_URL at a server",
    )


def keeper_dir(folder: Path, account: Account) -> None:
    """Make `folder` for files beside the data: only its keeper and the server may enter.

    Raises:
        ConfigurationError: root of a user namespace that knows no other user.
    """
    folder.mkdir(exist_ok=True)
    if account.dropped:
        try:
            os.chown(folder, account.keeper, account.gid)
        except OSError as error:
            if error.errno == errno.EINVAL:
                raise _cannot_become(account) from None
            raise
    folder.chmod(0o710 if account.dropped and account.keeper == 0 else 0o700)


def server_dir(folder: Path, account: Account) -> None:
    """Make `folder` for the server's own files, closed to everybody else."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if account.dropped:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)


def write_file(path: Path, text: str, account: Account, *, for_server: bool = False) -> None:
    """Replace `path` in one step, so that a reader or a crash never meets half of it.

    Args:
        path: the file.
        text: its content.
        account: decides whose file it is.
        for_server: the server reads it too; otherwise the keeper alone may.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            if account.dropped:
                os.fchown(handle, account.keeper, account.gid)
            os.fchmod(handle, 0o640 if for_server and account.dropped else 0o600)
            file.write(text)
            file.flush()
            os.fsync(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
