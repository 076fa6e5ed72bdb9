"""dbt's profile for the embedded server, so that `cd dbt_project && dbt build` just works."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from python_jobs.storage.embedded.account import Account, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.storage.embedded.server import ServerInfo

MARKER = "# written by `insights db start`;"
HEADER = f"""\
{MARKER} it holds a password, so keep it out of version control.
# Changes here are lost at the next start. Remove this line to keep them: the file is yours then.
#
"""


def write_profile(server: ServerInfo, example: Path, project: Path) -> bool:
    """Write ``profiles.yml`` into the dbt project, with the server as defaults of `local`.

    Args:
        server: the running server.
        example: profiles.yml.example.
        project: the dbt project's folder; dbt run there finds the file by itself.

    Returns:
        False where there is no dbt project, or a profile that somebody else wrote.
    """
    path = project / "profiles.yml"
    if not project.is_dir() or not example.is_file() or not _is_ours(path):
        return False
    text = HEADER + render(server, example.read_text(encoding="utf-8"))
    if path.exists() and path.read_text(encoding="utf-8") == text:
        path.chmod(0o600)
        return True
    owner = project.stat()
    write_file(
        path,
        text,
        Account(owner.st_uid, owner.st_gid, keeper=owner.st_uid, dropped=os.geteuid() == 0),
    )
    return True


def render(server: ServerInfo, example: str) -> str:
    """The example with the server's values as defaults in the target `local`."""
    values = {
        "INSIGHTS_PG_HOST": server.host,
        "INSIGHTS_PG_PORT": str(server.port),
        "INSIGHTS_PG_USER": server.user,
        "INSIGHTS_PG_PASSWORD": server.password.get_secret_value(),
        "INSIGHTS_PG_DATABASE": server.database,
    }
    before, local, after = _around_local(example)
    for name, value in values.items():
        # None of the values holds a backslash or a quote: the password is URL-safe base 64.
        local = re.sub(rf"(env_var\('{name}', ')[^']*'", rf"\g<1>{value}'", local)
    return before + local + after


def _around_local(example: str) -> tuple[str, str, str]:
    """The text before, of and after the target `local`."""
    found = re.search(r"^    local:\n(?:(?:      .*)?\n)*", example, re.MULTILINE)
    if not found:
        raise ValueError("profiles.yml.example has no target named local")
    return example[: found.start()], found.group(), example[found.end() :]


def _is_ours(path: Path) -> bool:
    if not path.exists():
        return True
    return path.read_text(encoding="utf-8", errors="replace").startswith(MARKER)
