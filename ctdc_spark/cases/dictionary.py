"""Count the attributes of packed cases, and keep the frequent ones as the dictionary of a release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from ctdc_spark.errors import DataError
from ctdc_spark.records.counts import ExactCounts
from ctdc_spark.records.dictionary import MOST_ATTRIBUTES, Dictionary, order_attributes

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.pack import PackedCases


ALL_SUBJECTS = -1
"""Stands in place of a column index in the row that counts subjects."""


PARTIAL_COUNTS = "column_index int, value string, count bigint"


def count_attributes(packed: PackedCases, threshold: int, precision: int) -> tuple[Dictionary, ExactCounts]:
    """Count every attribute and keep those of at least `threshold` subjects, numbered by their protected counts.

    What is collected is bounded: only frequent attributes, at most MOST_ATTRIBUTES of them.

    Returns:
        The attributes, and how many subjects hold each.

    Raises:
        DataError: no attribute is frequent, fewer subjects than the threshold, or too many attributes.
    """
    counted = count_values(packed)
    kept = counted.where((F.col("count") >= threshold) | (F.col("column_index") == ALL_SUBJECTS))
    rows = kept.limit(MOST_ATTRIBUTES + 2).collect()
    subjects = sum(row["count"] for row in rows if row["column_index"] == ALL_SUBJECTS)
    found = [(row["count"], row["column_index"], row["value"]) for row in rows if row["column_index"] != ALL_SUBJECTS]
    attributes = order_attributes(found, packed.columns, (threshold, precision))
    _check(subjects, len(attributes), threshold)
    dictionary = Dictionary(
        packed.columns,
        tuple(column for _, column, _ in attributes),
        tuple(value for _, _, value in attributes),
        packed.multi_valued,
    )
    return dictionary, ExactCounts(tuple(count for count, _, _ in attributes), subjects)


def count_values(packed: PackedCases) -> DataFrame:
    """How many subjects hold each value of each column: (column_index, value, count), and all under ALL_SUBJECTS."""
    # (column_index, value, count within one block) -> (column_index, value, count)
    partial = packed.frame.select("subjects", "values", "counts").mapInArrow(_count_blocks, PARTIAL_COUNTS)
    return partial.groupBy("column_index", "value").agg(F.sum("count").alias("count"))


def _count_blocks(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Add up the values of each column over the blocks of a batch, and their subjects under the index ALL_SUBJECTS.

    Pure Arrow kernel from (subjects, values, counts) of PACKED_CASES to PARTIAL_COUNTS.
    """
    for batch in batches:
        subjects, values, counts = batch.columns
        of_block, inner = values.flatten(), counts.flatten()  # one list for each (block, column)
        columns = len(of_block) // max(1, batch.num_rows)
        index = np.tile(np.arange(columns, dtype=np.int32), batch.num_rows)
        index = np.repeat(index, np.asarray(of_block.value_lengths()))
        yield pa.record_batch(
            [
                pa.array(np.append(index, np.int32(ALL_SUBJECTS))),
                pa.concat_arrays([of_block.flatten(), pa.array([None], pa.string())]),
                pa.array(np.append(np.asarray(inner.flatten()), pc.sum(subjects).as_py() or 0).astype(np.int64)),
            ],
            names=["column_index", "value", "count"],
        )


def _check(subjects: int, attributes: int, threshold: int) -> None:
    if subjects < threshold:
        raise DataError(
            f"the data hold fewer subjects than the resolution k = {threshold}: nothing can be published. "
            "Lower reporting_resolution only if the policy allows it, or add data"
        )
    if not attributes:
        raise DataError(
            f"no attribute is held by at least k = {threshold} subjects: there is nothing to publish. "
            "Look for columns of identifiers or free numbers; bin them (bins) or group rare values (group_rare_values)"
        )
    if attributes > MOST_ATTRIBUTES:
        raise DataError(
            f"more than {MOST_ATTRIBUTES:,} attributes are held by at least k = {threshold} subjects. "
            "Leave out or bin the columns with the most values (`ctdc-spark check` names them)"
        )
