"""Facts of a run that its steps leave in dbt's artifacts and in the database."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from python_jobs import __version__
from python_jobs.errors import DatabaseError
from python_jobs.jobs.pipeline.state import RUN_RESULTS
from python_jobs.jobs.runs import list_runs
from python_jobs.settings import project_root

if TYPE_CHECKING:
    from pathlib import Path

    from python_jobs.settings import Settings
    from python_jobs.storage.cluster_runs import RunSummary


def release() -> str:
    """The version of this code, with the commit where it runs from a bundle."""
    try:
        facts = json.loads((project_root() / "BUNDLE.json").read_text(encoding="utf-8"))
        return f"{facts['version']}+{facts['commit'][:12]}"
    except (OSError, ValueError, KeyError):
        return __version__


def counts_of_dbt(target_dir: Path, since: datetime) -> dict[str, int]:
    """How many models, seeds and tests ended how in the dbt command that ended since a moment."""
    file = target_dir / RUN_RESULTS
    try:
        if file.stat().st_mtime < since.timestamp():
            return {}
        results = json.loads(file.read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError, KeyError):
        return {}
    return dict(sorted(Counter(str(each["status"]) for each in results).items()))


def is_published(settings: Settings) -> bool:
    """Whether the marts show a cluster run.

    Raises:
        DatabaseError: nobody knows: not to be taken for a no.
    """
    return any(run.status == "published" for run in list_runs(settings))


def cluster_run(settings: Settings, since: str | None = None) -> dict[str, Any] | None:
    """The cluster run that was made since a moment, else the published one; None without one.

    Args:
        settings: for the database.
        since: ISO 8601; None asks for the published one only.
    """
    try:
        runs = list_runs(settings)
    except DatabaseError:
        return None
    latest = [run for run in runs if since and run.created_at >= datetime.fromisoformat(since)]
    published = [run for run in runs if run.status == "published"]
    return _described((latest or published)[0]) if latest or published else None


def _described(run: RunSummary) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "status": run.status,
        "reason": run.status_reason,
        "count_feedback": run.count_feedback,
        "count_texts": run.count_texts,
        "count_clusters": run.count_clusters,
        "noise_share": run.noise_share,
        "published_at": run.published_at.isoformat() if run.published_at else None,
    }
