"""Records that travel between workers arrive as they were."""

import numpy as np
import pyarrow as pa
import pytest

from ctdc_spark.cases.blocks import pack_block, unpack_blocks
from ctdc_spark.cases.records import Records


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
    assert (arrived.attributes.dtype, arrived.weights.dtype) == (np.int32, np.int64)
