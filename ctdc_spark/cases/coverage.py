"""Count the subjects with a value, and with a frequent one, while their records are encoded.

The numbers travel in a column beside the blocks of records: no further pass over the cases is made for them. They are
exact and stay in the sensitive place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ctdc_spark.records.coverage import ExactCoverage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.records.coverage import Scope
    from ctdc_spark.records.records import Longs

Rows = npt.NDArray[np.integer]
Join = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]

COVERED = "coverage binary"
"""Beside blocks of records: for some of the subjects, how many have a value in each scope, and then how many have a
frequent one, int64 each; null where the numbers are in another row."""


def count_covered(held: Sequence[Rows], frequent: Sequence[Rows], subjects: int, scopes: Sequence[Scope]) -> Longs:
    """The numbers of one block; shape (2, scopes).

    Args:
        held: for each column, the subjects that hold each of its values.
        frequent: the same for frequent values.
        subjects: how many there are in the block.
        scopes: what is counted.
    """
    return np.array([[_count(rows, subjects, scope) for scope in scopes] for rows in (held, frequent)], np.int64)


def _count(rows: Sequence[Rows], subjects: int, scope: Scope) -> int:
    found = np.zeros(subjects, bool)
    for column in scope:
        found[rows[column]] = True
    return int(np.count_nonzero(found))


def attach(batches: Iterable[pa.RecordBatch], numbers: Longs) -> Iterator[pa.RecordBatch]:
    """Put the numbers beside the first of these rows, and null beside the others."""
    for place, batch in enumerate(batches):
        yield _beside(batch, None if place else numbers.tobytes())


def join_covered(batches: Iterable[pa.RecordBatch], join: Join) -> Iterator[pa.RecordBatch]:
    """Join blocks as `join` does, with the sum of their numbers beside the last row.

    Args:
        batches: blocks of records with COVERED in the last column.
        join: joins the blocks.
    """
    numbers: list[Longs] = []

    def read() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            numbers.extend(np.frombuffer(part, np.int64) for part in batch.columns[-1].to_pylist() if part is not None)
            yield batch

    last: pa.RecordBatch | None = None
    for batch in join(read()):
        if last is not None:
            yield _beside(last, None)
        last = batch
    if last is not None:
        yield _beside(last, np.sum(numbers, axis=0, dtype=np.int64).tobytes() if numbers else None)


def read_covered(records: DataFrame, scopes: tuple[Scope, ...]) -> ExactCoverage:
    """The numbers of all subjects.

    Args:
        records: COVERED; a few rows for each part of the records.
        scopes: what was counted.
    """
    rows = records.where("coverage is not null").collect()
    parts = [np.frombuffer(row["coverage"], np.int64).reshape(2, len(scopes)) for row in rows]
    numbers = np.array(parts, np.int64).reshape(-1, 2, len(scopes)).sum(axis=0)
    return ExactCoverage(scopes, tuple(numbers[0].tolist()), tuple(numbers[1].tolist()))


def _beside(batch: pa.RecordBatch, numbers: bytes | None) -> pa.RecordBatch:
    names = [*batch.schema.names, "coverage"]
    return pa.record_batch([*batch.columns, pa.array([numbers] * batch.num_rows, pa.binary())], names=names)
