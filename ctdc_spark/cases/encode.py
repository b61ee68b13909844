"""From prepared values to distinct weighted records of attribute ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from ctdc_spark.cases.records import Records, offsets_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.dictionary import Dictionary
    from ctdc_spark.cases.prepare import PreparedCases

ENCODED_RECORDS = "attributes array<int>, weight bigint"
"""Distinct records: attribute ids ascending, and how many subjects have exactly these."""

ArrowKernel = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def encode_cases(prepared: PreparedCases, dictionary: Dictionary) -> DataFrame:
    """Replace values by attribute ids and count identical records once.

    Returns:
        ENCODED_RECORDS. A subject without any frequent attribute is an empty record: it still counts as a subject.
    """
    # (c0, c1, ..) -> (attributes, weight within one batch) -> (attributes, weight)
    encoded = prepared.frame.mapInArrow(encoder(dictionary), ENCODED_RECORDS)
    return encoded.groupBy("attributes").agg(F.sum("weight").alias("weight")).select("attributes", "weight")


def encoder(dictionary: Dictionary) -> ArrowKernel:
    """A kernel that encodes batches of prepared values by this dictionary."""
    columns = len(dictionary.columns)
    ids = [[i for i, c in enumerate(dictionary.column_of) if c == column] for column in range(columns)]
    values = [[dictionary.values[i] for i in members] for members in ids]
    lookups = [np.array([*members, -1], np.int64) for members in ids]

    def encode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        known = [pa.array(names, pa.string()) for names in values]
        for batch in batches:
            cells = [_look_up(column, known[i], lookups[i]) for i, column in enumerate(batch.columns)]
            records = _to_records(cells, batch.num_rows, len(dictionary)).distinct()
            yield pa.record_batch([records.to_arrow(), pa.array(records.weights)], names=["attributes", "weight"])

    return encode


def _look_up(
    column: pa.Array, known: pa.Array, ids: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The (row, attribute id) of each frequent value in a column of strings or of lists of strings."""
    if pa.types.is_list(column.type):
        rows = np.repeat(np.arange(len(column)), np.asarray(pc.fill_null(pc.list_value_length(column), 0)))
        column = column.flatten()
    else:
        rows = np.arange(len(column))
    # a value that is not known is null here, and -1 after the look-up, as are absent values
    found = ids[np.asarray(pc.fill_null(pc.index_in(column, value_set=known, skip_nulls=True), len(ids) - 1))]
    frequent = found >= 0
    return rows[frequent].astype(np.int64), found[frequent]


def _to_records(cells: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]], rows: int, width: int) -> Records:
    keys = np.unique(np.concatenate([row * width + attribute for row, attribute in cells]))
    row, attribute = np.divmod(keys, width)
    offsets = offsets_of(np.bincount(row, minlength=rows))
    return Records(attribute.astype(np.int32), offsets, np.ones(rows, np.int64))
