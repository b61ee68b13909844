"""Published rows as numbers of the sensitive data's attributes; values without a number are counted by column.

Only attributes that at least k subjects hold have a number, so a value without one may not be published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from ctdc_spark.proof.encoding import EVERYBODY, count_held
from ctdc_spark.proof.findings import Finding
from ctdc_spark.proof.reported import CODED_COUNTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.pack import PackedCases
    from ctdc_spark.records.dictionary import Dictionary

CODED = f"length int, known boolean, {CODED_COUNTS}"
"""A published combination as numbers; where an attribute has none, known = false and its number is negative."""

SEPARATOR = "\x00"
"""Between a column and its value; in practice, no text in Spark or a delimited file contains it."""


def find_unknown_values(microdata: PackedCases, dictionary: Dictionary) -> Finding:
    """Count the values of the microdata that are not frequent attributes of the sensitive data.

    Args:
        microdata: published rows, with the dictionary's columns in its order.
        dictionary: the frequent attributes.
    """
    spark = microdata.frame.sparkSession
    values = count_held(microdata).where(F.col("column_index") != EVERYBODY)
    rows = list(zip(dictionary.column_of, dictionary.values, strict=True))
    known = spark.createDataFrame(rows, "column_index int, value string").withColumn("known", F.lit(1))
    unknown = F.col("known").isNull()
    row = (
        values.join(F.broadcast(known), ["column_index", "value"], "left")
        .agg(
            F.count(F.lit(1)).alias("checked"),
            F.count(F.when(unknown, 1)).alias("failed"),
            F.collect_set(F.when(unknown, F.col("column_index"))).alias("columns"),
        )
        .collect()[0]
    )
    names = tuple(sorted(dictionary.columns[i] for i in row["columns"]))
    return Finding("values", row["checked"], row["failed"], columns=names)


def code_combinations(aggregates: DataFrame, dictionary: Dictionary) -> DataFrame:
    """Number the attributes of published combinations.

    Args:
        aggregates: (length int, combination array<struct<column,value>>, protected_count bigint).
        dictionary: the frequent attributes.

    Returns:
        CODED.
    """
    rows = aggregates.select("length", "combination", "protected_count")
    return rows.mapInArrow(CombinationCoder(dictionary), CODED)


class CombinationCoder:
    """The kernel of `code_combinations`."""

    def __init__(self, dictionary: Dictionary) -> None:
        pairs = zip(dictionary.column_of, dictionary.values, strict=True)
        self._names = [f"{dictionary.columns[column]}{SEPARATOR}{value}" for column, value in pairs]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield CODED."""
        names = pa.array(self._names, pa.string())
        for batch in batches:
            lists = batch.column(1)
            pairs = lists.flatten()
            columns, values = pairs.field("column"), pairs.field("value")
            found = pc.index_in(pc.binary_join_element_wise(columns, values, SEPARATOR), value_set=names)
            number = np.asarray(pc.fill_null(found, -1)).astype(np.int64)
            lengths = np.asarray(pc.fill_null(lists.value_lengths(), 0)).astype(np.int64)
            row = np.repeat(np.arange(len(lists)), lengths)
            number = number[np.lexsort((number, row))]
            ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
            unknown = np.bincount(row[number < 0], minlength=len(lists)) > 0
            numbers = pa.ListArray.from_arrays(pa.array(ends), pa.array(number.astype(np.int32)))
            yield pa.record_batch(
                [
                    batch.column(0),
                    pa.array(~unknown),
                    numbers,
                    batch.column(2),
                ],
                names=["length", "known", "attributes", "protected_count"],
            )
