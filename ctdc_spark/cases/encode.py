"""From packed values to distinct weighted records of attribute ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.cases.pack import unpack_codes
from ctdc_spark.cases.records import Records, offsets_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from ctdc_spark.cases.dictionary import Dictionary
    from ctdc_spark.cases.pack import PackedCases

ENCODED_RECORDS = "attributes array<int>, weight bigint"
"""Distinct records: attribute ids ascending, and how many subjects have exactly these."""

NOT_FREQUENT = -1

ArrowKernel = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def encode_cases(packed: PackedCases, dictionary: Dictionary) -> DataFrame:
    """Replace values by attribute ids and count identical records once.

    Returns:
        ENCODED_RECORDS. A subject without any frequent attribute is an empty record: it still counts as a subject.
    """
    # one row a block -> (attributes, weight within one block) -> (attributes, weight)
    blocks = packed.frame.select("subjects", "values", "rows", "codes")
    encoded = blocks.mapInArrow(encoder(dictionary), ENCODED_RECORDS)
    return encoded.groupBy("attributes").agg(F.sum("weight").alias("weight")).select("attributes", "weight")


def encoder(dictionary: Dictionary) -> ArrowKernel:
    """A kernel that encodes blocks of PACKED_CASES (subjects, values, rows, codes) by this dictionary."""
    ids: list[dict[str, int]] = [{} for _ in dictionary.columns]
    for attribute, (column, value) in enumerate(zip(dictionary.column_of, dictionary.values, strict=True)):
        ids[column][value] = attribute

    def encode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for block in batch.to_pylist():
                cells = [
                    _look_up(values, unpack_codes(rows), unpack_codes(codes), of_column)
                    for values, rows, codes, of_column in zip(
                        block["values"], block["rows"], block["codes"], ids, strict=True
                    )
                ]
                records = _to_records(cells, block["subjects"], len(dictionary)).distinct()
                yield pa.record_batch([records.to_arrow(), pa.array(records.weights)], names=["attributes", "weight"])

    return encode


def _look_up(
    values: list[str], row: npt.NDArray[np.int32], code: npt.NDArray[np.int32], ids: dict[str, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The (row, attribute id) of each frequent value of a column in a block."""
    found = np.array([ids.get(value, NOT_FREQUENT) for value in values], np.int64)[code]
    frequent = found != NOT_FREQUENT
    return row[frequent].astype(np.int64), found[frequent]


def _to_records(cells: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]], rows: int, width: int) -> Records:
    keys = np.sort(np.concatenate([row * width + attribute for row, attribute in cells]))
    row, attribute = np.divmod(keys, width)
    offsets = offsets_of(np.bincount(row, minlength=rows))
    return Records(attribute.astype(np.int32), offsets, np.ones(rows, np.int64))
