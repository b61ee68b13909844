"""The counting engine on Spark: plan from one cheap pass, project records to units of work, count each unit.

    records --measure--> plan
    records --project--> blocks of cut records, one row a (unit, block) --shuffle by unit--> counts

Whole blocks of records travel as one row with binary columns, so that Spark moves bytes instead of rows. A unit's
combinations belong to it alone: nothing is merged after the count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ctdc_spark.cases.records import Records, concatenate, offsets_of
from ctdc_spark.combinations.kernel import Counted, count_frequent
from ctdc_spark.combinations.plan import CountingPlan, Unit, plan_units
from ctdc_spark.combinations.projection import Projection

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

COMBINATION_COUNTS = "combination array<int>, count bigint"
"""A combination's attribute ids, ascending, and the number of subjects that hold it."""

MEASURES = "attribute int, behind int, records bigint, weight bigint"
BLOCKS = "unit int, attributes binary, lengths binary, weights binary"

BLOCK_CELLS = 2_000_000
"""Cells a mapping task gathers before it cuts them: more makes fewer, better merged blocks; about 100 MB."""

SUBJECTS = -1
"""Stands in place of an attribute in the row that counts subjects."""


def plan_counting(records: DataFrame, threshold: int, max_length: int | None) -> CountingPlan:
    """Measure the records in one pass and split the counting into units.

    What is collected is bounded: attributes x longest record, about 10,000 rows for 300 attributes.

    Args:
        records: ENCODED_RECORDS.
        threshold: smallest count to keep.
        max_length: largest number of attributes in a combination; None: all lengths.
    """
    # (attributes, weight) -> (attribute, attributes behind it in its record, records, subjects)
    measured = records.mapInArrow(measure, MEASURES).groupBy("attribute", "behind").sum("records", "weight").collect()
    rows = np.array([tuple(row) for row in measured], np.int64).reshape(-1, 4)
    subjects = int(rows[rows[:, 0] == SUBJECTS, 3].sum())
    rows = rows[rows[:, 0] != SUBJECTS]
    attributes, longest = (int(rows[:, 0].max()) + 1, int(rows[:, 1].max()) + 1) if len(rows) else (0, 1)
    behind, weights = np.zeros((attributes, longest), np.int64), np.zeros(attributes, np.int64)
    behind[rows[:, 0], rows[:, 1]] = rows[:, 2]
    np.add.at(weights, rows[:, 0], rows[:, 3])
    return plan_units(behind, weights, subjects, (threshold, longest if max_length is None else max_length))


def count_combinations(records: DataFrame, plan: CountingPlan) -> DataFrame:
    """Count every combination of at least plan.threshold subjects and at most plan.max_length attributes.

    Args:
        records: ENCODED_RECORDS, the ones the plan was made for.
        plan: from `plan_counting`.

    Returns:
        COMBINATION_COUNTS, each combination once, in no order.
    """
    units = max(1, len(plan.units))
    # (attributes, weight) -> (unit, block of cut records) -> (combination, count)
    blocks = records.mapInArrow(projector(plan), BLOCKS)
    gathered = blocks.repartition(units, "unit").sortWithinPartitions("unit")
    counted = gathered.mapInArrow(counter(plan), COMBINATION_COUNTS)
    singles = [
        ([unit.prefix[0]], int(plan.weights[unit.prefix[0]]))
        for unit in plan.units
        if unit.prefix and unit.low == unit.prefix[0] + 1 and plan.weights[unit.prefix[0]] >= plan.threshold
    ]
    if not singles:
        return counted
    return counted.unionByName(records.sparkSession.createDataFrame(singles, COMBINATION_COUNTS))


def measure(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """For each attribute and number of attributes behind it: how many records, how many subjects. Pure kernel."""
    for batch in batches:
        records = Records.from_arrow(batch.column(0), batch.column(1))
        lengths = records.lengths
        behind = np.repeat(records.offsets[1:], lengths) - np.arange(len(records.attributes)) - 1
        width = int(behind.max()) + 1 if len(behind) else 1
        key = records.attributes.astype(np.int64) * width + behind
        found, inverse = np.unique(key, return_inverse=True)
        weight = np.bincount(inverse, np.repeat(records.weights, lengths), minlength=len(found))
        yield pa.record_batch(
            [
                pa.array(np.append(found // width, SUBJECTS).astype(np.int32)),
                pa.array(np.append(found % width, 0).astype(np.int32)),
                pa.array(np.append(np.bincount(inverse, minlength=len(found)), len(records)).astype(np.int64)),
                pa.array(np.append(weight, records.weights.sum()).astype(np.int64)),
            ],
            names=["attribute", "behind", "records", "weight"],
        )


class projector:  # noqa: N801 - used as a function
    """The map side: gather records, cut them for every unit, and pack each cut as one row of BLOCKS."""

    def __init__(self, plan: CountingPlan) -> None:
        self._units = plan.units
        self._attributes = plan.attributes

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the blocks of all batches of one partition."""
        projection = Projection(self._units, self._attributes)
        for records in gather(batches):
            for unit, cut in projection.cut(records):
                yield pack_block(unit, cut)


class counter:  # noqa: N801 - used as a function
    """The reduce side: unpack the blocks of each unit, which arrive together, and count its combinations."""

    def __init__(self, plan: CountingPlan) -> None:
        self._units = plan.units
        self._threshold = plan.threshold
        self._max_length = plan.max_length

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield the counts of all units of one partition."""
        for number, blocks in groupby(unpack_blocks(batches), key=lambda block: block[0]):
            yield from self._count(self._units[number], concatenate([records for _, records in blocks]).distinct())

    def _count(self, unit: Unit, records: Records) -> Iterator[pa.RecordBatch]:
        length = self._max_length - len(unit.prefix)
        for counted in count_frequent(records, self._threshold, length, (unit.low, unit.high)):
            yield pack_counts(unit.prefix, counted)


def gather(batches: Iterable[pa.RecordBatch]) -> Iterator[Records]:
    """Join small batches of ENCODED_RECORDS into runs of about BLOCK_CELLS cells."""
    waiting: list[Records] = []
    cells = 0
    for batch in batches:
        waiting.append(Records.from_arrow(batch.column(0), batch.column(1)))
        cells += len(waiting[-1].attributes)
        if cells >= BLOCK_CELLS:
            yield concatenate(waiting)
            waiting, cells = [], 0
    if waiting:
        yield concatenate(waiting)


def pack_block(unit: int, records: Records) -> pa.RecordBatch:
    """One row of BLOCKS."""
    parts = [part.tobytes() for part in (records.attributes, records.lengths.astype(np.int32), records.weights)]
    return pa.record_batch(
        [pa.array([unit], pa.int32()), *(pa.array([part], pa.binary()) for part in parts)],
        names=["unit", "attributes", "lengths", "weights"],
    )


def unpack_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, Records]]:
    """The unit and the records of each row of BLOCKS."""
    for batch in batches:
        unit, attributes, lengths, weights = batch.columns
        for row in range(batch.num_rows):
            yield (
                unit[row].as_py(),
                Records(
                    np.frombuffer(attributes[row].as_buffer(), np.int32),
                    offsets_of(np.frombuffer(lengths[row].as_buffer(), np.int32)),
                    np.frombuffer(weights[row].as_buffer(), np.int64),
                ),
            )


def pack_counts(prefix: tuple[int, ...], counted: Counted) -> pa.RecordBatch:
    """Rows of COMBINATION_COUNTS, with the unit's prefix put in front."""
    rows = len(counted.counts)
    front = np.tile(np.array(prefix, np.int32), (rows, 1))
    combinations = np.hstack([front, counted.combinations])
    length = combinations.shape[1]
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * length)
    lists = pa.ListArray.from_arrays(offsets, pa.array(combinations.ravel()))
    return pa.record_batch([lists, pa.array(counted.counts)], names=["combination", "count"])
