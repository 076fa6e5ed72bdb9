"""Requests and wall time of embedding 10,000 texts against a server that takes 200 ms to answer.

    python benchmarks/model_requests.py [--items 10000] [--latency 0.2] [--peer-items 500]

Three rounds, of which the fastest counts.

The real client against the project's own small server on loopback, which runs as a process of
its own and has its answers ready, with vectors of 1,536 dimensions. Beside it:

- the peer: one text a request with the same client and the same workers, measured on
  `--peer-items` texts and extrapolated;
- the ideal: requests x latency / workers, a client that costs nothing.

Not named `requests.py`: that would hide the library of that name from every script beside it.
"""

from __future__ import annotations

import argparse
import base64
import json
import math
import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from python_jobs.providers.openai.embedder import OpenAIEmbedder
from python_jobs.settings import Settings
from tests.fakes.faults import Reply
from tests.fakes.openai_server import FakeOpenAI, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DIMENSIONS = 1536
WORDS = [
    *("sole", "came", "off", "after", "a", "week", "of", "rain", "but", "the", "grip", "is"),
    *("great", "size", "runs", "small", "heel", "rubs"),
]


@dataclass(frozen=True)
class Measured:
    """What a run took."""

    items: int
    requests: int
    seconds: float
    cpu_seconds: float


def texts(count: int) -> list[str]:
    """Distinct texts of 5 to 60 words."""
    chance = random.Random(7)
    return [f"{n} {' '.join(chance.choices(WORDS, k=chance.randint(5, 60)))}" for n in range(count)]


class Ready(FakeOpenAI):
    """The server with its answers written beforehand: nothing but the latency takes time."""

    def __init__(self, latency: float) -> None:
        super().__init__(latency=latency)
        chance = np.random.default_rng(7)
        made = chance.standard_normal((64, DIMENSIONS)).astype(np.float32)
        self._vectors = [base64.b64encode(vector.tobytes()).decode() for vector in made]
        self._written: dict[int, bytes] = {}

    def prepare(self, count: int) -> bytes:
        """The body of an answer with so many vectors."""
        if count not in self._written:
            rows = [{"index": n, "embedding": self._vectors[n % 64]} for n in range(count)]
            answer = {"data": rows, "usage": {"prompt_tokens": 30 * count}}
            self._written[count] = json.dumps(answer).encode()
        return self._written[count]

    def answer(self, request: Request) -> Reply:
        """Wait, then answer."""
        time.sleep(self.latency)
        return Reply(200, self.prepare(len(request.body["input"])))


def serve(latency: float, batch_size: int) -> None:
    """Serve until the process is ended."""
    server = Ready(latency)
    server.prepare(batch_size)
    server.prepare(1)
    print(server.url, flush=True)
    server.serve_forever()


def run(embedder: OpenAIEmbedder, batches: Iterator[Sequence[str]], workers: int) -> Measured:
    """Embed the batches, `workers` at a time, as the jobs do."""
    start, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(workers) as pool:
        answers = list(pool.map(embedder.embed_batch, batches))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    vectors = sum(len(answer.vectors) for answer in answers)
    return Measured(vectors, sum(answer.usage.requests for answer in answers), seconds, cpu)


def warm_up(embedder: OpenAIEmbedder, workers: int) -> None:
    """Open the connections and load the tokenizer, which a job does once for its hours."""
    run(embedder, iter([["warm"]] * workers * 2), workers)


def report(batched: Measured, single: Measured, options: argparse.Namespace) -> None:
    """Print the figures."""
    factor = options.items / single.items
    requests, seconds = round(single.requests * factor), single.seconds * factor
    waves = math.ceil(batched.requests / options.workers)
    ideal = batched.requests * options.latency / options.workers
    print(
        f"{options.items} texts, {options.workers} workers, {options.latency * 1000:g} ms a request"
    )
    print(f"{'':26}{'requests':>10}{'seconds':>10}{'texts/s':>10}")
    rows = [
        (f"batches of {options.batch_size}", batched.requests, batched.seconds),
        ("one text a request *", requests, seconds),
        ("ideal for these requests", batched.requests, ideal),
    ]
    for name, count, took in rows:
        print(f"{name:26}{count:>10}{took:>10.2f}{options.items / took:>10.0f}")
    print(f"* measured on {single.items} texts in {single.seconds:.2f} s, extrapolated")
    print(f"requests: {requests / batched.requests:.0f} times fewer (aim: 20)")
    print(f"wall time: {seconds / batched.seconds:.0f} times less")
    print(f"of the ideal: {ideal / batched.seconds:.1%} (aim: 95%)")
    own = batched.cpu_seconds / batched.requests * 1000
    over = (batched.seconds - ideal) / waves * 1000
    print(f"over the ideal: {over:.1f} ms for each {options.workers} requests; the client's own")
    print(f"work (JSON, base64, checks) is {own:.1f} ms of processor time a request, in which the")
    print(f"threads take turns; load of this machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--peer-items", type=int, default=500)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds")
    parser.add_argument("--workers", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3, help="the fastest one counts")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.latency, options.batch_size)
        return
    command = [sys.executable, __file__, "--serve", "--latency", str(options.latency)]
    command += ["--batch-size", str(options.batch_size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            embedder = OpenAIEmbedder(Settings(openai_api_key="sk-benchmark", openai_base_url=url))
            feedback = texts(options.items)
            warm_up(embedder, options.workers)
            rounds = [
                run(embedder, embedder.batches(feedback, str, options.batch_size), options.workers)
                for _ in range(options.rounds)
            ]
            batched = min(rounds, key=lambda measured: measured.seconds)
            single = run(
                embedder, ([text] for text in feedback[: options.peer_items]), options.workers
            )
            embedder.close()
        finally:
            server.terminate()
    report(batched, single, options)


if __name__ == "__main__":
    main()
