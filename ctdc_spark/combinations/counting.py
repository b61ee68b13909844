"""The counting engine on Spark: plan from a cheap pass, cut records for units of work, count each unit.

    records --measure--> plan
    records --cut--> blocks, one row per (unit, block) --shuffle by unit--> counts

A unit's combinations belong to it alone: nothing is merged after the count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.combinations.budget import check_budget, expect_combinations
from ctdc_spark.combinations.frontier import Counted
from ctdc_spark.combinations.kernel import count_frequent
from ctdc_spark.combinations.measuring import measure_prefixes, measure_records
from ctdc_spark.combinations.plan import CountingPlan, Limits, Measured, Prefix, Unit, plan_units
from ctdc_spark.combinations.projection import Projection
from ctdc_spark.engine.partitioning import partition_by_unit
from ctdc_spark.records.blocks import UNIT_BLOCKS, gather, pack_block, unpack_blocks
from ctdc_spark.records.in_order import group_in_order
from ctdc_spark.records.records import Longs, Records, concatenate

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

COMBINATION_COUNTS = "combination array<int>, count bigint"
"""A combination's attribute ids, ascending, and the number of subjects that hold it."""


def plan_counting(records: DataFrame, limits: Limits, budget: int | None = None) -> CountingPlan:
    """Measure the records and split the counting into units: one pass, and one more for each depth that must be split.

    Args:
        records: ENCODED_RECORDS.
        limits: what is counted; a max_length beyond the longest record is cut to it.
        budget: combinations allowed.

    Raises:
        DataError: more combinations than the budget are expected.
    """
    whole, number = measure_records(records)
    fitting = replace(limits, max_length=min(limits.max_length, whole.records.shape[1]))
    if budget is not None:
        check_budget(whole, fitting, budget, partial(_count_sample, records, len(whole.records)))
    return plan_units(whole, number, fitting, partial(measure_prefixes, records))


def foresee_counting(
    records: DataFrame, limits: Limits, times: int = 1
) -> tuple[CountingPlan, npt.NDArray[np.float64]]:
    """Forecast the counting of data `times` as large.

    In data `times` as large, a combination is frequent if at least `threshold / times` subjects hold it today.

    Args:
        records: ENCODED_RECORDS of today, including the attributes that would become frequent.
        limits: what will be counted.
        times: the factor by which the data grow.

    Returns:
        The plan for the grown data, and about how many combinations of length 1, 2, ... are frequent in them.
    """
    whole, number = measure_records(records)
    fitting = replace(limits, max_length=min(limits.max_length, whole.records.shape[1]))
    today = replace(fitting, threshold=-(-limits.threshold // times))
    expected = expect_combinations(whole, today, partial(_count_sample, records, len(whole.records)))

    def measure_grown(prefixes: Sequence[Prefix]) -> dict[Prefix, Measured]:
        return {prefix: one.times(times) for prefix, one in measure_prefixes(records, prefixes).items()}

    return plan_units(whole.times(times), number * times, fitting, measure_grown), expected


def _count_sample(records: DataFrame, attributes: int, lowest: Sequence[int], limits: Limits) -> Longs:
    """Number of frequent combinations of length 1, 2, ... whose lowest attribute is one of `lowest`."""
    units = tuple(Unit((), attribute, attribute + 1) for attribute in lowest)
    plan = CountingPlan(units, limits, attributes, records=0, cost=0.0, largest_unit=0)
    rows = count_combinations(records, plan).groupBy(F.size("combination").alias("length")).count().collect()
    found = np.zeros(limits.max_length, np.int64)
    for row in rows:
        found[row["length"] - 1] = row["count"]
    return found


def count_combinations(records: DataFrame, plan: CountingPlan) -> DataFrame:
    """Count every combination of at least the threshold's subjects and at most max_length attributes.

    Args:
        records: ENCODED_RECORDS, the ones the plan was made for.
        plan: from `plan_counting`.

    Returns:
        COMBINATION_COUNTS, each combination once, in no particular order.
    """
    # (unit, block of cut records) -> (combination, count)
    return gather_units(records, plan).mapInArrow(Counter(plan), COMBINATION_COUNTS)


def gather_units(records: DataFrame, plan: CountingPlan) -> DataFrame:
    """Cut the records for every unit of work and bring each unit's blocks together, for `Counter`.

    Returns:
        UNIT_BLOCKS; the rows of a unit follow each other on one partition.
    """
    # block of records -> (unit, block of cut records)
    return partition_by_unit(records.mapInArrow(Cutter(plan.units, plan.attributes), UNIT_BLOCKS), len(plan.units))


def count_at_once(records: DataFrame, limits: Limits) -> DataFrame:
    """Plan and count in one call, when the plan itself is not needed: `plan_counting`, then `count_combinations`."""
    return count_combinations(records, plan_counting(records, limits))


class Cutter:
    """The map side: cut records for every unit and pack each cut as one row of UNIT_BLOCKS."""

    def __init__(self, units: Sequence[Unit], attributes: int) -> None:
        self._units = tuple(units)
        self._attributes = attributes

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the blocks of all batches of one partition."""
        projection = Projection(self._units, self._attributes)
        for records in gather(batches):
            for unit, cut in projection.cut(records):
                yield pack_block(unit, cut)


class Counter:
    """The reduce side: unpack the blocks of each unit, which arrive together, and count its combinations."""

    def __init__(self, plan: CountingPlan) -> None:
        self._units = plan.units
        self._limits = plan.limits

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the counts of all units of one partition."""
        for number, blocks in group_in_order(unpack_blocks(batches), key=lambda block: block[0]):
            yield from self._count(self._units[number], join_blocks(records for _, records in blocks))

    def _count(self, unit: Unit, records: Records) -> Iterator[pa.RecordBatch]:
        length = 1 if unit.alone else self._limits.max_length - len(unit.prefix)
        for counted in count_frequent(records, self._limits.threshold, length, (unit.low, unit.high)):
            yield pack_counts(unit.prefix, counted)


def join_blocks(blocks: Iterable[Records]) -> Records:
    """All records of the blocks, condensed whenever they have doubled in size."""
    joined, waiting, cells = Records.empty(), list[Records](), 0
    for block in blocks:
        waiting.append(block)
        cells += len(block.attributes)
        if cells > max(len(joined.attributes), 1_000_000):
            joined, waiting, cells = concatenate([joined, *waiting]).condense(), [], 0
    return concatenate([joined, *waiting]).condense() if waiting else joined


def pack_counts(prefix: Prefix, counted: Counted) -> pa.RecordBatch:
    """Rows of COMBINATION_COUNTS, with the unit's prefix put in front."""
    rows = len(counted.counts)
    front = np.tile(np.array(prefix, np.int32), (rows, 1))
    combinations = np.hstack([front, counted.combinations])
    length = combinations.shape[1]
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * length)
    lists = pa.ListArray.from_arrays(offsets, pa.array(combinations.ravel()))
    return pa.record_batch([lists, pa.array(counted.counts)], names=["combination", "count"])
