"""Growth on Spark: the sensitive records stay in the tasks, seeds go there and candidates come back.

    records --cut by unit--> bitmaps (kept for all rounds) --shuffle by unit--> one unit: its seeds grown

A task is sent the lattice, what combinations are worth and the seeds; it sends back sets of attributes that at least k
subjects hold. No count leaves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ctdc_spark.engine.partitioning import partition_by_unit
from ctdc_spark.records.blocks import BLOCKS, collect_blocks, gather, pack_block
from ctdc_spark.records.records import Records
from ctdc_spark.synthesis.calibrated.bitmaps import BITMAPS, join_bitmaps, pack_bitmaps, unpack_rows
from ctdc_spark.synthesis.calibrated.growth import Gains, grow
from ctdc_spark.synthesis.calibrated.lattice import Lattice
from ctdc_spark.synthesis.calibrated.support import BitmapSupport
from ctdc_spark.synthesis.calibrated.units import GrowthOrder, choose_part, hold_unit, merge_grown, split_seeds

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.synthesis.calibrated.problem import Problem


def cut_units(records: DataFrame, problem: Problem) -> DataFrame:
    """For each unit the whole records that hold one of its attributes, or a part of them where they are very many.

    Args:
        records: ENCODED_RECORDS.
        problem: says which attributes there are, which unit each belongs to, and the units' shares.

    Returns:
        BITMAPS; attributes are numbered as in the lattice.
    """
    return records.mapInArrow(UnitCutter(problem.unit_of, problem.shares, problem.first), BITMAPS)


class SparkGrower:
    """A `Grower` whose units are tasks.

    Args:
        bitmaps: from `cut_units`, as stored.
        problem: the lattice and the units.
        threshold: k.
    """

    def __init__(self, bitmaps: DataFrame, problem: Problem, threshold: int) -> None:
        self._bitmaps = partition_by_unit(bitmaps, len(problem.shares))
        self._problem = problem
        self._threshold = threshold

    def grow(self, order: GrowthOrder) -> Records:
        """One job; what is collected is bounded by the number of seeds."""
        kernel = UnitGrower(self._problem.lattice, self._problem.unit_of, order, self._threshold)
        return merge_grown(collect_blocks(self._bitmaps.mapInArrow(kernel, BLOCKS)))


class UnitCutter:
    """The map side: give each unit its records, as bitmaps."""

    def __init__(self, unit_of: npt.NDArray[np.int64], shares: npt.NDArray[np.float64], first: int) -> None:
        self._unit_of = unit_of
        self._shares = shares
        self._first = first

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield rows of BITMAPS."""
        for records in gather(batches):
            kept = leave_out_rarer(records, self._first)
            for unit, share in enumerate(self._shares.tolist()):
                held = choose_part(hold_unit(kept, self._unit_of, unit), share)
                yield from pack_bitmaps(unit, held, len(self._unit_of))


class UnitGrower:
    """The reduce side: the bitmaps of a unit put together, and its seeds grown."""

    def __init__(self, lattice: Lattice, unit_of: npt.NDArray[np.int64], order: GrowthOrder, threshold: int) -> None:
        self._lattice = lattice
        self._seeds = dict(split_seeds(order.seeds, unit_of))
        self._order = (order.worth, order.key)
        self._threshold = threshold

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the candidates of each unit of one partition, as rows of BLOCKS."""
        worth, key = self._order
        gains: Gains | None = None
        for unit, rows in groupby(unpack_rows(batches), key=lambda row: row[0]):
            parts = [part for _, part in rows]
            if unit in self._seeds:
                gains = gains or Gains(self._lattice, worth)
                oracle = BitmapSupport(join_bitmaps(parts, self._lattice.attributes), self._threshold)
                yield pack_block(unit, grow(self._seeds[unit], gains, oracle, (*key, unit)))


def leave_out_rarer(records: Records, first: int) -> Records:
    """Records without the attributes below `first`, the others numbered from 0."""
    if first == 0:
        return records
    kept = records.attributes >= first
    ends = np.concatenate([[0], np.cumsum(kept)])
    return Records(records.attributes[kept] - np.int32(first), ends[records.offsets], records.weights)
