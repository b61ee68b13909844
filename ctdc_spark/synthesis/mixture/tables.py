"""Turn noisy cells, as measured, into the tables that a mixture is fitted to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ctdc_spark.differential_privacy.cells import lay_out, valid_cells
from ctdc_spark.differential_privacy.selection import MeasuredSubsets
from ctdc_spark.synthesis.mixture.loss import Table

NoisyBlock = tuple[int, int, bytes]


def read_tables(subsets: MeasuredSubsets, blocks: Iterable[NoisyBlock], scales: Mapping[int, float]) -> list[Table]:
    """The tables, single attributes first.

    Args:
        subsets: what was measured of each length.
        blocks: rows (length, block, counts) of NOISY_CELLS.
        scales: of the noise, by length.
    """
    layouts = {length: lay_out(subsets[length].slots, length) for length in scales if length > 1}
    tables = []
    for length, number, packed in sorted(blocks):
        counts = np.frombuffer(packed, np.int64).astype(np.float32)
        block = layouts[length][number] if length > 1 else None
        valid = np.ones(len(counts), np.bool_) if block is None else valid_cells(subsets[length].slots, block)
        precision = (valid / scales[length] ** 2).astype(np.float32)
        tables.append(Table(block, counts.reshape(valid.shape), precision))
    return tables
