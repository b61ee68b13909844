"""Records that travel between workers arrive as they were."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from ctdc_spark.records import blocks as record_blocks
from ctdc_spark.records.blocks import decode_batches, gather, pack_block, pack_records, to_rows, unpack_blocks
from ctdc_spark.records.records import Records


@pytest.mark.parametrize("weights", [[1, 1, 1], [1, 300, 2], [1, 1 << 40, 70_000]])
@pytest.mark.parametrize("attribute", [3, 200, 60_000, 70_000])
def test_blocks_arrive_as_they_were(weights: list[int], attribute: int) -> None:
    sent = Records.from_lists([[0, 2, attribute], [], [attribute]], weights)
    blocks = pa.Table.from_batches([pack_block(7, sent), pack_block(8, Records.empty())]).combine_chunks()
    (first, arrived), (second, empty) = unpack_blocks(blocks.to_batches())
    assert (first, second, len(empty)) == (7, 8, 0)
    assert arrived.attributes.tolist() == sent.attributes.tolist()
    assert arrived.offsets.tolist() == sent.offsets.tolist()
    assert arrived.weights.tolist() == weights
    assert (arrived.attributes.dtype, arrived.weights.dtype) == (np.dtype("int32"), np.dtype("int64"))


@pytest.mark.parametrize("batch_of", [pack_records, to_rows])
def test_kernels_read_records_in_blocks_and_in_rows(batch_of: Callable[[Records], pa.RecordBatch]) -> None:
    sent = Records.from_lists([[0, 300], [], [7]], [2, 1, 70_000])
    [read] = decode_batches([batch_of(sent)])
    assert read.attributes.tolist() == [0, 300, 7]
    assert read.offsets.tolist() == [0, 2, 2, 3]
    assert read.weights.tolist() == [2, 1, 70_000]


@pytest.mark.parametrize(
    ("sizes", "gathered"), [([2, 2, 2], [4, 2]), ([3, 4, 9, 1], [3, 4, 9, 1]), ([], []), ([9], [9])]
)
def test_small_blocks_are_gathered_up_to_the_bound(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int], gathered: list[int]
) -> None:
    monkeypatch.setattr(record_blocks, "STORED_CELLS", 5)
    blocks = [pack_records(Records.from_lists([list(range(size))])) for size in sizes]
    assert [len(records.attributes) for records in gather(blocks)] == gathered
