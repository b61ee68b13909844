"""Noisy counts of all cells, on Spark.

    records --truncate--> at most `max_attributes` attributes --counting engine--> exact counts of the cells that occur
    exact counts + one empty row per block --by block--> dense cells --noise--> NOISY_CELLS

Exact counts travel between executors only: the result has noise in every valid cell, including those of nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.combinations.counting import count_at_once
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.differential_privacy.cells import Slots, lay_out, locate_cells, valid_cells
from ctdc_spark.differential_privacy.noise import gaussian_adder
from ctdc_spark.differential_privacy.noisy_counts import add_gaussian
from ctdc_spark.records.blocks import ENCODED_RECORDS, decode_batches, pack_records, unpack_rows
from ctdc_spark.records.in_order import group_in_order
from ctdc_spark.records.records import Ids, Longs, Records, mix64, offsets_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.differential_privacy.budget import Mechanism
    from ctdc_spark.differential_privacy.selection import MeasuredSubset, MeasuredSubsets

NOISY_CELLS = "length int, block int, counts binary"
"""Cells of one block of `lay_out(slots, length)`, flat, int64 each; length 1 has one block of all attributes."""

PLACED_COUNTS = "length int, block int, places binary, counts binary"
"""Exact counts of some cells of a block: flat places and counts, int64 each."""

MOST_TASKS = 64

LEFT_OUT = -1
"""The number of an attribute that is not measured."""


def count_lengths(records: DataFrame, slots: Slots, scale: float) -> Longs:
    """Noisy numbers of subjects with 0, 1, ... attributes, up to all slots; shape (slots + 1,).

    Args:
        records: ENCODED_RECORDS.
        slots: the shape.
        scale: of the Gaussian noise; each subject is counted once.
    """
    found = (
        unpack_rows(records)
        .groupBy(F.size("attributes").cast("bigint").alias("attributes"))
        .agg(F.sum("weight").alias("count"))
    )
    every = records.sparkSession.range(len(slots.sizes) + 1).select(F.col("id").alias("attributes"))
    filled = every.join(found, "attributes", "left").select("attributes", F.coalesce("count", F.lit(0)).alias("count"))
    rows = add_gaussian(filled, scale).collect()
    counts = np.zeros(len(slots.sizes) + 1, np.int64)
    counts[[row["attributes"] for row in rows]] = [row["count"] for row in rows]
    return counts


def choose_max_attributes(lengths: Longs, percentage: float) -> int:
    """The fewest attributes to keep per record so that about this percentage of the records stays whole.

    Example:
        >>> choose_max_attributes(np.array([0, 10, 985, 4, 1]), 99)
        2
    """
    longer = np.maximum(0, lengths[::-1].cumsum()[::-1] - lengths)  # records with more attributes than each length
    allowed = (1 - percentage / 100) * max(1, int(lengths.sum()))
    return max(1, int(np.argmax(longer <= allowed)))


def truncate_records(records: DataFrame, max_attributes: int) -> DataFrame:
    """Keep at most `max_attributes` attributes of each record: the first in an order of the record's own.

    The order is a function of the record alone, so one subject still changes one record.

    Returns:
        ENCODED_RECORDS; identical records may occur more than once.
    """
    return records.mapInArrow(_Truncater(max_attributes), ENCODED_RECORDS)


def measure_subsets(
    records: DataFrame, slots: Slots, subsets: MeasuredSubsets, mechanisms: Sequence[Mechanism]
) -> DataFrame:
    """Count the cells of each length's subset, with that length's noise.

    Args:
        records: ENCODED_RECORDS of no more attributes than the mechanisms' sensitivity allows.
        slots: the whole shape.
        subsets: what is measured of each length.
        mechanisms: one for each length, ascending.

    Returns:
        NOISY_CELLS, blocks as the subset's shape lays them out. Compute it once: each evaluation draws new noise.
    """
    together = groupby(mechanisms, key=lambda mechanism: subsets[int(mechanism.length or 0)])
    measured = [
        measure_cells(restrict_records(records, slots, subset), subset.slots, list(some)) for subset, some in together
    ]
    return reduce(lambda above, below: above.unionByName(below), measured)


def restrict_records(records: DataFrame, slots: Slots, subset: MeasuredSubset) -> DataFrame:
    """Keep a subset's attributes of each record, numbered as in the subset.

    Returns:
        ENCODED_RECORDS; identical records may occur more than once.
    """
    whole = subset.slots == slots
    return records if whole else records.mapInArrow(_Restricter(slots, subset), ENCODED_RECORDS)


def measure_cells(records: DataFrame, slots: Slots, mechanisms: Sequence[Mechanism]) -> DataFrame:
    """Count all cells of each mechanism's length, with its noise.

    Args:
        records: ENCODED_RECORDS of no more attributes than the mechanisms' sensitivity allows.
        slots: the shape.
        mechanisms: one for each length, ascending.

    Returns:
        NOISY_CELLS. Compute it once: each evaluation draws new noise.
    """
    scales = {int(mechanism.length or 0): mechanism.scale for mechanism in mechanisms}
    counts = count_at_once(records, Limits(1, max(scales)))
    keys = [(length, block) for length in scales for block in range(_count_blocks(slots, length))]
    empty = records.sparkSession.createDataFrame([(*key, b"", b"") for key in keys], PLACED_COUNTS)
    placed = counts.mapInArrow(_Placer(slots, scales), PLACED_COUNTS).unionByName(empty)
    tasks = min(MOST_TASKS, len(keys))
    gathered = placed.repartition(tasks, "length", "block").sortWithinPartitions("length", "block")
    return gathered.mapInArrow(_Noiser(slots, scales), NOISY_CELLS)


def _count_blocks(slots: Slots, length: int) -> int:
    return 1 if length == 1 else len(lay_out(slots, length))


class _Truncater:
    def __init__(self, max_attributes: int) -> None:
        self._max_attributes = max_attributes

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for records in decode_batches(batches):
            yield pack_records(truncate_lengths(records, self._max_attributes))


def truncate_lengths(records: Records, max_attributes: int) -> Records:
    """The kernel of `truncate_records`."""
    row = np.repeat(np.arange(len(records)), records.lengths)
    order = np.lexsort((mix64(records.content_hash(0)[row] ^ mix64(records.attributes.astype(np.uint64))), row))
    rank = np.empty(len(row), np.int64)
    rank[order] = np.arange(len(row)) - records.offsets[:-1][row[order]]
    kept = rank < max_attributes
    return Records(records.attributes[kept], offsets_of(np.minimum(records.lengths, max_attributes)), records.weights)


class _Restricter:
    def __init__(self, slots: Slots, subset: MeasuredSubset) -> None:
        self._numbers = np.full(slots.attributes, LEFT_OUT, np.int32)
        self._numbers[subset.ids] = np.arange(len(subset.ids))

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for records in decode_batches(batches):
            yield pack_records(renumber(records, self._numbers))


def renumber(records: Records, numbers: Ids) -> Records:
    """The kernel of `restrict_records`; `numbers`: each attribute's new number, in the same order, or LEFT_OUT."""
    found = numbers[records.attributes]
    kept = found != LEFT_OUT
    return Records(found[kept], offsets_of(kept)[records.offsets], records.weights)


class _Placer:
    """From COMBINATION_COUNTS to PLACED_COUNTS."""

    def __init__(self, slots: Slots, lengths: Iterable[int]) -> None:
        self._slots, self._lengths = slots, tuple(lengths)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for records in decode_batches(batches):
            found = np.intersect1d(records.lengths, self._lengths).tolist()
            rows = [row for length in found for row in self._place(records, length)]
            columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
            types = (pa.int32(), pa.int32(), pa.binary(), pa.binary())
            arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
            yield pa.record_batch(arrays, names=["length", "block", "places", "counts"])

    def _place(self, records: Records, length: int) -> Iterator[tuple[int, int, bytes, bytes]]:
        chosen = records.take(np.flatnonzero(records.lengths == length))
        combinations = np.sort(chosen.attributes.reshape(-1, length), axis=1)
        if length == 1:
            yield 1, 0, combinations.astype(np.int64).tobytes(), chosen.weights.tobytes()
            return
        block, place = locate_cells(self._slots, combinations)
        for number in np.unique(block):
            mine = block == number
            yield length, int(number), place[mine].tobytes(), chosen.weights[mine].tobytes()


class _Noiser:
    """From PLACED_COUNTS, all rows of a block together, to NOISY_CELLS."""

    def __init__(self, slots: Slots, scales: Mapping[int, float]) -> None:
        self._slots, self._spread = slots, dict(scales)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        adders = {length: gaussian_adder(scale) for length, scale in self._spread.items()}
        rows = (row for batch in batches for row in zip(*(c.to_pylist() for c in batch.columns), strict=True))
        for (length, number), group in group_in_order(rows, key=lambda row: row[:2]):
            valid = self._valid(length, number)
            cells = np.zeros(valid.size, np.int64)
            for _, _, places, counts in group:
                np.add.at(cells, np.frombuffer(places, np.int64), np.frombuffer(counts, np.int64))
            cells[valid] = adders[length](cells[valid])
            cells[~valid] = 0
            yield pa.record_batch(
                [pa.array([length], pa.int32()), pa.array([number], pa.int32()), pa.array([cells.tobytes()])],
                names=["length", "block", "counts"],
            )

    def _valid(self, length: int, number: int) -> np.ndarray:
        if length == 1:
            return np.ones(self._slots.attributes, np.bool_)
        return valid_cells(self._slots, lay_out(self._slots, length)[number]).ravel()
