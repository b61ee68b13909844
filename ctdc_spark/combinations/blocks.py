"""How records travel between workers: a block is one row with binary columns, so that Spark moves bytes, not rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ctdc_spark.cases.records import Records, offsets_of

BLOCKS = "unit int, attributes binary, lengths binary, weights binary"
"""A block of records for one unit of work: attribute ids, record lengths, weights, each as `_pack_numbers` writes them."""


def pack_block(unit: int, records: Records) -> pa.RecordBatch:
    """One row of BLOCKS."""
    parts = [_pack_numbers(part) for part in (records.attributes, records.lengths, records.weights)]
    return pa.record_batch(
        [pa.array([unit], pa.int32()), *(pa.array([part], pa.binary()) for part in parts)],
        names=["unit", "attributes", "lengths", "weights"],
    )


def unpack_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, Records]]:
    """The unit and the records of each row of BLOCKS, one row at a time."""
    for batch in batches:
        unit, attributes, lengths, weights = batch.columns[:4]
        for row in range(batch.num_rows):
            yield (
                unit[row].as_py(),
                Records(
                    _unpack_numbers(attributes[row].as_buffer()).astype(np.int32, copy=False),
                    offsets_of(_unpack_numbers(lengths[row].as_buffer())),
                    _unpack_numbers(weights[row].as_buffer()).astype(np.int64, copy=False),
                ),
            )


def _pack_numbers(numbers: npt.NDArray[np.integer]) -> bytes:
    """The numbers in as few bytes as the largest needs, and behind them the letter of their type."""
    low, high = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    narrow = np.min_scalar_type(high) if low >= 0 else np.dtype(np.int64)
    return numbers.astype(narrow).tobytes() + narrow.char.encode()


def _unpack_numbers(packed: pa.Buffer) -> npt.NDArray[np.integer]:
    held = memoryview(packed)
    return np.frombuffer(held[:-1], np.dtype(chr(held[-1])))
