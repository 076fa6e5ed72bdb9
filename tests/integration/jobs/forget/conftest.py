"""What erasure is tried on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.jobs.forgotten import pretend_jobs

if TYPE_CHECKING:
    from python_jobs.settings import Settings


@pytest.fixture
def worked(staged: Settings) -> Settings:
    """Every text has a vector, tags, a place in a published tree; one in three is an exemplar."""
    pretend_jobs(staged)
    return staged
