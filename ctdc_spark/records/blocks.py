"""How records are stored and travel: many in one row with binary columns, so that Spark moves bytes, not rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ctdc_spark.records.records import Records, concatenate, offsets_of, pack_numbers, unpack_numbers

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def gather(batches: Iterable[pa.RecordBatch]) -> Iterator[Records]:
    """Join the records of ENCODED_RECORDS or RECORD_ROWS, into blocks of up to STORED_CELLS attributes."""
    waiting: list[Records] = []
    cells = 0
    for records in decode_batches(batches):
        if waiting and cells + len(records.attributes) > STORED_CELLS:
            yield concatenate(waiting)
            waiting, cells = [], 0
        waiting.append(records)
        cells += len(records.attributes)
    if waiting:
        yield concatenate(waiting)


PARTS = ("attributes", "lengths", "weights")

ENCODED_RECORDS = "attributes binary, lengths binary, weights binary"
"""One block of records per row: their attribute ids, record after record, their lengths and their weights, each as
`pack_numbers` writes them. Weight: how many subjects have exactly these attributes.
"""

UNIT_BLOCKS = f"unit int, {ENCODED_RECORDS}"
"""Records for one unit of work."""

RECORD_ROWS = "attributes array<int>, weight bigint"
"""One record per row: ascending attribute ids and a weight. Every kernel for ENCODED_RECORDS takes these too."""


STORED_CELLS = 2_000_000
"""Attributes of the records in a stored block: what a kernel that reads them takes at once, in about 100 MB."""


def pack_records(records: Records) -> pa.RecordBatch:
    """One row of ENCODED_RECORDS."""
    parts = [pack_numbers(part) for part in (records.attributes, records.lengths, records.weights)]
    return pa.record_batch([pa.array([part], pa.binary()) for part in parts], names=list(PARTS))


def pack_pieces(records: Records, pieces: int) -> Iterator[pa.RecordBatch]:
    """This many rows of ENCODED_RECORDS, with equally many records each, up to one."""
    for rows in np.array_split(np.arange(len(records)), pieces):
        yield pack_records(records.take(rows))


def frame_pieces(spark: SparkSession, records: Records, pieces: int) -> DataFrame:
    """Records of the driver as this many rows of ENCODED_RECORDS."""
    rows = [tuple(row.values()) for piece in pack_pieces(records, pieces) for row in piece.to_pylist()]
    return spark.createDataFrame(rows, ENCODED_RECORDS)


def pack_block(unit: int, records: Records) -> pa.RecordBatch:
    """One row of UNIT_BLOCKS."""
    packed = pack_records(records)
    return pa.record_batch([pa.array([unit], pa.int32()), *packed.columns], names=["unit", *PARTS])


def unpack_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, Records]]:
    """The unit and the records of each row of UNIT_BLOCKS, one row at a time."""
    for batch in batches:
        unit, *parts = batch.columns[:4]
        for row in range(batch.num_rows):
            yield unit[row].as_py(), _unpack_row(parts, row)


def decode_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[Records]:
    """The records of ENCODED_RECORDS, a block at a time, or of RECORD_ROWS, a batch at a time."""
    for batch in batches:
        if _is_binary(batch.schema.field(0).type):
            for row in range(batch.num_rows):
                yield _unpack_row(batch.columns[:3], row)
        else:
            yield Records.from_arrow(batch.column(0), batch.column(1))


def collect_blocks(blocks: DataFrame) -> list[Records]:
    """The records of each row of UNIT_BLOCKS on the driver, unordered: some 4 bytes per attribute id, 16 per record."""
    return [_unpack(*(memoryview(part) for part in row)) for row in blocks.select(*PARTS).collect()]


def unpack_rows(records: DataFrame) -> DataFrame:
    """RECORD_ROWS of ENCODED_RECORDS."""
    return records.mapInArrow(_list_records, RECORD_ROWS)


def to_rows(records: Records) -> pa.RecordBatch:
    """The records as RECORD_ROWS."""
    return pa.record_batch([records.to_arrow(), pa.array(records.weights)], names=["attributes", "weight"])


def _list_records(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from map(to_rows, decode_batches(batches))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _unpack_row(parts: list[pa.Array], row: int) -> Records:
    return _unpack(*(memoryview(part[row].as_buffer()) for part in parts))


def _unpack(attributes: memoryview, lengths: memoryview, weights: memoryview) -> Records:
    return Records(
        unpack_numbers(attributes).astype(np.int32, copy=False),
        offsets_of(unpack_numbers(lengths)),
        unpack_numbers(weights).astype(np.int64, copy=False),
    )
