"""The vector store: embeddings and cluster centroids in Postgres with pgvector.

A vector is keyed by (content hash, model, dimensions): models live beside each other and are
never mixed.
"""

from __future__ import annotations

from python_jobs.storage.vectors.binary import VECTOR_TYPES, VectorType
from python_jobs.storage.vectors.erasing import drop_centroids, erase_texts, known_hashes
from python_jobs.storage.vectors.index import (
    EF_CONSTRUCTION,
    Index,
    M,
    build_index,
    drop_index,
    has_index,
    index_for,
)
from python_jobs.storage.vectors.nearest import Near, has_vectors, nearest
from python_jobs.storage.vectors.reading import read_vectors, stored_hashes
from python_jobs.storage.vectors.store import (
    SCHEMA,
    Store,
    check_store,
    convert_vectors,
    hnsw_indexes,
    init_vectors,
    read_store,
)
from python_jobs.storage.vectors.writing import write_centroids, write_vectors

__all__ = [
    "EF_CONSTRUCTION",
    "SCHEMA",
    "VECTOR_TYPES",
    "Index",
    "M",
    "Near",
    "Store",
    "VectorType",
    "build_index",
    "check_store",
    "convert_vectors",
    "drop_centroids",
    "drop_index",
    "erase_texts",
    "has_index",
    "has_vectors",
    "hnsw_indexes",
    "index_for",
    "init_vectors",
    "known_hashes",
    "nearest",
    "read_store",
    "read_vectors",
    "stored_hashes",
    "write_centroids",
    "write_vectors",
]
