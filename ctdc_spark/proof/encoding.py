"""The values of packed cases as numbers, counted and numbered by the proof itself.

    packed values --count--> the attributes that at least k subjects hold
    packed values --look up--> records of their numbers, equal ones as one

The stage `cases` does the same for the synthesizer and the counting engine in separate code, so that a fault in one is
not repeated in the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.errors import DataError
from ctdc_spark.proof.gathering import content_keys, each_unit, from_cells, merge_equal, sort_distinct
from ctdc_spark.records.blocks import ENCODED_RECORDS, STORED_CELLS, UNIT_BLOCKS, pack_block, pack_pieces, unpack_blocks
from ctdc_spark.records.counts import ExactCounts
from ctdc_spark.records.dictionary import Dictionary
from ctdc_spark.records.records import Records, concatenate, unpack_numbers

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.pack import PackedCases
    from ctdc_spark.records.records import Longs

HELD = "column_index int, value string, subjects bigint"
"""A value and how many subjects hold it; under EVERYBODY, how many subjects there are."""

EVERYBODY = -1

MOST_ATTRIBUTES = 100_000
"""Frequent attributes held on the driver and sent to every worker: about 10 MB at this bound."""

PART_CELLS = 4_000_000
"""Cells (subjects x columns) of the records brought together as one part: they take some 100 MB meanwhile."""


def count_held(packed: PackedCases) -> DataFrame:
    """HELD, each value once: how many subjects hold each value of each column, and how many subjects there are."""
    # block of subjects -> (column, value, subjects of one task) -> (column, value, subjects)
    counted = packed.frame.select("subjects", "values", "rows", "codes").mapInArrow(count_blocks, HELD)
    return counted.groupBy("column_index", "value").agg(F.sum("subjects").alias("subjects"))


def list_frequent(packed: PackedCases, threshold: int, precision: int) -> tuple[Dictionary, ExactCounts]:
    """The attributes that at least `threshold` subjects hold, numbered from the rarest up, with their true counts.

    They are ordered by protected counts: the numbering determines how many combinations are checked, and that number is
    published.

    Raises:
        DataError: there are too few subjects, no attribute is held by enough of them, or there are too many attributes.
    """
    held = count_held(packed).where((F.col("subjects") >= threshold) | (F.col("column_index") == EVERYBODY))
    rows = held.limit(MOST_ATTRIBUTES + 2).collect()
    subjects = sum(row["subjects"] for row in rows if row["column_index"] == EVERYBODY)
    found = sorted(
        (
            row["subjects"] // precision,
            packed.columns[row["column_index"]],
            row["value"],
            row["column_index"],
            row["subjects"],
        )
        for row in rows
        if row["column_index"] != EVERYBODY
    )
    if subjects < threshold or not found or len(found) > MOST_ATTRIBUTES:
        raise DataError(
            f"the sensitive input has {'fewer than' if subjects < threshold else 'at least'} k = {threshold} subjects, "
            f"and {'more than ' * (len(found) > MOST_ATTRIBUTES)}{min(len(found), MOST_ATTRIBUTES):,} attributes that "
            f"at least k of them hold; allowed: at least k, and 1 to {MOST_ATTRIBUTES:,}. No release can be verified "
            "against it"
        )
    _, _, values, column_of, counts = zip(*found, strict=True)
    return Dictionary(packed.columns, column_of, values, packed.multi_valued), ExactCounts(counts, subjects)


def encode_anew(packed: PackedCases, dictionary: Dictionary, subjects: int) -> DataFrame:
    """Records as numbers of the dictionary; values without a number are left out.

    Args:
        packed: sensitive or published cases.
        dictionary: the attributes.
        subjects: how many cases there are.

    Returns:
        ENCODED_RECORDS. A subject with no attribute of the dictionary is an empty record.
    """
    parts = 1 + subjects * len(packed.columns) // PART_CELLS
    encode = BlockEncoder(dictionary, parts)
    blocks = packed.frame.select("subjects", "values", "rows", "codes")
    if parts == 1:
        return blocks.coalesce(1).mapInArrow(lambda batches: join_equal(encode(batches)), ENCODED_RECORDS)
    # block of subjects -> (part, its records of one block) -> the records of each part
    encoded = blocks.mapInArrow(encode, UNIT_BLOCKS).repartition(parts, "unit").sortWithinPartitions("unit")
    return encoded.mapInArrow(join_equal, ENCODED_RECORDS)


def count_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The kernel of `count_held`: HELD of each block."""
    for batch in batches:
        for block in batch.to_pylist():
            rows: list[tuple[int, str | None, int]] = [(EVERYBODY, None, block["subjects"])]
            for column, values, row, code in _columns(block):
                if np.any(row[1:] <= row[:-1]):  # several values of one subject: each counts once
                    code = sort_distinct(row * len(values) + code) % len(values)
                held = np.bincount(code, minlength=len(values)).tolist()
                rows += [(column, value, subjects) for value, subjects in zip(values, held, strict=True)]
            kinds = {"column_index": pa.int32(), "value": pa.string(), "subjects": pa.int64()}
            columns = [pa.array(part, kind) for part, kind in zip(zip(*rows, strict=True), kinds.values(), strict=True)]
            yield pa.record_batch(columns, names=list(kinds))


class BlockEncoder:
    """The first kernel of `encode_anew`."""

    def __init__(self, dictionary: Dictionary, parts: int) -> None:
        pairs = zip(dictionary.column_of, dictionary.values, strict=True)
        self._number = {pair: number for number, pair in enumerate(pairs)}
        self._parts = parts

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield rows of UNIT_BLOCKS; equal records belong to one part, whichever block they come from."""
        for batch in batches:
            for block in batch.to_pylist():
                records = merge_equal(self._encode(block))
                part = content_keys(records) % np.uint64(self._parts)
                for number in np.unique(part):
                    yield pack_block(int(number), records.take(np.flatnonzero(part == number)))

    def _encode(self, block: dict[str, Any]) -> Records:
        rows, attributes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for column, values, row, code in _columns(block):
            numbers = np.array([self._number.get((column, value), -1) for value in values], np.int64)[code]
            rows.append(row[numbers >= 0])
            attributes.append(numbers[numbers >= 0])
        width = max(1, len(self._number))
        return from_cells(np.concatenate(rows), np.concatenate(attributes), block["subjects"], width)


def join_equal(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The second kernel of `encode_anew`: UNIT_BLOCKS, with those of a part adjacent, to ENCODED_RECORDS."""
    for _, blocks in each_unit(unpack_blocks(batches)):
        records = merge_equal(concatenate([records for _, records in blocks]))
        yield from pack_pieces(records, 1 + len(records.attributes) // STORED_CELLS)


def _columns(block: dict[str, Any]) -> Iterator[tuple[int, list[str], Longs, Longs]]:
    """For each column of a block: its number, its values, and the (subject, index of the value) of each cell."""
    for column, (values, rows, codes) in enumerate(zip(block["values"], block["rows"], block["codes"], strict=True)):
        yield column, values, unpack_numbers(rows).astype(np.int64), unpack_numbers(codes).astype(np.int64)
