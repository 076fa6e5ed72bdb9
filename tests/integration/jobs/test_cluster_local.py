"""`insights cluster --local` on a real database that refuses to be written to."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.errors import DatabaseError
from python_jobs.jobs.cluster import cluster
from python_jobs.jobs.cluster_local import cluster_local
from python_jobs.storage import results
from python_jobs.storage.connection import psycopg_connect
from python_jobs.storage.job_inputs import PendingText, Period
from python_jobs.storage.vectors import write_vectors
from python_jobs.storage.warehouse import Warehouse, native
from tests.integration.jobs.conftest import TEXTS, query

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.clustering.parameters import Method
    from python_jobs.settings import Settings

pytestmark = pytest.mark.slow

PARAMETERS = ClusterParameters(min_cluster_size=4, n_neighbors=5)
DISTINCT = len({text.lower() for _, _, text in TEXTS})


@pytest.fixture
def read_only(staged: Settings) -> Settings:
    """A database with a vector for every text, in which no transaction may write any more."""
    texts = query(
        staged,
        "select content_hash, min(canonical_feedback_id), min(canonical_text) "
        "from intermediate.int_feedback__deduplicated group by content_hash order by content_hash",
    )
    random = np.random.default_rng(5)
    topics = np.arange(len(texts)) % 4
    vectors = (3 * np.eye(8)[topics] + random.normal(0, 0.3, (len(texts), 8))).astype(np.float32)
    items = [PendingText(*row) for row in texts]
    with Warehouse(staged) as warehouse, warehouse.transaction() as connection:
        write_vectors(native(connection), [i.content_hash for i in items], vectors, model="m")
        results.record_embedded(
            connection,
            items,
            [None] * len(items),
            provider="test",
            model="m",
            dimensions=8,
            job_run_id="test",
        )
        results.activate_model(
            connection, results.ActiveModel("embedding", "test", "m", dimensions=8)
        )
    with psycopg_connect(staged) as connection:
        name = connection.info.dbname
    query(staged, f'alter database "{name}" set default_transaction_read_only = on')
    return staged


def assignments(folder: Path) -> list[dict[str, str]]:
    (path,) = folder.glob("cluster_assignments_*.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("method", ["umap-hdbscan", "graph"])
def test_it_reads_the_database_and_writes_files_only(
    read_only: Settings, tmp_path: Path, method: Method
) -> None:
    folder = tmp_path / "out"
    parameters = replace(PARAMETERS, method=method)
    found = cluster_local(read_only, parameters, period=Period(), output_dir=folder)
    assert f"method                {method}" in (folder / "summary_report.txt").read_text("utf-8")
    assert found.result.count_texts == DISTINCT
    assert found.result.count_feedback == len(TEXTS)
    assert found.result.count_clusters > 0
    assert sorted(folder.iterdir()) == sorted(found.files)
    rows = assignments(folder)
    assert sorted(row["feedback_id"] for row in rows) == sorted(row[0] for row in TEXTS)
    same = {row["cluster_path"] for row in rows if row["feedback_id"].startswith("same-")}
    assert len(same) == 1
    assert query(read_only, "select count(*) from customer_insights.cluster_runs") == [(0,)]

    # and it is the database that would have refused
    with pytest.raises(DatabaseError):
        cluster(read_only, PARAMETERS, period=Period())


def test_period_and_limit(read_only: Settings, tmp_path: Path) -> None:
    june = Period(date(2026, 6, 1), date(2026, 6, 30))
    in_june = sorted(row[0] for row in TEXTS if row[1].startswith("2026-06"))
    cluster_local(read_only, PARAMETERS, period=june, output_dir=tmp_path / "june")
    assert sorted(row["feedback_id"] for row in assignments(tmp_path / "june")) == in_june

    found = cluster_local(
        read_only, PARAMETERS, period=june, limit=1, output_dir=tmp_path / "latest"
    )
    assert found.result.count_texts == 1
    assert len(assignments(tmp_path / "latest")) == found.result.count_feedback
