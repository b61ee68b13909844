"""What the plan needs to know of the records: how often each attribute occurs, by the number of those behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F

from ctdc_spark.combinations.plan import Measured, Prefix
from ctdc_spark.combinations.projection import behind_attribute
from ctdc_spark.records.blocks import gather
from ctdc_spark.records.records import Longs, Records

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MEASURES = "prefix bigint, attribute bigint, behind bigint, records bigint, subjects bigint"
"""For the records that hold a prefix (given by its index): how many hold the attribute with `behind` attributes behind
it, and how many subjects they stand for.
"""

ALL = -1
"""Takes the place of an attribute in the row that counts all records."""


def measure_records(records: DataFrame) -> tuple[Measured, int]:
    """Measure all records, in one pass and without a shuffle: each partition adds up its own.

    What is collected is bounded by attributes x longest record per partition: about 5,000 rows for 300 attributes.

    Args:
        records: ENCODED_RECORDS.

    Returns:
        What was measured, and the number of records.
    """
    table = _collect(records.mapInArrow(measure_partition, MEASURES))
    for_all = table[:, 1] == ALL
    (whole,) = _add_up(table[~for_all], 1)
    return whole, int(table[for_all, 3].sum())


def measure_prefixes(records: DataFrame, prefixes: Sequence[Prefix]) -> Mapping[Prefix, Measured]:
    """Measure the records behind each prefix, in one pass.

    What is collected is bounded by prefixes x attributes x longest record.

    Args:
        records: ENCODED_RECORDS.
        prefixes: at least one.

    Returns:
        The measurements of each prefix, all tables of the same shape.
    """
    measured = records.mapInArrow(Measurer(prefixes), MEASURES)
    sums = [F.sum(name).alias(name) for name in ("records", "subjects")]
    table = _collect(measured.groupBy("prefix", "attribute", "behind").agg(*sums))
    return dict(zip(prefixes, _add_up(table, len(prefixes)), strict=True))


def _collect(measured: DataFrame) -> Longs:
    """The rows of MEASURES."""
    return np.array([tuple(row) for row in measured.collect()], np.int64).reshape(-1, 5)


def _add_up(table: Longs, prefixes: int) -> list[Measured]:
    """The rows of MEASURES added up for each prefix."""
    place = table[:, :3]
    attributes, sizes = place[:, 1:].max(axis=0) + 1 if len(place) else (0, 1)
    records = np.zeros((prefixes, attributes, sizes), np.int64)
    subjects = np.zeros_like(records)
    np.add.at(records, tuple(place.T), table[:, 3])
    np.add.at(subjects, tuple(place.T), table[:, 4])
    return list(map(Measured, records, subjects))


def measure_partition(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The kernel of `measure_records`: MEASURES of a whole partition, and a row for ALL records."""
    whole, number = _measure(Records.empty()), 0
    for block in gather(batches):
        whole, number = whole + _measure(block), number + len(block)
    yield _to_batch(np.vstack([_list_rows(0, whole), [(0, ALL, 0, number, 0)]]))


class Measurer:
    """The kernel of `measure_prefixes`."""

    def __init__(self, prefixes: Sequence[Prefix]) -> None:
        self._prefixes = tuple(prefixes)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield MEASURES of each block of one partition."""
        for block in gather(batches):
            for index, prefix in enumerate(self._prefixes):
                records = block
                for attribute in prefix:
                    records = behind_attribute(records, attribute)
                yield _to_batch(_list_rows(index, _measure(records)))


def _measure(records: Records) -> Measured:
    lengths = records.lengths
    behind = np.repeat(records.offsets[1:], lengths) - np.arange(len(records.attributes)) - 1
    shape = (int(records.attributes.max()) + 1, int(behind.max()) + 1) if len(behind) else (0, 1)
    place = records.attributes.astype(np.int64) * shape[1] + behind
    counts = np.bincount(place, minlength=math.prod(shape))
    subjects = np.bincount(place, np.repeat(records.weights, lengths), math.prod(shape))
    return Measured(counts.reshape(shape), subjects.astype(np.int64).reshape(shape))


def _list_rows(index: int, measured: Measured) -> Longs:
    """Rows of MEASURES for one prefix."""
    attribute, behind = np.nonzero(measured.records)
    counts, subjects = measured.records[attribute, behind], measured.subjects[attribute, behind]
    return np.column_stack([np.full(len(attribute), index), attribute, behind, counts, subjects])


def _to_batch(rows: Longs) -> pa.RecordBatch:
    names = ["prefix", "attribute", "behind", "records", "subjects"]
    return pa.record_batch([pa.array(column) for column in rows.T], names=names)
