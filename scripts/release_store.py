"""Releases in blob storage: immutable folders, and a pointer that names one of them.

    releases/<commit>/bootstrap.sh, customer-insights.zip, customer-insights.zip.sha256
    current.json

A release never changes once it is there. The pointer is the only blob that is overwritten, so
that a run sees one release or the other and never a mixture.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import ContentSettings

if TYPE_CHECKING:
    from pathlib import Path

    from azure.storage.blob import ContainerClient

POINTER = "current.json"
FOLDER = "releases"
BUNDLE, CHECKSUM, BOOTSTRAP = (
    "customer-insights.zip",
    "customer-insights.zip.sha256",
    "bootstrap.sh",
)
BUNDLE_NAME = re.compile(r"customer-insights-(?P<version>.+)-(?P<commit>[0-9a-f]{12})\.zip")


class ReleaseError(Exception):
    """What a person can mend: a message and what to do about it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True)
class Pointer:
    """What `current.json` says; Data Factory reads `commit`."""

    commit: str
    version: str
    sha256: str
    released_at: str


@dataclass(frozen=True)
class Release:
    """A release in the store; `released_at` is empty until it was first pointed at."""

    commit: str
    version: str
    sha256: str
    uploaded_at: str
    released_at: str


def upload(store: ContainerClient, bundle: Path, commit: str) -> Release:
    """Store the bundle, its checksum and the bootstrap beside it; the same again changes nothing.

    The checksum comes last: a release without it is not one.

    Raises:
        ReleaseError: a file is missing or damaged, or another bundle is there under this commit.
    """
    named = BUNDLE_NAME.fullmatch(bundle.name)
    if not named or not commit.startswith(named["commit"]):
        raise ReleaseError(
            f"{bundle.name} is not the bundle of commit {commit}",
            "build it from that commit: make bundle",
        )
    content = _read(bundle)
    sha256 = hashlib.sha256(content).hexdigest()
    if _read(bundle.with_name(f"{bundle.name}.sha256")).split()[:1] != [sha256.encode()]:
        raise ReleaseError(f"{bundle.name} does not match its checksum", "make bundle")
    _put_once(store, commit, BUNDLE, content, "application/zip")
    _put_once(store, commit, BOOTSTRAP, _read(bundle.with_name(BOOTSTRAP)), "text/x-shellscript")
    metadata = {
        "version": named["version"],
        "sha256": sha256,
        "uploaded_at": _now(),
    }
    line = f"{sha256}  {BUNDLE}\n".encode()
    _put_once(store, commit, CHECKSUM, line, "text/plain", metadata)
    return verify(store, commit)


def verify(store: ContainerClient, commit: str) -> Release:
    """The release, if what is stored is what was built.

    Raises:
        ReleaseError: there is no such release, or a file is missing or damaged.
    """
    release = find(store, commit)
    digest = hashlib.sha256()
    try:
        for chunk in store.download_blob(_path(commit, BUNDLE)).chunks():
            digest.update(chunk)
        store.get_blob_client(_path(commit, BOOTSTRAP)).get_blob_properties()
    except ResourceNotFoundError:
        raise ReleaseError(f"release {commit} is not whole", "upload it again") from None
    if digest.hexdigest() != release.sha256:
        raise ReleaseError(f"release {commit} is damaged", "switch to another one; see `list`")
    return release


def switch(store: ContainerClient, commit: str) -> Pointer:
    """Point the pipelines at a release that is whole. Runs under way keep theirs.

    Raises:
        ReleaseError: the release is not there or not whole, or somebody else switched meanwhile.
    """
    release = verify(store, commit)
    _, etag = current(store)
    pointer = Pointer(commit, release.version, release.sha256, _now())
    condition: dict[str, Any] = (
        {"overwrite": True, "etag": etag, "match_condition": MatchConditions.IfNotModified}
        if etag
        else {"overwrite": False}
    )
    try:
        store.upload_blob(
            POINTER,
            json.dumps(asdict(pointer), indent=1) + "\n",
            content_settings=ContentSettings(content_type="application/json"),
            **condition,
        )
    except (ResourceModifiedError, ResourceExistsError):
        raise ReleaseError(
            "somebody else switched the pointer meanwhile", "look at `list`, then decide again"
        ) from None
    if not release.released_at:  # kept from the first time: it is the order that rollback follows
        blob = store.get_blob_client(_path(commit, CHECKSUM))
        known = blob.get_blob_properties().metadata
        blob.set_blob_metadata({**known, "released_at": pointer.released_at})
    return pointer


def rollback(store: ContainerClient, commit: str | None = None) -> Pointer:
    """Point back at a release: the one named, else the last one that was live before this one.

    Raises:
        ReleaseError: there is none, or it was never live.
    """
    now, _ = current(store)
    if now is None:
        raise ReleaseError("nothing is released yet", "upload and switch first")
    live = sorted(
        (release for release in releases(store) if release.released_at),
        key=lambda release: release.released_at,
    )
    if commit is None:
        since = find(store, now.commit).released_at or now.released_at
        before = [release.commit for release in live if release.released_at < since]
        if not before:
            raise ReleaseError("no release was live before this one", "name one; see `list`")
        commit = before[-1]
    elif commit not in {release.commit for release in live}:
        raise ReleaseError(f"release {commit} was never live", "see `list`; `switch` takes any")
    return switch(store, commit)


def current(store: ContainerClient) -> tuple[Pointer | None, str | None]:
    """What the pipelines are pointed at, and the version of the pointer; None before the first."""
    try:
        answer = store.download_blob(POINTER)
    except ResourceNotFoundError:
        return None, None
    return Pointer(**json.loads(answer.readall())), answer.properties.etag


def find(store: ContainerClient, commit: str) -> Release:
    """The release of this commit.

    Raises:
        ReleaseError: there is none.
    """
    try:
        blob = store.get_blob_client(_path(commit, CHECKSUM)).get_blob_properties()
    except ResourceNotFoundError:
        raise ReleaseError(f"there is no release {commit}", "see `list`") from None
    return _release(commit, blob.metadata)


def releases(store: ContainerClient) -> list[Release]:
    """All of them, oldest first."""
    found = [
        _release(blob.name.split("/")[1], blob.metadata or {})
        for blob in store.list_blobs(name_starts_with=f"{FOLDER}/", include=["metadata"])
        if blob.name.endswith(f"/{CHECKSUM}")
    ]
    return sorted(found, key=lambda release: release.uploaded_at)


def _release(commit: str, metadata: dict[str, str]) -> Release:
    return Release(
        commit=commit,
        version=metadata.get("version", ""),
        sha256=metadata.get("sha256", ""),
        uploaded_at=metadata.get("uploaded_at", ""),
        released_at=metadata.get("released_at", ""),
    )


def _put_once(
    store: ContainerClient,
    commit: str,
    name: str,
    content: bytes,
    content_type: str,
    metadata: dict[str, str] | None = None,
) -> None:
    try:
        store.upload_blob(
            _path(commit, name),
            content,
            overwrite=False,
            metadata=metadata,
            content_settings=ContentSettings(content_type=content_type),
        )
    except ResourceExistsError:
        if store.download_blob(_path(commit, name)).readall() != content:
            raise ReleaseError(
                f"release {commit} has another {name} already",
                "a release never changes: build from a clean checkout, or commit and release that",
            ) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise ReleaseError(f"no file {path}", "make bundle writes it") from None


def _path(commit: str, name: str) -> str:
    return f"{FOLDER}/{commit}/{name}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
