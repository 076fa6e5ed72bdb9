"""Azurite, which speaks Azure's blob storage, for the real deployment script."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.fakes import npm
from tests.integration.conftest import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

AZURITE = "azurite@3.35.0"
# Published by Microsoft for the emulator, the same for everybody; it opens nothing else.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@pytest.fixture(scope="session")
def azurite() -> Iterator[str]:
    """The connection string of a running Azurite; skipped where npm cannot install it."""
    pytest.importorskip("azure.storage.blob", reason="azure-storage-blob is not installed")
    script = npm.installed(AZURITE) / "azurite" / "dist" / "src" / "blob" / "main.js"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--silent", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]
    process = subprocess.Popen(
        [npm.node(), str(script), "--blobPort", str(port), *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: _answers(port) or process.poll() is not None, "start of Azurite")
        assert process.poll() is None, f"Azurite ended with {process.returncode}"
        yield (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT};"
        )
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
