"""The oracle that has the sensitive records, and keeps them to itself.

records --cut by unit--> bitmaps (kept for all questions) --shuffle by unit--> one unit: its question answered
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.combinations.counting import count_combinations, plan_counting
from ctdc_spark.combinations.plan import Limits
from ctdc_spark.engine.partitioning import partition_by_unit
from ctdc_spark.records.blocks import UNIT_BLOCKS, collect_blocks, gather, pack_block
from ctdc_spark.records.in_order import group_in_order
from ctdc_spark.synthesis.oracle.bitmap_support import BitmapSupport
from ctdc_spark.synthesis.oracle.bitmaps import BITMAPS, join_bitmaps, pack_bitmaps, unpack_rows
from ctdc_spark.synthesis.oracle.questions import Question, Units
from ctdc_spark.synthesis.oracle.unit_records import choose_part, hold_unit, leave_out_rarer

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.io.parquet import Materialize
    from ctdc_spark.records.records import Records


class RecordsOracle:
    """A `FrequencyOracle` over encoded records.

    Args:
        records: ENCODED_RECORDS.
        threshold: k.
        max_combinations: how many may be listed.
        materialize: stores what the units hold in the sensitive place.
    """

    def __init__(self, records: DataFrame, threshold: int, max_combinations: int, materialize: Materialize) -> None:
        self._records = records
        self._threshold = threshold
        self._max_combinations = max_combinations
        self._materialize = materialize

    def list_frequent(self, beyond: int, up_to: int) -> DataFrame:
        """Found like the reported combinations, but returned without counts."""
        plan = plan_counting(self._records, Limits(self._threshold, up_to), self._max_combinations)
        counts = count_combinations(self._records, plan)
        return counts.where(F.size("combination") > beyond).select("combination")

    def divide(self, units: Units) -> BitmapUnits:
        """Cut the records by unit, once for all questions."""
        bitmaps = self._materialize("growth_bitmaps", self._records.mapInArrow(UnitCutter(units), BITMAPS), BITMAPS)
        return BitmapUnits(bitmaps, units, self._threshold)


class BitmapUnits:
    """A `UnitOracle` whose units are tasks.

    Args:
        bitmaps: BITMAPS, as stored.
        units: how they were cut.
        threshold: k.
    """

    def __init__(self, bitmaps: DataFrame, units: Units, threshold: int) -> None:
        self._bitmaps = partition_by_unit(bitmaps, len(units.shares))
        self._attributes = len(units.unit_of)
        self._threshold = threshold

    def ask(self, question: Question, units: Collection[int]) -> list[Records]:
        """Run one job."""
        kernel = UnitAnswerer(question, frozenset(units), (self._attributes, self._threshold))
        return collect_blocks(self._bitmaps.mapInArrow(kernel, UNIT_BLOCKS))


class UnitCutter:
    """The map side: sends each unit the records that hold one of its attributes, or a part of them, as bitmaps."""

    def __init__(self, units: Units) -> None:
        self._units = units

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield rows of BITMAPS; attributes are numbered as in the units."""
        unit_of = self._units.unit_of
        for records in gather(batches):
            kept = leave_out_rarer(records, self._units.first)
            for unit, share in enumerate(self._units.shares.tolist()):
                held = choose_part(hold_unit(kept, unit_of, unit), share)
                yield from pack_bitmaps(unit, held, len(unit_of))


class UnitAnswerer:
    """The reduce side: joins the bitmaps of a unit and answers its question.

    Args:
        question: what is asked.
        units: the units that are asked.
        known: how many attributes there are, and k.
    """

    def __init__(self, question: Question, units: frozenset[int], known: tuple[int, int]) -> None:
        self._question = question
        self._units = units
        self._attributes, self._threshold = known

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield what was made from the answers in each unit of one partition, as rows of UNIT_BLOCKS."""
        for unit, rows in group_in_order(unpack_rows(batches), key=lambda row: row[0]):
            parts = [part for _, part in rows]
            if unit in self._units:
                support = BitmapSupport(join_bitmaps(parts, self._attributes), self._threshold)
                yield pack_block(unit, self._question(unit, support))
