"""From feedback to published marts, a search and an erasure, with the vectors in another database.

The warehouse has no pgvector: whatever asks it for vectors fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.jobs import runs
from python_jobs.jobs.assign import assign
from python_jobs.jobs.cluster import cluster
from python_jobs.jobs.embed import embed
from python_jobs.jobs.forget import forget
from python_jobs.jobs.gate import judge_candidate
from python_jobs.jobs.index import build_index
from python_jobs.jobs.load import load
from python_jobs.jobs.name import name
from python_jobs.jobs.pending import Selection
from python_jobs.jobs.report import report
from python_jobs.jobs.search import search
from python_jobs.jobs.tag import tag
from python_jobs.storage.job_inputs import Period
from tests.integration.dbt_builds import build, build_and_test
from tests.integration.jobs.conftest import TEXTS, query
from tests.integration.jobs.forgotten import ids, write
from tests.integration.vectors_apart import vectors_apart

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings
    from python_jobs.storage.embedded import ServerInfo

pytestmark = pytest.mark.slow

DISTINCT = len({text.lower() for _, _, text in TEXTS})
STORED = "select count(*) from vector_store.embeddings"


def test_every_step(
    server: ServerInfo, staged_template: str, settings: Settings, tmp_path: Path
) -> None:
    with vectors_apart(server, settings, staged_template) as (both, store):
        assert embed(both, Selection(), provider="local").done == DISTINCT
        assert tag(both, Selection(), provider="local").done == DISTINCT
        parameters = ClusterParameters(method="graph", min_cluster_size=4)
        result = cluster(both, parameters, period=Period())
        assert query(store, "select distinct run_id from vector_store.cluster_centroids") == [
            (result.run_id,)
        ]
        name(both, provider="local")
        judge_candidate(both)
        assert runs.list_runs(both)[0].status == "published"
        assert build_index(both)

        file = write(
            tmp_path / "more.csv",
            ("feedback_id", "created_at", "feedback_text"),
            ("late-1", "2026-08-01T00:00:00Z", "the parcel came late delivery again"),
        )
        load(both, file)
        build(both)
        assert embed(both, Selection(), provider="local").done == 1
        assert assign(both, period=Period()).count_texts == 1
        build_and_test(both)

        found = search(both, "parcel came late", limit=3)
        assert "late-1" in {hit.text.feedback_id for hit in found}
        assert all(hit.text.segments for hit in found)
        assert report(both)
        assert query(store, STORED) == [(DISTINCT + 1,)]

        assert forget(both, ids("late-1", "sole-5-0")).texts_gone == 2
        assert query(store, STORED) == [(DISTINCT - 1,)]
        build_and_test(both)
        assert "late-1" not in {
            hit.text.feedback_id for hit in search(both, "parcel came late", limit=3)
        }
