"""Azurite, which speaks Azure's blob storage, for the real deployment script."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.fakes import npm
from tests.fakes.ports import served

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
    options = ["--silent", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck"]

    def told(port: int) -> list[str]:
        return [npm.node(), str(script), "--blobPort", str(port), *options]

    with served(told, _answers) as port:
        yield (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint=http://127.0.0.1:{port}/{ACCOUNT};"
        )


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
