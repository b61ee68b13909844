"""How records travel between workers: a block is one row with binary columns, so that Spark moves bytes, not rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from ctdc_spark.cases.records import Records, offsets_of

BLOCKS = "unit int, attributes binary, lengths binary, weights binary"
"""A block of records for one unit of work: attribute ids (int32), record lengths (int32), weights (int64)."""


def pack_block(unit: int, records: Records) -> pa.RecordBatch:
    """One row of BLOCKS."""
    parts = [part.tobytes() for part in (records.attributes, records.lengths.astype(np.int32), records.weights)]
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
                    np.frombuffer(attributes[row].as_buffer(), np.int32),
                    offsets_of(np.frombuffer(lengths[row].as_buffer(), np.int32)),
                    np.frombuffer(weights[row].as_buffer(), np.int64),
                ),
            )
