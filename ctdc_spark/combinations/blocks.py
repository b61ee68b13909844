"""How records travel between workers: a block is one row with binary columns, so that Spark moves bytes, not rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ctdc_spark.cases.records import Records, narrow, offsets_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

BLOCKS = "unit int, attributes binary, lengths binary, weights binary"
"""Records for one unit of work: their attribute ids, their lengths and weights, as `_pack_numbers` writes them."""


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
        unit, *parts = batch.columns[:4]
        for row in range(batch.num_rows):
            yield unit[row].as_py(), _unpack(*(memoryview(part[row].as_buffer()) for part in parts))


def collect_blocks(blocks: DataFrame) -> list[Records]:
    """The records of each row of BLOCKS on the driver, in no order: some 4 bytes an attribute id, 16 a record."""
    rows = blocks.select("attributes", "lengths", "weights").collect()
    return [_unpack(*(memoryview(part) for part in row)) for row in rows]


def _unpack(attributes: memoryview, lengths: memoryview, weights: memoryview) -> Records:
    return Records(
        _unpack_numbers(attributes).astype(np.int32, copy=False),
        offsets_of(_unpack_numbers(lengths)),
        _unpack_numbers(weights).astype(np.int64, copy=False),
    )


def _pack_numbers(numbers: npt.NDArray[np.integer]) -> bytes:
    """The numbers in as few bytes as the largest needs, and behind them the letter of their type."""
    narrowed = narrow(numbers)
    return narrowed.tobytes() + narrowed.dtype.char.encode()


def _unpack_numbers(packed: memoryview) -> npt.NDArray[np.integer]:
    return np.frombuffer(packed[:-1], np.dtype(chr(packed[-1])))
