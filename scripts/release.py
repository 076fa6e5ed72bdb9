"""Put a bundle into blob storage under its commit, point the pipelines at it, and point them back.

    python scripts/release.py upload dist/customer-insights-0.1.0-1234567890ab.zip --commit SHA
    python scripts/release.py switch SHA
    python scripts/release.py rollback [SHA]
    python scripts/release.py list

Where: `--account-url`, or `INSIGHTS_RELEASE_ACCOUNT_URL`; who: whoever is signed in (in GitHub
Actions by OIDC, on a machine by `az login`). `AZURE_STORAGE_CONNECTION_STRING` is for the emulator.
Runs from any Python that has azure-identity and azure-storage-blob: nothing else is imported.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.storage.blob import BlobServiceClient, ContainerClient
from release_store import ReleaseError, current, releases, rollback, switch, upload

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTAINER = "releases"
COMMIT = re.compile(r"[0-9a-f]{40}")


def connect(account_url: str | None, container: str) -> ContainerClient:
    """The container of releases.

    Raises:
        ReleaseError: nobody said where it is.
    """
    emulator = os.environ.get("AZURE_STORAGE_CONNECTION_STRING")
    if emulator and not account_url:
        return BlobServiceClient.from_connection_string(emulator).get_container_client(container)
    if not account_url:
        raise ReleaseError(
            "where are the releases?",
            "--account-url https://NAME.blob.core.windows.net, or INSIGHTS_RELEASE_ACCOUNT_URL",
        )
    from azure.identity import DefaultAzureCredential

    return ContainerClient(account_url, container, credential=DefaultAzureCredential())


def _commit(text: str) -> str:
    if not COMMIT.fullmatch(text):
        raise argparse.ArgumentTypeError("a commit is named in full: 40 hexadecimal digits")
    return text


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="release.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--account-url", default=os.environ.get("INSIGHTS_RELEASE_ACCOUNT_URL"))
    parser.add_argument("--container", default=CONTAINER)
    does = parser.add_subparsers(dest="does", required=True)
    uploading = does.add_parser("upload", help="store a bundle under its commit")
    uploading.add_argument("bundle", type=Path)
    uploading.add_argument("--commit", type=_commit, required=True)
    does.add_parser("switch", help="point the pipelines at it").add_argument("commit", type=_commit)
    back = does.add_parser("rollback", help="point them back: at COMMIT, else at the one before")
    back.add_argument("commit", type=_commit, nargs="?")
    does.add_parser("list", help="all releases, oldest first; the current one has a star")
    return parser.parse_args(arguments)


def _do(given: argparse.Namespace) -> None:
    store = connect(given.account_url, given.container)
    if given.does == "upload":
        print(json.dumps(asdict(upload(store, given.bundle, given.commit))))
    elif given.does == "switch":
        print(json.dumps(asdict(switch(store, given.commit))))
    elif given.does == "rollback":
        print(json.dumps(asdict(rollback(store, given.commit))))
    else:
        pointer, _ = current(store)
        for release in releases(store):
            star = "*" if pointer and pointer.commit == release.commit else " "
            live = release.released_at or "never live"
            print(f"{star} {release.commit}  {release.version}  {release.uploaded_at}  {live}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; what Azure says comes out without a traceback."""
    try:
        _do(_arguments(arguments))
    except ReleaseError as error:
        message, hint = error.message, error.hint
    except ClientAuthenticationError:
        message, hint = "Azure does not let us in", "az login, or see the federated credential"
    except HttpResponseError as error:
        code = getattr(error, "error_code", None) or error.reason
        message = f"the blob storage refused: {error.status_code} {code}"
        hint = "is the role 'Storage Blob Data Contributor' on this container assigned?"
    except AzureError as error:
        message, hint = f"no answer from the blob storage: {type(error).__name__}", "try again"
    else:
        return 0
    print(f"error: {message}\nfix:   {hint}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
