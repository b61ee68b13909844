"""What the plan has to know of the records: how often each attribute occurs with how much behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ctdc_spark.cases.blocks import STORED_CELLS, read_records
from ctdc_spark.cases.records import Records, concatenate
from ctdc_spark.combinations.plan import Measured, Prefix
from ctdc_spark.combinations.projection import behind_attribute

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MEASURES = "prefix int, attribute int, behind int, records bigint, subjects bigint"
"""For the records that hold a prefix: how many hold the attribute with so many attributes behind it."""

ALL = -1
"""Stands in place of an attribute in the row that counts all records."""


def measure_prefixes(records: DataFrame, prefixes: Sequence[Prefix]) -> tuple[Mapping[Prefix, Measured], int]:
    """Measure the records behind each prefix, in one pass.

    What is collected is bounded: prefixes x attributes x longest record; about 5,000 rows for 300 attributes and the
    empty prefix.

    Args:
        records: ENCODED_RECORDS.
        prefixes: () stands for all records.

    Returns:
        What was measured for each prefix, all tables of the same shape, and the number of records.
    """
    measured = records.mapInArrow(measurer(prefixes), MEASURES)
    rows = measured.groupBy("prefix", "attribute", "behind").sum("records", "subjects").collect()
    table = np.array([tuple(row) for row in rows], np.int64).reshape(-1, 5)
    number = int(table[table[:, 1] == ALL, 3].sum())
    table = table[table[:, 1] != ALL]
    shape = tuple(table[:, [1, 2]].max(axis=0) + 1) if len(table) else (0, 1)
    found: dict[Prefix, Measured] = {}
    for index, prefix in enumerate(prefixes):
        _, attribute, behind, count, subjects = table[table[:, 0] == index].T
        counts, weights = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        counts[attribute, behind], weights[attribute, behind] = count, subjects
        found[prefix] = Measured(counts, weights)
    return found, number


class measurer:  # noqa: N801 - used as a function
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
                yield _tabulate(index, records)


def gather(batches: Iterable[pa.RecordBatch]) -> Iterator[Records]:
    """Join the records of ENCODED_RECORDS or RECORD_ROWS, into blocks of up to STORED_CELLS attributes."""
    waiting: list[Records] = []
    cells = 0
    for records in read_records(batches):
        if waiting and cells + len(records.attributes) > STORED_CELLS:
            yield concatenate(waiting)
            waiting, cells = [], 0
        waiting.append(records)
        cells += len(records.attributes)
    if waiting:
        yield concatenate(waiting)


def _tabulate(index: int, records: Records) -> pa.RecordBatch:
    lengths = records.lengths
    behind = np.repeat(records.offsets[1:], lengths) - np.arange(len(records.attributes)) - 1
    width = int(behind.max()) + 1 if len(behind) else 1
    key = records.attributes.astype(np.int64) * width + behind
    counts = np.bincount(key)
    subjects = np.bincount(key, np.repeat(records.weights, lengths))
    found = np.flatnonzero(counts)
    columns = [
        np.full(len(found) + 1, index, np.int32),
        np.append(found // width, ALL).astype(np.int32),
        np.append(found % width, 0).astype(np.int32),
        np.append(counts[found], len(records) if index == 0 else 0).astype(np.int64),
        np.append(subjects[found], records.weights.sum()).astype(np.int64),
    ]
    return pa.record_batch(
        [pa.array(column) for column in columns], names=["prefix", "attribute", "behind", "records", "subjects"]
    )
