"""Reported counts as the input: the way back from columns and values to numbered attributes.

    file of reported counts --parse--> combination, protected_count   (as in the published table)
    combinations of one attribute --> dictionary
    combinations --look up--> combinations of attribute ids

For those who hold published counts but no case records: ours, or those of Synthetic Data Showcase.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from ctdc_spark.cases.unicode_form import normalize_texts
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.errors import DataError
from ctdc_spark.io import files
from ctdc_spark.io.formulas import unquote_formulas
from ctdc_spark.records.counts import ProtectedCounts
from ctdc_spark.records.dictionary import MOST_ATTRIBUTES, Dictionary, order_attributes
from ctdc_spark.records.records import offsets_of

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from ctdc_spark.settings import Settings

NAMED_COUNTS = "combination array<struct<column: string, value: string>>, protected_count bigint"
"""What may be said about a combination, as the published table has it."""

COLUMNS_OF_FILE = ["selections", "protected_count"]

SUBJECTS_ROW = "record_count"
"""Stands in place of a combination in the row that gives the number of subjects."""

NUMBERED = "combination array<int>, count bigint"

AS_REPORTED = (1, 1)
"""Threshold and precision of counts that are protected already: they are not rounded again."""

UNKNOWN = -1

BETWEEN = "\x1f"
"""Joins column and value for a look-up; a control character that separates fields."""


def open_reported(spark: SparkSession, settings: Settings) -> tuple[DataFrame, int]:
    """Read the file of reported counts: `column:value;column:value`, a tab, and the protected count.

    Returns:
        NAMED_COUNTS, and the protected number of subjects.

    Raises:
        DataError: it cannot be read, has other columns, or counts that are not protected as the settings say.
    """
    path = str(settings.reported_aggregates_path)
    place = f"reported_aggregates_path: {files.hide_credentials(path)}"
    with explained_failures(place):
        raw = spark.read.csv(path, sep="\t", header=True, quote='"', escape='"', multiLine=True, enforceSchema=False)
        if raw.columns != COLUMNS_OF_FILE:
            raise DataError(f"{place} has the columns {', '.join(raw.columns)}; allowed: {', '.join(COLUMNS_OF_FILE)}")
        count = F.col("protected_count")
        selections = unquote_formulas(F.col("selections")).alias("selections")
        rows = raw.select(selections, F.expr("try_cast(protected_count as bigint)").alias("protected_count"))
        rows = normalize_texts(rows, settings)
        is_total = F.coalesce("selections", F.lit("")) == SUBJECTS_ROW
        subjects = rows.where(is_total).select("protected_count").limit(2).collect()
        pairs = F.transform(F.split("selections", ";"), _split_pair)
        reported = rows.where(~is_total).select(pairs.alias("combination"), "protected_count")
        unnamed = F.exists("combination", lambda pair: (pair["column"] == "") | (pair["value"] == ""))
        is_odd = count.isNull() | (count < settings.threshold) | (F.pmod(count, F.lit(settings.precision)) != 0)
        odd = reported.where(F.col("combination").isNull() | unnamed | is_odd).count()
    if odd or len(subjects) != 1 or subjects[0][0] is None:
        raise DataError(
            f"{place}: found {len(subjects)} rows of {SUBJECTS_ROW}, and {odd:,} others that are not of the form "
            f"column:value;column:value, or whose protected_count is not a multiple of {settings.precision} of at "
            f"least {settings.threshold}; allowed: one and none (give the reporting_resolution with which it was made)"
        )
    lowered = int(subjects[0][0]) // settings.precision * settings.precision  # whoever made the file may not have
    return reported, lowered if lowered >= settings.threshold else 0


@dataclass(frozen=True)
class NumberedInput:
    """A file of reported counts in numbers.

    Attributes:
        dictionary: the attributes that have a reported count.
        counts: of these, and of all subjects.
        combinations: COMBINATION_COUNTS up to the reporting length, with the protected counts in place of exact ones.
    """

    dictionary: Dictionary
    counts: ProtectedCounts
    combinations: DataFrame


def number_reported(spark: SparkSession, settings: Settings) -> NumberedInput:
    """The file of reported counts in numbers.

    Raises:
        DataError: as `open_reported` and `number_attributes` do, or the file lacks a column of the settings.
    """
    reported, subjects = open_reported(spark, settings)
    dictionary, counts = number_attributes(reported, subjects, settings.use_columns)
    known = {dictionary.columns[column] for column in dictionary.column_of}
    unknown = [name for name in settings.use_columns if name not in known]
    if unknown:
        raise DataError(f"use_columns: found {', '.join(unknown)}; allowed: columns that have reported counts")
    return NumberedInput(dictionary, counts, _number_short(reported, dictionary, settings))


def number_input_counts(spark: SparkSession, settings: Settings, dictionary: Dictionary) -> DataFrame:
    """COMBINATION_COUNTS of the file of reported counts, with the attributes numbered as read before."""
    return _number_short(open_reported(spark, settings)[0], dictionary, settings)


def _number_short(reported: DataFrame, dictionary: Dictionary, settings: Settings) -> DataFrame:
    return number_combinations(reported.where(F.size("combination") <= settings.reporting_length), dictionary)


def number_attributes(reported: DataFrame, subjects: int, columns: Sequence[str]) -> tuple[Dictionary, ProtectedCounts]:
    """Number the attributes as the counting of the case records would.

    What is collected is bounded: at most MOST_ATTRIBUTES combinations of one attribute.

    Args:
        reported: NAMED_COUNTS.
        subjects: the protected number of subjects.
        columns: which columns to use, in order; none: all, by name.

    Raises:
        DataError: no attributes or too many, or an attribute twice.
    """
    first, second = F.col("combination")[0], F.col("combination")[1]
    singles = reported.where(F.size("combination") == 1).select(first["column"], first["value"], "protected_count")
    rows = [tuple(row) for row in singles.limit(MOST_ATTRIBUTES + 1).collect()]
    found = {(column, value) for column, value, _ in rows}
    used = tuple(columns) or tuple(sorted({column for column, _ in found}))
    if not rows or len(rows) > MOST_ATTRIBUTES or len(found) < len(rows):
        raise DataError(
            f"reported counts: found {len(rows):,} of single attributes, {len(rows) - len(found):,} of them twice; "
            f"allowed: from 1 to {MOST_ATTRIBUTES:,}, each once"
        )
    place = {name: index for index, name in enumerate(used)}
    pairs = reported.where((F.size("combination") == 2) & (first["column"] == second["column"]))
    multi_valued = {row[0] for row in pairs.select(first["column"]).distinct().collect()}
    known = [(count, place[column], value) for column, value, count in rows if column in place]
    attributes = order_attributes(known, used, AS_REPORTED)
    dictionary = Dictionary(
        used,
        tuple(column for _, column, _ in attributes),
        tuple(value for _, _, value in attributes),
        frozenset(place[name] for name in multi_valued if name in place),
    )
    return dictionary, ProtectedCounts(tuple(count for count, _, _ in attributes), subjects)


def number_combinations(reported: DataFrame, dictionary: Dictionary) -> DataFrame:
    """Replace columns and values by attribute ids.

    Args:
        reported: NAMED_COUNTS.
        dictionary: from `number_attributes`; combinations with an attribute that is not in it are left out.

    Returns:
        COMBINATION_COUNTS, with the protected counts in place of exact ones.
    """
    numbered = reported.select("combination", "protected_count").mapInArrow(Numberer(dictionary), NUMBERED)
    return numbered.where(F.element_at("combination", 1) != UNKNOWN)


class Numberer:
    """The kernel of `number_combinations`: one look-up for all attributes of a batch."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._names = [
            f"{dictionary.columns[column]}{BETWEEN}{value}"
            for column, value in zip(dictionary.column_of, dictionary.values, strict=True)
        ]

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield NUMBERED; a combination with an attribute that is not there begins with UNKNOWN."""
        known = pa.array(self._names, pa.string())
        for batch in batches:
            lists = batch.column(0)
            pairs = lists.flatten()
            names = pc.binary_join_element_wise(pairs.field(0), pairs.field(1), BETWEEN)
            ids = np.asarray(pc.fill_null(pc.index_in(names, value_set=known), UNKNOWN)).astype(np.int64)
            lengths = np.asarray(lists.value_lengths()).astype(np.int64)
            start = np.repeat(np.arange(len(lists)), lengths) * (len(known) + 1)
            ascending = np.sort(start + ids - UNKNOWN) - start + UNKNOWN
            offsets = pa.array(offsets_of(lengths).astype(np.int32))
            combinations = pa.ListArray.from_arrays(offsets, pa.array(ascending.astype(np.int32)))
            yield pa.record_batch([combinations, batch.column(1)], names=["combination", "count"])


def _split_pair(part: Column) -> Column:
    """(column, value) of `column:value`; the value may hold colons."""
    value = F.when(F.contains(part, F.lit(":")), F.regexp_replace(part, "^[^:]*:", "")).otherwise("")
    return F.struct(F.substring_index(part, ":", 1).alias("column"), value.alias("value"))
