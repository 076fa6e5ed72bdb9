"""A cluster tree made by hand, and the contents of its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.clustering.tree import Cluster, ClusterTree, check_tree, lineage
from python_jobs.reporting.cluster_files.contents import (
    About,
    Contents,
    Evidence,
    Texts,
    contents,
)
from python_jobs.storage.job_inputs import ClusteredFeedback

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAVES = {"root.0.0": 4, "root.0.1": 3, "root.0.noise": 1, "root.1": 4, "root.noise": 2}
"""Texts by deepest path; the first text of each is said twice."""
MADE_AT = datetime(2026, 1, 31, 12, 30, 5, tzinfo=UTC)
ABOUT = About(MADE_AT, "umap-hdbscan", "a-model", 8, "local, keywords-and-medoid")

Make = Callable[..., Contents]


@pytest.fixture
def make() -> Make:
    """Contents from leaves; texts, names and ids can be replaced."""
    return make_contents


def make_contents(
    leaves: Mapping[str, int] = LEAVES,
    *,
    text: str = "text {}",
    name: str = "Name of {}",
    feedback_id: str = "F-{}",
    depth: int = 2,
) -> Contents:
    """Every `{}` is filled with the row, the path, or the number of the feedback."""
    labels = [path for path, count in leaves.items() for _ in range(count)]
    weights = np.ones(len(labels), dtype=np.int64)
    weights[[labels.index(path) for path in leaves]] = 2
    tree = make_tree(labels, weights, depth)
    hashes = [f"{row:064x}" for row in range(len(labels))]
    return contents(
        ABOUT,
        tree,
        Texts(hashes, [text.replace("{}", str(row)) for row in range(len(labels))], weights),
        {
            each.path: Evidence(
                name.replace("{}", each.path),
                () if each.is_noise else ("heel", "pain"),
                () if each.medoid is None else tuple(int(row) for row in tree.members(each.path)),
            )
            for each in tree.clusters
        },
        make_feedback(hashes, weights, feedback_id),
    )


def make_feedback(
    hashes: Sequence[str], weights: Sequence[int], feedback_id: str = "F-{}"
) -> list[ClusteredFeedback]:
    """One a day; every third has no rating, the others 1, 2, 4, 5, 1, …"""
    found: list[ClusteredFeedback] = []
    for content_hash, weight in zip(hashes, weights, strict=True):
        for _ in range(weight):
            at = len(found)
            found.append(
                ClusteredFeedback(
                    feedback_id.replace("{}", str(at)),
                    content_hash,
                    datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=at),
                    None if at % 3 == 2 else float(at % 5 + 1),
                )
            )
    return found


def make_tree(labels: Sequence[str], weights: np.ndarray, depth: int) -> ClusterTree:
    """A tree with these labels, its dots in one spot a leaf."""
    n = len(labels)
    names = np.array(labels, dtype=object)
    paths: dict[str, list[int]] = {}
    for row, label in enumerate(labels):
        for path in lineage(label):
            paths.setdefault(path, []).append(row)
    ordered = sorted(paths, key=_place)
    places = {label: at for at, label in enumerate(dict.fromkeys(labels))}
    is_noise = np.array([label.endswith("noise") for label in labels], dtype=bool)
    random = np.random.default_rng(7)
    spots = np.array([[3.0 * places[label], places[label] % 2] for label in labels])
    tree = ClusterTree(
        clusters=tuple(_cluster(path, paths[path], labels, weights) for path in ordered),
        labels=names,
        probabilities=np.where(is_noise, 0.0, 0.9).astype(np.float32),
        noise_score=np.full(n, 0.25, dtype=np.float32),
        coordinates=(spots.reshape(n, 2) + random.normal(0, 0.4, (n, 2))).astype(np.float32),
        parameters=ClusterParameters(recursive_depth=depth),
        effective={"method": "umap-hdbscan", "min_cluster_size": 5, "min_samples": 5},
        versions={"umap-learn": "0.5"},
        notes=("a note about this run",),
    )
    check_tree(tree, weights)
    return tree


def _place(path: str) -> list[int]:
    """Depth first, by number, noise last."""
    return [10_000 if part == "noise" else int(part) for part in path.split(".")[1:]]


def _cluster(path: str, rows: list[int], labels: Sequence[str], weights: np.ndarray) -> Cluster:
    is_noise = path.endswith("noise")
    return Cluster(
        path=path,
        parent_path=path.rpartition(".")[0],
        depth=path.count("."),
        size=int(weights[rows].sum()),
        count_members=len(rows),
        is_noise=is_noise,
        is_leaf=path in labels,
        persistence=None if is_noise else 0.5,
        medoid=None if is_noise else rows[0],
    )
