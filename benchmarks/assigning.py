"""Does `insights cluster --mode assign` put texts back where a tree had them, and is drift told?

    python -m benchmarks.assigning [--data ../shared/data] [--sets nhs clinc]

Data and cache are those of `benchmarks.clustering`; at most 8,000 texts of a set.

"left out": each text of a tree placed by the others; how many come back to their level-1 cluster or
noise, how many of those placed both times, and the share that fits nowhere beside that of the
tree. "drift": a tree of four fifths drawn at random, and the other fifth assigned: no alarm is
right. Then (sets with a label `oos`) the same without out-of-scope texts in the tree, but among the
new; and without one coarse label in the tree, but 150 texts of it among the new: an alarm is right.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.clustering import OUT_OF_SCOPE, prepare
from python_jobs.clustering import methods
from python_jobs.clustering.assign import ROOT_NOISE, Members, calibrate, place
from python_jobs.clustering.drift import Added, drift
from python_jobs.clustering.parameters import ClusterParameters
from python_jobs.clustering.tree import lineage

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 8_000
NEW = 150
METHODS = ("graph", "umap-hdbscan")


def tops(labels: NDArray[Any]) -> NDArray[Any]:
    return np.array([lineage(label)[0] for label in labels], dtype=object)


def tree_of(vectors: NDArray[Any], method: Any) -> tuple[Members, int]:
    found = methods.cluster(vectors, ClusterParameters(method=method))
    members = Members(vectors, found.labels, found.coordinates)
    return members, int(found.effective["min_cluster_size"])


def left_out(name: str, vectors: NDArray[Any], method: str, folds: int = 50) -> None:
    """Fiftieths of the texts are placed by the others: near enough to one at a time."""
    members, _ = tree_of(vectors, method)
    rule = calibrate(members)
    placed = np.empty(len(members), dtype=object)
    for fold in range(folds):
        out = np.arange(len(members)) % folds == fold
        rest = Members(vectors[~out], members.labels[~out], members.coordinates[~out])
        placed[out] = place(vectors[out], rest, rule).labels
    same = tops(placed) == tops(members.labels)
    both = (placed != ROOT_NOISE) & (members.labels != ROOT_NOISE)
    print(
        f"{name} {method}: {same.mean():.3f} back at level 1, {same[both].mean():.3f} of those "
        f"placed both times; {np.mean(placed == ROOT_NOISE):.3f} fit nowhere, "
        f"{np.mean(members.labels == ROOT_NOISE):.3f} in the tree"
    )


def told(
    name: str, vectors: NDArray[Any], old: NDArray[Any], new: NDArray[Any], method: str
) -> None:
    members, smallest = tree_of(vectors[old], method)
    rule = calibrate(members)
    placed = place(vectors[new], members, rule)
    nowhere = int((placed.labels == ROOT_NOISE).sum())
    added = Added(len(new), nowhere, int((placed.noise_score > rule.far).sum()), 0)
    found = drift(added, rule, run_feedback=len(old), min_cluster_size=smallest)
    print(
        f"{name} {method}: {len(new)} to {len(old)}, {found.noise_share:.3f} fit nowhere "
        f"({found.expected_noise_share:.3f} expected), {found.far_share:.3f} far "
        f"({found.expected_far_share:.3f}): {'alarm' if found.reason else 'no alarm'}"
    )


def split(rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    at = len(rows) * 4 // 5
    return rows[:at], rows[at:]


def run_set(name: str, folder: Path, method: str) -> None:
    vectors = np.load(folder / "vectors.npy")
    order = np.random.default_rng(3).permutation(len(vectors))[:MOST]
    left_out(name, vectors[order], method)
    told(f"{name}, random fifth,", vectors, *split(order), method)
    coarse = np.empty(len(vectors), dtype=object)
    coarse[np.load(folder / "rows.npy")] = np.load(folder / "labels.npy", allow_pickle=True)[0]
    label = coarse[order]
    if OUT_OF_SCOPE not in label:
        return
    inside, alone = order[label != OUT_OF_SCOPE], order[label == OUT_OF_SCOPE]
    old, new = split(inside)
    told(f"{name}, out of scope,", vectors, old, np.concatenate([new, alone]), method)
    for unseen in sorted(set(coarse[inside]))[:3]:
        old, new = split(inside[coarse[inside] != unseen])
        added = inside[coarse[inside] == unseen][:NEW]
        told(f"{name}, new {unseen},", vectors, old, np.concatenate([new, added]), method)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "insights-bench"
    )
    parser.add_argument("--sets", nargs="+", default=["nhs", "clinc"])
    options = parser.parse_args()
    for name in options.sets:
        folder = prepare(name, options.data, options.cache)
        if folder is None:
            print(f"{name}: its data is not in {options.data}: left out")
            continue
        for method in METHODS:
            run_set(name, folder, method)


if __name__ == "__main__":
    main()
