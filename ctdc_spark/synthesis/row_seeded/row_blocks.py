"""The row-seeded synthesizer on Spark: blocks of records by a hash of their contents, each synthesized on its own.

A record that k subjects of one block share is shared by at least k of all subjects, so blocks are independent and
splitting does not weaken the guarantee. Blocks depend on the records and the seed alone, never on the partitions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.records.blocks import to_rows, unpack_rows
from ctdc_spark.records.in_order import group_in_order
from ctdc_spark.records.records import Ids, Records, concatenate
from ctdc_spark.synthesis.row_seeded.row_seeded import slots_of, synthesize_rows
from ctdc_spark.synthesis.task import SYNTHETIC_RECORDS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.synthesis.task import SynthesisTask

BLOCK_CELLS = 8_000_000
"""Cells (records x slots) of a block: about 250 MB in a worker while its tree grows."""


def synthesize_row_seeded(task: SynthesisTask, records: DataFrame) -> DataFrame:
    """Make synthetic records, every one contained in the records of at least k subjects.

    Args:
        task: its dictionary, threshold and seed are used.
        records: ENCODED_RECORDS (sensitive). Their exact counts decide what is kept together.

    Returns:
        SYNTHETIC_RECORDS.
    """
    rows, dictionary, settings = unpack_rows(records), task.dictionary, task.settings
    slots = slots_of(np.array(dictionary.column_of, np.int32), dictionary.multi_valued)
    blocks = 1 + rows.count() * (int(slots.max(initial=0)) + 1) // BLOCK_CELLS
    block = F.pmod(F.xxhash64("attributes", F.lit(settings.seed)), F.lit(blocks)).cast("int")
    kernel = RowSynthesizer(slots, settings.threshold, settings.seed)
    # (attributes, weight) -> (block, attributes, weight) -> (attributes, copies of one block) -> (attributes, copies)
    placed = rows.select(block.alias("block"), "attributes", "weight")
    made = placed.repartition(blocks, "block").sortWithinPartitions("block").mapInArrow(kernel, SYNTHETIC_RECORDS)
    return made.groupBy("attributes").agg(F.sum("weight").alias("weight")).select("attributes", "weight")


class RowSynthesizer:
    """The kernel of one partition: whole blocks, one after the other, identified by their first column."""

    def __init__(self, slots: Ids, threshold: int, seed: int) -> None:
        self._slots = slots
        self._threshold = threshold
        self._seed = seed

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield SYNTHETIC_RECORDS of each block."""
        for block, records in _blocks(batches):
            rng = np.random.default_rng([self._seed, block])
            made = synthesize_rows(records.distinct(), self._slots, self._threshold, rng)
            yield to_rows(made)


def _blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, Records]]:
    for block, parts in group_in_order(_split_batches(batches), lambda part: part[0]):
        yield block, concatenate([records for _, records in parts])


def _split_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, Records]]:
    for batch in batches:
        numbers = np.asarray(batch.column(0))
        records = Records.from_arrow(batch.column(1), batch.column(2))
        for block in np.unique(numbers):
            yield int(block), records.take(np.flatnonzero(numbers == block))
