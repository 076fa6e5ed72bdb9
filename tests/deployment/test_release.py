"""Upload, pointer switch and rollback by the deployment script, against Azurite."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

pytest.importorskip("azure.storage.blob", reason="azure-storage-blob is not installed")

import release_store
from azure.storage.blob import BlobServiceClient
from release_store import ReleaseError

if TYPE_CHECKING:
    from azure.storage.blob import ContainerClient

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "release.py"
FIRST, SECOND, THIRD = ("1" * 40, "2" * 40, "3" * 40)

pytestmark = pytest.mark.slow


@pytest.fixture
def store(azurite: str) -> ContainerClient:
    service = BlobServiceClient.from_connection_string(azurite)
    return service.create_container(f"releases-{uuid4().hex[:8]}")


def bundle(folder: Path, commit: str, content: bytes = b"") -> Path:
    """What `make bundle` writes."""
    where = folder / commit[:12]
    where.mkdir(exist_ok=True)
    path = where / f"customer-insights-0.1.0-{commit[:12]}.zip"
    path.write_bytes(content or f"the code of {commit}".encode())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (where / f"{path.name}.sha256").write_text(f"{digest}  {path.name}\n")
    (where / "bootstrap.sh").write_text("#!/usr/bin/env bash\necho hello\n")
    return path


def released(store: ContainerClient, folder: Path, *commits: str) -> None:
    for commit in commits:
        release_store.upload(store, bundle(folder, commit), commit)
        release_store.switch(store, commit)


def names(store: ContainerClient) -> set[str]:
    return set(store.list_blob_names())


def pointer(store: ContainerClient) -> dict[str, Any]:
    return json.loads(store.download_blob("current.json").readall())  # type: ignore[no-any-return]


def test_from_upload_to_rollback_by_the_script(
    azurite: str, store: ContainerClient, tmp_path: Path
) -> None:
    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, SCRIPT, "--container", store.container_name, *arguments]
        environment = {
            "AZURE_STORAGE_CONNECTION_STRING": azurite,
            "PYTHONPATH": ":".join(sys.path),
        }
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    for commit in (FIRST, SECOND):
        assert run("upload", bundle(tmp_path, commit), "--commit", commit).returncode == 0
        switched = run("switch", commit)
        assert switched.returncode == 0, switched.stderr
        assert pointer(store) == json.loads(switched.stdout)

    assert set(pointer(store)) == {"commit", "version", "sha256", "released_at"}
    assert pointer(store)["commit"] == SECOND
    assert names(store) == {
        "current.json",
        *(
            f"releases/{commit}/{name}"
            for commit in (FIRST, SECOND)
            for name in ("bootstrap.sh", "customer-insights.zip", "customer-insights.zip.sha256")
        ),
    }

    assert run("rollback").returncode == 0
    assert pointer(store)["commit"] == FIRST
    listed = run("list").stdout.splitlines()
    assert [line[:42] for line in listed] == [f"* {FIRST}", f"  {SECOND}"]

    none = run("rollback")
    assert none.returncode == 1
    assert none.stderr.startswith("error: no release was live before this one\nfix:")
    assert run("switch", "main").returncode == 2
    assert azurite.split("AccountKey=")[1][:20] not in none.stdout + none.stderr


def test_the_checksum_holds_for_the_name_in_the_store(
    store: ContainerClient, tmp_path: Path
) -> None:
    released(store, tmp_path, FIRST)
    folder = tmp_path / "task"
    folder.mkdir()
    for name in names(store) - {"current.json"}:
        (folder / name.rsplit("/", 1)[1]).write_bytes(store.download_blob(name).readall())
    check = ["sha256sum", "--check", "customer-insights.zip.sha256"]
    assert subprocess.run(check, cwd=folder, check=False, capture_output=True).returncode == 0


def test_a_release_never_changes(store: ContainerClient, tmp_path: Path) -> None:
    first = release_store.upload(store, bundle(tmp_path, FIRST), FIRST)
    assert release_store.upload(store, bundle(tmp_path, FIRST), FIRST) == first
    with pytest.raises(ReleaseError, match="another customer-insights"):
        release_store.upload(store, bundle(tmp_path, FIRST, b"something else"), FIRST)
    assert release_store.verify(store, FIRST) == first


def test_a_bundle_of_another_commit_or_a_damaged_one_is_not_uploaded(
    store: ContainerClient, tmp_path: Path
) -> None:
    with pytest.raises(ReleaseError, match="not the bundle of commit"):
        release_store.upload(store, bundle(tmp_path, FIRST), SECOND)
    path = bundle(tmp_path, FIRST)
    path.write_bytes(b"cut off")
    with pytest.raises(ReleaseError, match="checksum"):
        release_store.upload(store, path, FIRST)
    assert names(store) == set()


@pytest.mark.parametrize("damage", ["zip", "bootstrap", "checksum", "content"])
def test_the_pointer_never_leads_to_a_release_that_is_not_whole(
    store: ContainerClient, tmp_path: Path, damage: str
) -> None:
    released(store, tmp_path, FIRST)
    release_store.upload(store, bundle(tmp_path, SECOND), SECOND)
    folder = f"releases/{SECOND}"
    if damage == "content":
        store.upload_blob(f"{folder}/customer-insights.zip", b"other bytes", overwrite=True)
    else:
        suffix = {
            "zip": "customer-insights.zip",
            "bootstrap": "bootstrap.sh",
            "checksum": "customer-insights.zip.sha256",
        }[damage]
        store.delete_blob(f"{folder}/{suffix}")
    with pytest.raises(ReleaseError):
        release_store.switch(store, SECOND)
    assert pointer(store)["commit"] == FIRST


def test_of_two_switches_at_once_one_is_told(
    store: ContainerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(store, tmp_path, FIRST)
    for commit in (SECOND, THIRD):
        release_store.upload(store, bundle(tmp_path, commit), commit)
    read = release_store.current

    def slow(container: ContainerClient) -> Any:
        found = read(container)
        monkeypatch.setattr(release_store, "current", read)
        release_store.switch(container, THIRD)
        return found

    monkeypatch.setattr(release_store, "current", slow)
    with pytest.raises(ReleaseError, match="meanwhile"):
        release_store.switch(store, SECOND)
    assert pointer(store)["commit"] == THIRD
    assert not release_store.find(store, SECOND).released_at


def test_rollback_goes_back_step_by_step_past_what_was_never_live(
    store: ContainerClient, tmp_path: Path
) -> None:
    released(store, tmp_path, FIRST)
    release_store.upload(store, bundle(tmp_path, SECOND), SECOND)  # its deployment failed
    released(store, tmp_path, THIRD)
    with pytest.raises(ReleaseError, match="never live"):
        release_store.rollback(store, SECOND)
    assert release_store.rollback(store).commit == FIRST
    assert release_store.rollback(store, THIRD).commit == THIRD
    assert release_store.rollback(store).commit == FIRST


def test_nothing_released_yet(store: ContainerClient) -> None:
    with pytest.raises(ReleaseError, match="nothing is released"):
        release_store.rollback(store)
    with pytest.raises(ReleaseError, match="no release"):
        release_store.switch(store, FIRST)
