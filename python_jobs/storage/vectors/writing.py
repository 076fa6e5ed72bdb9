"""Vectors in, by binary COPY: memory bounded whatever their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import psycopg
from pgvector import Vector
from psycopg import sql

from python_jobs.errors import DatabaseError, UsageError
from python_jobs.storage.vectors import binary
from python_jobs.storage.vectors.store import SCHEMA, check_store, plain_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from python_jobs.storage.vectors.binary import VectorType

_KEYS_AT_A_TIME = 10_000
_ATTEMPTS = 5


def write_vectors(
    connection: psycopg.Connection,
    hashes: Sequence[str],
    vectors: NDArray[np.float32],
    *,
    model: str,
    dimensions: int | None = None,
    schema: str = SCHEMA,
) -> None:
    """Store one vector a text by binary COPY, replacing those of the same key.

    Args:
        connection: in a transaction of the caller's, or in autocommit.
        hashes: (n,) content hashes; of one that comes twice, the last vector counts.
        vectors: (n, dimensions), each of a positive, finite length.
        model: that made them.
        dimensions: the width that the model's vectors have, to be held to.
        schema: of the store.

    Raises:
        UsageError: shapes that do not fit each other, or `dimensions`.
        ConfigurationError: the table was made for vectors of another width.
        DatabaseError: vectors without direction (zero, NaN, infinite), or no table. Nothing
            is stored then.
    """
    _check_shape(hashes, vectors, model, dimensions)
    if not len(hashes):
        return
    place = {content_hash: row for row, content_hash in enumerate(hashes)}
    # One order for all writers: two that meet on the same keys wait, and do not deadlock.
    keys = sorted(place)
    order = [place[content_hash] for content_hash in keys]
    with plain_errors():
        kind = check_store(connection, vectors.shape[1], schema).vector_type
        _check_direction(vectors, kind)
        for attempt in range(1, _ATTEMPTS + 1):
            stream = binary.packed(hashes, vectors, kind, model=model, order=order)
            try:
                with connection.transaction():
                    _delete(connection, keys, model, vectors.shape[1], schema)
                    _copy_in(connection, stream, schema)
            except psycopg.errors.UniqueViolation:
                # Somebody stored the same text meanwhile; now that can be seen, and replaced.
                if attempt == _ATTEMPTS:
                    raise
            else:
                return


def _check_shape(
    hashes: Sequence[str], vectors: NDArray[np.float32], model: str, dimensions: int | None
) -> None:
    if vectors.ndim != 2 or vectors.shape[0] != len(hashes) or not vectors.shape[1]:
        raise UsageError(
            f"{len(hashes)} texts do not go with vectors of shape {vectors.shape}",
            hint="one vector a text: (texts, dimensions)",
        )
    if dimensions not in (None, vectors.shape[1]):
        raise UsageError(
            f"{len(hashes)} vectors have {vectors.shape[1]} dimensions, "
            f"those of {model} have {dimensions}",
            hint="vectors of different widths are different models: set the dimensions for both",
        )


def _check_direction(vectors: NDArray[np.float32], vector_type: VectorType) -> None:
    """Refuse vectors that have no cosine with any other, as they would be stored."""
    step = max(1, binary.BLOCK_BYTES // (4 * vectors.shape[1]))
    bad = 0
    with np.errstate(all="ignore"):
        for start in range(0, len(vectors), step):
            part = vectors[start : start + step].astype(np.float32, copy=False)
            if vector_type == "halfvec":
                part = part.astype(np.float16).astype(np.float32)
            # In float32 as pgvector does it: what overflows or vanishes there is refused here.
            squared = np.einsum("ij,ij->i", part, part)
            bad += int(np.count_nonzero(~(np.isfinite(squared) & (squared > 0))))
    if bad:
        raise DatabaseError(
            f"{bad} of {len(vectors)} vectors have no direction (all zero, NaN, infinite, or "
            f"out of the range of {vector_type})",
            hint="nothing was stored; the model's answer cannot be used",
        )


def _delete(
    connection: psycopg.Connection, keys: list[str], model: str, dimensions: int, schema: str
) -> None:
    statement = sql.SQL(
        "delete from {} where model = %s and dimensions = %s and content_hash = any(%s)"
    ).format(sql.Identifier(schema, "embeddings"))
    for start in range(0, len(keys), _KEYS_AT_A_TIME):
        connection.execute(statement, (model, dimensions, keys[start : start + _KEYS_AT_A_TIME]))


def _copy_in(connection: psycopg.Connection, stream: Iterator[bytes], schema: str) -> None:
    statement = sql.SQL(
        "copy {} (content_hash, model, dimensions, embedding) from stdin with (format binary)"
    ).format(sql.Identifier(schema, "embeddings"))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in stream:
            copy.write(block)


def write_centroids(
    connection: psycopg.Connection,
    run_id: str,
    centroids: Mapping[str, NDArray[np.float32]],
    schema: str = SCHEMA,
) -> None:
    """Store the mean vector of each cluster of a run, by cluster path."""
    with plain_errors(), connection.cursor() as cursor:
        cursor.executemany(
            sql.SQL(
                "insert into {table} (run_id, cluster_path, centroid) values (%s, %s, %s::vector)"
            ).format(table=sql.Identifier(schema, "cluster_centroids")),
            [(run_id, path, Vector(centroid).to_text()) for path, centroid in centroids.items()],
        )
