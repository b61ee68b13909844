"""Whether two readings of an input gave the same rows, in whatever order: a digest of all prepared values.

It sums one hash per subject, so neither order nor blocks make a difference, but how often a row occurs does. It follows
from every value, so it stays in the sensitive place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ctdc_spark.records.records import mix64, unpack_numbers

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SUMS = "subjects bigint, first bigint, second bigint"
"""Of one block: how many subjects, and two independent sums of their hashes, modulo 2^64."""

UInt64s = npt.NDArray[np.uint64]


def digest_cases(packed: DataFrame) -> str:
    """The digest, in hex, of PACKED_CASES: all values of all subjects; a few bytes per block reach the driver."""
    sums = [tuple(row) for row in packed.mapInArrow(sum_blocks, SUMS).collect()]
    totals = [sum(part) % 2**64 for part in zip(*sums, strict=True)]
    return hashlib.sha256(repr(totals).encode()).hexdigest()


def sum_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield SUMS, one row per block, from PACKED_CASES."""
    for batch in batches:
        sums = [_sum_block(**block) for block in batch.select(["subjects", "values", "rows", "codes"]).to_pylist()]
        columns = [pa.array([one[i] for one in sums], pa.int64()) for i in range(3)]
        yield pa.record_batch(columns, names=["subjects", "first", "second"])


def _sum_block(
    subjects: int, values: Sequence[Sequence[str]], rows: Sequence[bytes], codes: Sequence[bytes]
) -> tuple[int, int, int]:
    held = np.zeros((2, subjects), np.uint64)  # for each subject, the sum over its values
    for column, (texts, row, code) in enumerate(zip(values, rows, codes, strict=True)):
        hashes = np.array([_hash(column, text) for text in texts], np.uint64).reshape(-1, 2)
        found, which = unpack_numbers(row), unpack_numbers(code)
        for i in range(2):
            np.add.at(held[i], found, hashes[which, i])
    # mixed, so that two subjects cannot change values unseen
    first, second = (int(mix64(part).sum(dtype=np.uint64).astype(np.int64)) for part in held)
    return subjects, first, second


def _hash(column: int, text: str) -> UInt64s:
    return np.frombuffer(hashlib.blake2b(f"{column} {text}".encode(), digest_size=16).digest(), np.uint64)
