"""Texts a second of the local embedding model, on the demo's feedback.

    python benchmarks/local_embedding.py [--texts 2000] [--batch-size 100]

The peer is the same model asked for one text at a time, on fewer texts in the same run. Needs the
extra `local`; no database, no network.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

from python_jobs.providers.local.embedder import LocalEmbedder
from python_jobs.settings import Settings

DEMO = Path(__file__).resolve().parent.parent / "demo" / "feedback.csv"


def demo_texts(count: int) -> list[str]:
    """Distinct texts of the demo; over and over, numbered, where more are asked for."""
    with DEMO.open(encoding="utf-8", newline="") as file:
        texts = list(dict.fromkeys(row["feedback_text"] for row in csv.DictReader(file)))
    texts = [text for text in texts if text.strip()]
    rounds = -(-count // len(texts))
    return [f"{text} {again or ''}".strip() for again in range(rounds) for text in texts][:count]


def rate(embedder: LocalEmbedder, texts: list[str], size: int) -> float:
    """Embed in batches; texts a second."""
    started = time.perf_counter()
    for start in range(0, len(texts), size):
        embedder.embed_batch(texts[start : start + size])
    return len(texts) / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=2_000)
    parser.add_argument("--batch-size", type=int, default=100)
    options = parser.parse_args()
    started = time.perf_counter()
    embedder = LocalEmbedder(Settings())
    embedder.embed_batch(["the first call"])
    print(f"{embedder.model}: ready in {time.perf_counter() - started:.1f} s")
    texts = demo_texts(options.texts)
    characters = sum(map(len, texts)) / len(texts)
    batched = rate(embedder, texts, options.batch_size)
    single = rate(embedder, texts[: len(texts) // 4], 1)
    print(
        f"{len(texts):,} texts of {characters:.0f} characters: {batched:,.0f} texts/s in batches "
        f"of {options.batch_size}, {single:,.0f} one at a time ({batched / single:.1f} times)"
    )


if __name__ == "__main__":
    main()
