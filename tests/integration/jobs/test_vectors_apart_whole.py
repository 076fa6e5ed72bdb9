"""From feedback to published marts, a search and an erasure, with the vectors in another database.

The warehouse has no pgvector: whatever asks it for vectors fails.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.jobs import runs
from python_jobs.jobs.assign import assign
from python_jobs.jobs.cluster import cluster
from python_jobs.jobs.embed import embed
from python_jobs.jobs.forget import forget
from python_jobs.jobs.index import build_index
from python_jobs.jobs.name import name
from python_jobs.jobs.pending import Selection
from python_jobs.jobs.report import report
from python_jobs.jobs.search import search
from python_jobs.jobs.tag import tag
from python_jobs.settings import Settings
from python_jobs.storage.job_inputs import Period
from tests.integration.dbt_builds import build
from tests.integration.jobs.conftest import TEXTS, query
from tests.integration.jobs.forgotten import ids
from tests.integration.vectors_apart import vectors_apart

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.storage.embedded import ServerInfo

pytestmark = pytest.mark.slow

DISTINCT = len({text.lower() for _, _, text in TEXTS})
STORED = "select count(*) from vector_store.embeddings"


def test_every_step(server: ServerInfo, staged_template: str, own_home: Path) -> None:
    # No other database is there: the warehouse has the name for which dbt has parsed its project.
    with vectors_apart(server, Settings(home=own_home), staged_template) as (both, store):
        assert embed(both, Selection(), provider="local").done == DISTINCT
        assert tag(both, Selection(), provider="local").done == DISTINCT
        until_june = Period(end=date(2026, 6, 30))
        parameters = ClusterParameters(method="graph", min_cluster_size=4)
        made = cluster(both, parameters, period=until_june)
        runs_of = query(store, "select distinct run_id from vector_store.cluster_centroids")
        assert runs_of == [(made.run_id,)]
        name(both, provider="local")
        runs.publish(both, None)
        assert assign(both, period=Period()).count_texts == 1  # what was said in July
        assert build_index(both)
        build(both)

        words = "the sole came off sole 5"
        found = search(both, words, limit=3)
        assert found[0].text.feedback_id == "sole-5-0"
        assert found[0].text.segments
        assert report(both)

        assert forget(both, ids("sole-5-0", "poison")).texts_gone == 2
        assert query(store, STORED) == [(DISTINCT - 2,)]
        left = {hit.text.feedback_id for hit in search(both, words, limit=DISTINCT)}
        assert left
        assert not {"sole-5-0", "poison"} & left
