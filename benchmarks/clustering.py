"""Segment trees beside their peers: the same vectors, one run, each method in a process of its own.

    python -m benchmarks.clustering [--data ../shared/data] [--sets nhs clinc] [--rounds 2]
    python -m benchmarks.clustering --sets synthetic-50k synthetic-200k --methods graph

Data (not part of this repository; a set that is absent is left out and named): clinc150 and
nhs_fft, embedded with the local model and cached under `--cache`; a synthetic hierarchy of 20
themes of 15 topics each, 1536 dimensions.

"cold" is a new process: start, imports, compilation, clustering; "warm" is the same call again in
that process. CPU seconds count all threads and child processes. AMI and ARI are those of the
finest level against the fine labels and of level 1 against the coarse ones; noise is one more
cluster, and rows labelled `oos` are clustered but not scored. A row of several labels counts with
its first one. Methods are interleaved: every round runs each of them once.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Labels = NDArray[np.object_]
Levels = tuple[Labels, Labels]
"""(n,) level 1 and (n,) finest level, noise named like anything else."""

NEEDS = {"evoc": "evoc", "bertopic": "bertopic"}
FILES = {"clinc": "clinc150", "nhs": "nhs_fft"}
OUT_OF_SCOPE = "oos"


# --- methods -------------------------------------------------------------------------------


def baseline(vectors: NDArray[np.float32], weights: NDArray[np.int64]) -> Levels:
    """The recursion as everybody writes it: UMAP and HDBSCAN, then again in every cluster."""
    from hdbscan import HDBSCAN
    from umap import UMAP

    def divide(rows: NDArray[np.float32]) -> NDArray[np.int64]:
        plane = UMAP(n_neighbors=15, n_components=2, metric="cosine", random_state=42, n_jobs=1)
        found = HDBSCAN(min_cluster_size=smallest, core_dist_n_jobs=1)
        return np.asarray(found.fit_predict(plane.fit_transform(rows)))

    del weights
    smallest = min(100, max(5, round(0.01 * len(vectors))))
    top = divide(vectors)
    fine = top.astype(object)
    for one in sorted(set(top) - {-1}):
        inside = np.flatnonzero(top == one)
        if len(inside) > 2 * smallest:
            fine[inside] = [f"{one}.{part}" for part in divide(vectors[inside])]
    return top.astype(object), fine


def ours(method: str) -> Callable[[NDArray[np.float32], NDArray[np.int64]], Levels]:
    """A method of this project at its default options."""

    def run(vectors: NDArray[np.float32], weights: NDArray[np.int64]) -> Levels:
        if method == "graph":
            from python_jobs.clustering.graph.method import cluster
        else:
            from python_jobs.clustering.umap_hdbscan import cluster
        tree = cluster(vectors, weights=weights)
        return tree.labels_at(1), tree.labels_at(99)

    return run


def evoc(vectors: NDArray[np.float32], weights: NDArray[np.int64]) -> Levels:
    """EVoC's coarsest layer, and the one that it recommends (its finest is mostly noise)."""
    from evoc import EVoC

    del weights
    model = EVoC(random_state=42)
    model.fit(vectors)
    coarse = min(model.cluster_layers_, key=lambda layer: layer.max())
    return coarse.astype(object), np.asarray(model.labels_).astype(object)


def bertopic(vectors: NDArray[np.float32], weights: NDArray[np.int64]) -> Levels:
    """BERTopic's topics; it has no level 1."""
    from bertopic import BERTopic

    del weights
    smallest = min(100, max(5, round(0.01 * len(vectors))))
    model = BERTopic(min_topic_size=smallest, calculate_probabilities=False)
    words = ["some text"] * len(
        vectors
    )  # topics come from the vectors, only their names from words
    topics, _ = model.fit_transform(words, vectors)
    found = np.array(topics, dtype=object)
    return np.zeros(len(found), dtype=object), found


METHODS: dict[str, Callable[[NDArray[np.float32], NDArray[np.int64]], Levels]] = {
    "baseline": baseline,
    "umap-hdbscan": ours("umap-hdbscan"),
    "graph": ours("graph"),
    "evoc": evoc,
    "bertopic": bertopic,
}


# --- one method in a process of its own ------------------------------------------------------


def cpu_seconds() -> float:
    """Of this process and of those it waited for, from their start."""
    return sum(os.times()[:4])


def measure(name: str, folder: Path, is_warm: bool) -> dict[str, Any]:
    """Run a method cold, and warm if asked for; labels go to the folder."""
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    weights = np.load(folder / "weights.npy")
    started = time.perf_counter()
    top, fine = METHODS[name](vectors, weights)
    figures: dict[str, Any] = {"cold_wall": time.perf_counter() - started}
    figures["cold_cpu"] = cpu_seconds()
    figures["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    np.save(folder / f"{name}.npy", np.stack([top.astype(str), fine.astype(str)]))
    if is_warm:
        cpu, wall = cpu_seconds(), time.perf_counter()
        METHODS[name](vectors, weights)
        figures["warm_cpu"] = cpu_seconds() - cpu
        figures["warm_wall"] = time.perf_counter() - wall
    return figures


def measured_apart(name: str, folder: Path, is_warm: bool) -> dict[str, Any]:
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.clustering", "--child", name]
    command += ["--cache", str(folder), *(["--warm"] if is_warm else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or ["?"])[-1][:200]}
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


# --- data ------------------------------------------------------------------------------------


def prepare(name: str, data: Path, cache: Path) -> Path | None:
    """The folder of a set with vectors, weights, labels; None where its source is absent."""
    folder = cache / name
    if (folder / "labels.npy").exists():
        return folder
    if name.startswith("synthetic-"):
        folder.mkdir(parents=True, exist_ok=True)
        synthetic(folder, int(name.removeprefix("synthetic-").removesuffix("k")) * 1000)
        return folder
    source = data / FILES[name]
    if not source.is_dir():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    embed(folder, source)
    return folder


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def embed(folder: Path, source: Path) -> None:
    """Distinct texts (white space and case apart) in the order of their normalised text."""
    from python_jobs.providers.local import model

    records = [
        record for record in read(source / "feedback.csv") if record["feedback_text"].strip()
    ]
    if (source / "labels.csv").exists():
        by_id = {record["feedback_id"]: record for record in read(source / "labels.csv")}
        records = [record | by_id[record["feedback_id"]] for record in records]
    texts: dict[str, str] = {}
    keys = [" ".join(record["feedback_text"].split()).lower() for record in records]
    for key, record in zip(keys, records, strict=True):
        texts.setdefault(key, record["feedback_text"])
    place = {key: at for at, key in enumerate(sorted(texts))}
    rows = np.array([place[key] for key in keys])
    ordered = [texts[key] for key in sorted(texts)]
    loaded = model.load()
    parts = [loaded.embed(ordered[at : at + 256]) for at in range(0, len(ordered), 256)]
    np.save(folder / "vectors.npy", np.concatenate(parts).astype(np.float32))
    np.save(folder / "weights.npy", np.bincount(rows))
    np.save(folder / "rows.npy", rows)
    labels = [[record[level].split("|")[0] for record in records] for level in LEVELS]
    np.save(folder / "labels.npy", np.array(labels))


LEVELS = ("label_l1", "label_l2")


def synthetic(folder: Path, n: int, width: int = 1536) -> None:
    """Themes, topics within them, and more spread than either: nothing is trivially apart."""
    random = np.random.default_rng(0)
    themes = random.normal(size=(20, width))
    topics = random.normal(size=(20, 15, width)) * 0.7
    theme, topic = random.integers(0, 20, n), random.integers(0, 15, n)
    shape = (n, width)
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, shape)
    for start in range(0, n, 10_000):
        part = slice(start, start + 10_000)
        spread = random.normal(size=(len(theme[part]), width)) * 1.2
        vectors[part] = themes[theme[part]] + topics[theme[part], topic[part]] + spread
    vectors.flush()
    np.save(folder / "weights.npy", np.ones(n, dtype=np.int64))
    np.save(folder / "rows.npy", np.arange(n))
    np.save(folder / "labels.npy", np.array([theme, theme * 15 + topic]).astype(str))


# --- report ----------------------------------------------------------------------------------


def judge(folder: Path, name: str) -> str:
    """AMI/ARI of the finest level and of level 1, clusters, share clustered."""
    from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

    rows, truth = np.load(folder / "rows.npy"), np.load(folder / "labels.npy")
    top, fine = np.load(folder / f"{name}.npy")[:, rows]
    known = truth[0] != OUT_OF_SCOPE
    cells = []
    for labels, found in ((truth[1], fine), (truth[0], top)):
        pair = labels[known], found[known]
        cells.append(f"{adjusted_mutual_info_score(*pair):.3f}/{adjusted_rand_score(*pair):.3f}")
    is_noise = np.array([str(label).endswith(("noise", "-1")) for label in fine])
    proper = [
        {label for label in found if not label.endswith(("noise", "-1"))} for found in (fine, top)
    ]
    counts = f"{len(proper[0])} ({len(proper[1])})"
    return f"{cells[0]} | {cells[1]} | {counts} | {1 - is_noise.mean():.3f}"


def figures_of(runs: Sequence[dict[str, Any]]) -> str:
    keys = ("cold_cpu", "warm_cpu", "cold_wall", "warm_wall", "peak_gb")
    cells = []
    for key in keys:
        values = [run[key] for run in runs if key in run]
        cells.append(f"{min(values):.2f}" if values else "-")
    return " | ".join(cells)


def run_set(name: str, methods: Sequence[str], folder: Path, rounds: int) -> None:
    runs: dict[str, list[dict[str, Any]]] = {method: [] for method in methods}
    for at in range(rounds):
        for method in methods:
            runs[method].append(measured_apart(method, folder, is_warm=at == 0))
    n, width = np.load(folder / "vectors.npy", mmap_mode="r").shape
    print(f"\n### {name}: {n} distinct texts, {width} dimensions, best of {rounds}\n")
    print(
        "| method | CPU s cold | warm | wall s cold | warm | peak GB | finest AMI/ARI "
        "| level 1 AMI/ARI | clusters (level 1) | clustered |\n" + "|---" * 10 + "|"
    )
    for method in methods:
        failed = [run["failed"] for run in runs[method] if "failed" in run]
        rest = f"failed: {failed[0]}" if failed else figures_of(runs[method])
        print(f"| {method} | {rest}" + ("" if failed else f" | {judge(folder, method)}") + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir()) / "insights-bench"
    )
    parser.add_argument("--sets", nargs="+", default=["nhs", "clinc"])
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--warm", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(options.child, options.cache, options.warm)))
        return
    absent = [name for name in options.methods if name in NEEDS and not find_spec(NEEDS[name])]
    for name in absent:
        print(f"{name} is not installed: left out")
    methods = [name for name in options.methods if name not in absent]
    for name in options.sets:
        folder = prepare(name, options.data, options.cache)
        if folder is None:
            print(f"{name}: no {options.data / FILES[name]}: left out")
        else:
            run_set(name, methods, folder, options.rounds)


if __name__ == "__main__":
    main()
