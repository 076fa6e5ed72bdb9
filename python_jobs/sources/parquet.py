"""Parquet, a batch of rows at a time. Needs pyarrow (extra `parquet`)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from python_jobs.errors import ConfigurationError, UsageError
from python_jobs.sources.columns import check_headings
from python_jobs.sources.reader import Source
from python_jobs.sources.rows import SourceRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa
    import pyarrow.parquet as pq

    from python_jobs.sources.options import ReadOptions

_BATCH = 1_000  # rows; 20 MB where every text has 20,000 characters


@contextmanager
def open_parquet(path: Path, options: ReadOptions) -> Iterator[Source]:
    """Open a Parquet file.

    Raises:
        ConfigurationError: pyarrow is not installed.
        UsageError: the columns leave open which is which, or it is no Parquet.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError:
        raise ConfigurationError(
            "reading Parquet needs pyarrow",
            hint="pip install 'customer-insights-pipeline[parquet]'",
        ) from None
    with _explained(path):
        file = pq.ParquetFile(path, pre_buffer=False)
        headings = file.schema_arrow.names
    with file:
        check_headings(headings, options, path.name)
        done = [0]

        def rows() -> Iterator[SourceRow]:
            with _explained(path):
                yield from _rows(file, done)

        yield Source(rows(), lambda: done[0], file.metadata.num_rows, "rows")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError):
        raise UsageError(
            f"{path.name} is no Parquet file, or a damaged one",
            hint="say what it is with --format, or write it again",
        ) from None


def _rows(file: pq.ParquetFile, done: list[int]) -> Iterator[SourceRow]:
    for batch in file.iter_batches(batch_size=_BATCH, use_threads=False):
        names = batch.schema.names
        columns = [_values(column) for column in batch.columns]
        for values in zip(*columns, strict=True):
            done[0] += 1
            yield SourceRow(done[0], dict(zip(names, values, strict=True)))


def _values(column: pa.Array) -> list[object]:
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        # nanoseconds have no place in datetime; Postgres holds microseconds
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    values: list[object] = column.to_pylist()
    return values
