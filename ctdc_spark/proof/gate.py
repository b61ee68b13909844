"""The gate: every synthetic record is contained in the records of at least k subjects, or nothing is published.

    sensitive records --cut by attribute range-->  \
                                                     one unit: its asked records first, then blocks of sensitive ones
    asked records --by their lowest attribute-->   /

`asked` records are those whose support is wanted. The check is exact and covers all records. Every combination within a
record that passes is frequent as well, because counts are anti-monotone (definition of strict: count(r) >= k).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.engine.partitioning import MOST_PLACED, keys_of
from ctdc_spark.proof.gathering import each_unit, gather, merge_equal
from ctdc_spark.proof.ranges import cut_to_ranges, place_by_lowest, split_attributes
from ctdc_spark.proof.support import count_support
from ctdc_spark.records.blocks import pack_block, unpack_blocks
from ctdc_spark.records.records import Records, concatenate

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.records.counts import AttributeCounts
    from ctdc_spark.records.dictionary import Dictionary
    from ctdc_spark.records.records import Longs

SUPPORT = "attributes array<int>, subjects bigint"
"""A record and the number of subjects whose records contain it."""

MARKED_BLOCKS = "unit int, attributes binary, lengths binary, weights binary, asked boolean"


@dataclass(frozen=True)
class Proof:
    """What the gate established.

    Attributes:
        checked: distinct synthetic records.
        failed: those that do not keep the guarantee.
        strict: those held by at least k subjects; None: all that passed, as under the strict guarantee.
        sets: what `checked` and `failed` count, in words.
        lengths: numbers of attributes of those that failed.
        attributes: those that occur in what failed; they serve to name columns and are never shown.
    """

    checked: int
    failed: int
    strict: int | None = None
    sets: str = "distinct synthetic records"
    lengths: tuple[int, ...] = ()
    attributes: tuple[int, ...] = ()

    @property
    def strict_share(self) -> float:
        """Share of the distinct records that at least k subjects hold, rounded down to two digits if below one."""
        held = self.checked - self.failed if self.strict is None else self.strict
        return 1.0 if held == self.checked else int(100 * held / max(1, self.checked)) / 100

    def columns(self, dictionary: Dictionary) -> list[str]:
        """The columns of what failed."""
        return sorted({dictionary.columns[dictionary.column_of[a]] for a in self.attributes})


def examine_strict(synthetic: DataFrame, sensitive: DataFrame, counts: AttributeCounts, threshold: int) -> Proof:
    """Establish for every synthetic record r whether count(r) >= threshold.

    Args:
        synthetic: SYNTHETIC_RECORDS.
        sensitive: ENCODED_RECORDS.
        counts: of any kind; they serve to split the work evenly, and no result depends on them.
        threshold: k.
    """
    asked = synthetic.select("attributes")
    return check_support(asked, measure_support(asked, sensitive, counts), threshold)


def check_support(asked: DataFrame, support: DataFrame, threshold: int) -> Proof:
    """Compare the support of each asked set with the threshold.

    Args:
        asked: (attributes array<int>), distinct.
        support: SUPPORT.
        threshold: k.
    """
    # every asked record must come back: one that no unit answered for counts as failed
    answered = asked.join(support, "attributes", "left")
    failed = F.coalesce("subjects", F.lit(0)) < threshold
    row = answered.agg(
        F.count(F.lit(1)).alias("checked"),
        F.count(F.when(failed, 1)).alias("failed"),
        F.sort_array(F.collect_set(F.when(failed, F.size("attributes")))).alias("lengths"),
        # bounded by the number of attributes
        F.array_distinct(F.flatten(F.collect_set(F.when(failed, F.col("attributes"))))).alias("attributes"),
    ).collect()[0]
    return Proof(row["checked"], row["failed"], lengths=tuple(row["lengths"]), attributes=tuple(row["attributes"]))


def measure_support(asked: DataFrame, sensitive: DataFrame, counts: AttributeCounts) -> DataFrame:
    """Count for each asked record the subjects that hold all its attributes.

    Args:
        asked: (attributes array<int>), distinct.
        sensitive: ENCODED_RECORDS.
        counts: of any kind; they serve to split the work evenly, and no result depends on them.

    Returns:
        SUPPORT. Asked records without attributes are left out.
    """
    edges = split_attributes(counts.of_attribute)
    weighted = asked.where(F.size("attributes") > 0).select("attributes", F.lit(1).cast("bigint").alias("weight"))
    # (attributes, weight) -> (unit, block of records, whether they are the asked ones)
    questions = weighted.mapInArrow(Placer(edges), MARKED_BLOCKS)
    blocks = sensitive.mapInArrow(Cutter(edges), MARKED_BLOCKS)
    return bring_together(questions.unionByName(blocks), len(edges) - 1).mapInArrow(count_unit_support, SUPPORT)


def bring_together(blocks: DataFrame, units: int) -> DataFrame:
    """MARKED_BLOCKS with the rows of a unit adjacent, the asked records first.

    The assignment of numbers to partitions is shared with the counting engine. No row passes through that code, and
    wherever a unit goes, all its rows go.
    """
    key = F.col("unit")
    if units <= MOST_PLACED:
        key = F.expr(f"element_at(array({', '.join(map(str, keys_of(units)))}), unit + 1)")
    return blocks.repartition(units, key).sortWithinPartitions("unit", F.desc("asked"))


class Placer:
    """Send each asked record to the unit of its lowest attribute."""

    def __init__(self, edges: Longs) -> None:
        self._edges = edges

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield rows of MARKED_BLOCKS."""
        for records in gather(batches):
            for unit, mine in place_by_lowest(records, self._edges):
                yield _marked(pack_block(unit, mine), asked=True)


class Cutter:
    """Send to each unit the sensitive records that hold an attribute of its range, from that attribute on."""

    def __init__(self, edges: Longs) -> None:
        self._edges = edges

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield rows of MARKED_BLOCKS."""
        for records in gather(batches):
            for unit, cut in cut_to_ranges(records, self._edges):
                yield _marked(pack_block(unit, merge_equal(cut)), asked=False)


def count_unit_support(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Count the support of each unit's asked records; sensitive blocks pass one at a time."""
    marks = _with_marks(batches)
    for unit, rows in each_unit(marks):
        questions: list[Records] = []
        asked, counts = None, np.zeros(0, np.int64)
        for _, is_asked, records in rows:
            if is_asked and asked is not None:
                raise RuntimeError(f"questions of unit {unit} came after its records: they would not be answered")
            if is_asked:
                questions.append(records)
                continue
            if asked is None:  # the asked records come first: now they are complete
                asked = concatenate(questions)
                counts = np.zeros(len(asked), np.int64)
            counts += count_support(records, asked)
        if asked is None:  # no sensitive record holds an attribute of this unit
            asked = concatenate(questions)
            counts = np.zeros(len(asked), np.int64)
        yield pa.record_batch([asked.to_arrow(), pa.array(counts)], names=["attributes", "subjects"])


def _with_marks(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, bool, Records]]:
    for batch in batches:
        marks = batch.column(4)
        for row, (unit, records) in enumerate(unpack_blocks([batch.select(range(4))])):
            yield unit, marks[row].as_py(), records


def _marked(block: pa.RecordBatch, *, asked: bool) -> pa.RecordBatch:
    return pa.record_batch([*block.columns, pa.array([asked])], names=[*block.schema.names, "asked"])
