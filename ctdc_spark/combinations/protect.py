"""Protected counts: what may be published of a combination's count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from ctdc_spark.records.counts import ProtectedCounts
from ctdc_spark.records.records import offsets_of

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from ctdc_spark.records.counts import ExactCounts
    from ctdc_spark.records.dictionary import Dictionary

READABLE = {
    "length": "int",
    "combination": "array<struct<column: string, value: string>>",
    "combination_text": "string",
    "protected_count": "bigint",
}
"""The columns of READABLE_COMBINATIONS and their types."""

READABLE_COMBINATIONS = ", ".join(f"{name} {kind}" for name, kind in READABLE.items())


class Resolution(Protocol):
    """States which counts may be reported: the settings, or the ledger's row of a release."""

    @property
    def threshold(self) -> int:
        """The smallest count that may be reported."""
        ...

    @property
    def precision(self) -> int:
        """The step between reported counts."""
        ...


def protect_count(count: int, threshold: int, precision: int) -> int | None:
    """The count that may be published, or None.

    protected(S) = floor(count(S) / precision) * precision if count(S) >= threshold and the result >= threshold.

    Example:
        >>> protect_count(37, 10, 10), protect_count(9, 10, 10), protect_count(12, 10, 7)
        (30, None, None)
    """
    rounded = count // precision * precision
    return rounded if count >= threshold and rounded >= threshold else None


def protect_counts(counts: ExactCounts, resolution: Resolution) -> ProtectedCounts:
    """What may be published of the counts of single attributes and of all subjects."""
    threshold, precision = resolution.threshold, resolution.precision
    of_attribute = tuple(protect_count(count, threshold, precision) or 0 for count in counts.of_attribute)
    return ProtectedCounts(of_attribute, protect_count(counts.subjects, threshold, precision) or 0)


def protected(count: Column, threshold: int, precision: int) -> Column:
    """`protect_count` as an expression: null where nothing may be published."""
    rounded = count - F.pmod(count, F.lit(precision))
    return F.when((count >= threshold) & (rounded >= threshold), rounded)


def protect_combinations(counts: DataFrame, threshold: int, precision: int) -> DataFrame:
    """Replace exact counts by protected ones and drop what may not be reported.

    Args:
        counts: COMBINATION_COUNTS.
        threshold: smallest count to report.
        precision: step between reported counts.

    Returns:
        (combination array<int>, protected_count bigint).
    """
    rounded = counts.select("combination", protected(F.col("count"), threshold, precision).alias("protected_count"))
    return rounded.where(F.col("protected_count").isNotNull())


def decode_combinations(protected_counts: DataFrame, dictionary: Dictionary) -> DataFrame:
    """Replace attribute ids by columns and values, attributes in the input's column order.

    Args:
        protected_counts: (combination array<int>, protected_count bigint).
        dictionary: the attributes.

    Returns:
        READABLE_COMBINATIONS.
    """
    return protected_counts.mapInArrow(CombinationDecoder(dictionary), READABLE_COMBINATIONS)


def escape(text: str, *, is_column: bool) -> str:
    r"""Put a backslash before whatever would break the readable form `column:value;column:value`.

    Example:
        >>> escape("a;b", is_column=False), escape("a:b", is_column=True), escape("a:b", is_column=False)
        ('a\\;b', 'a\\:b', 'a:b')
    """
    quoted = text.replace("\\", "\\\\").replace(";", "\\;")
    return quoted.replace(":", "\\:") if is_column else quoted


class CombinationDecoder:
    """The kernel of `decode_combinations`: look-ups in two arrays, whole batches at a time."""

    def __init__(self, dictionary: Dictionary, columns: Sequence[str] = tuple(READABLE)) -> None:
        order = dictionary.reading_order()
        self._rank = np.empty(len(order), np.int64)
        self._rank[order] = np.arange(len(order))
        self._columns = [dictionary.columns[dictionary.column_of[i]] for i in order]
        self._values = [dictionary.values[i] for i in order]
        self._wanted = tuple(columns)

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield READABLE_COMBINATIONS, or the requested columns of it."""
        pairs = list(zip(self._columns, self._values, strict=True))
        written = [f"{escape(c, is_column=True)}:{escape(v, is_column=False)}" for c, v in pairs]
        columns, values, texts = (pa.array(words, pa.string()) for words in (self._columns, self._values, written))
        for batch in batches:
            lists = batch.column(0)
            lengths = np.asarray(lists.value_lengths()).astype(np.int64)
            row = np.repeat(np.arange(len(lists)), lengths)
            rank = pa.array(np.sort(row * len(texts) + self._rank[np.asarray(lists.flatten())]) - row * len(texts))
            offsets = pa.array(offsets_of(lengths).astype(np.int32))
            made = {"length": pa.array(lengths.astype(np.int32)), "protected_count": batch.column(1)}
            if "combination" in self._wanted:
                pair = pa.StructArray.from_arrays([columns.take(rank), values.take(rank)], ["column", "value"])
                made["combination"] = pa.ListArray.from_arrays(offsets, pair)
            if "combination_text" in self._wanted:
                made["combination_text"] = pc.binary_join(pa.ListArray.from_arrays(offsets, texts.take(rank)), ";")
            yield pa.record_batch([made[name] for name in self._wanted], names=list(self._wanted))
