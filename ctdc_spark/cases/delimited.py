"""Open CSV, TSV and the like: which of their lines are records, and what is odd about them."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.delimited_files import RAW, DelimitedFiles, find_delimited
from ctdc_spark.cases.headers import HeaderGroup, group_by_header
from ctdc_spark.cases.opened import OpenedData, trim_space
from ctdc_spark.cases.row_marks import BROKEN_LINE, FILE_NAME, FILE_PATH, RAGGED, mark_order
from ctdc_spark.engine.failures import explained_failures

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from ctdc_spark.settings import Settings


def open_delimited(spark: SparkSession, settings: Settings) -> OpenedData:
    """Open CSV, TSV and the like: a file, the files of a folder, or those that match a pattern.

    Raises:
        DataError: there are no such files, they are empty, the header cannot be used, or the files' columns
            differ.
    """
    files = find_delimited(spark, settings)
    location = files.location
    with explained_failures(location.place):
        groups = group_by_header(files)
        names = groups[0].names
        frames = [_mark_records(files, group, names) for group in groups]
    has_lines = files.lines_are_text and any(group.multi_line for group in groups)
    return OpenedData(
        place=location.place,
        names=names,
        frame=reduce(lambda left, right: left.unionByName(right), frames),
        ordered=True,
        lines=files.lines if has_lines else None,
        encoding=files.encoding.name,
    )


def _mark_records(files: DelimitedFiles, group: HeaderGroup, names: tuple[str, ...]) -> DataFrame:
    """Return the records of a group of files as in `OpenedData`, their columns in the order of `names`."""
    frame = files.read(len(group.names), header=True, multi_line=group.multi_line)
    if group.paths:
        frame = frame.where(F.col(f"_metadata.{FILE_PATH}").isin(list(group.paths)))
    values = {name: F.col(f"c{i}") for i, name in enumerate(group.names)}
    broken = [value.contains("\n") for value in values.values()] if group.multi_line else []
    return frame.where(_is_record(len(names))).select(
        *(trim_space(files.encoding.decode(values[name])).alias(f"c{i}") for i, name in enumerate(names)),
        F.col(RAW).isNotNull().alias(RAGGED),
        F.coalesce(reduce(or_, broken, F.lit(False)), F.lit(False)).alias(BROKEN_LINE),
        F.col("_metadata.file_name").alias(FILE_NAME),
        *mark_order(),
    )


def _is_record(fields: int) -> Column:
    """Tell records from blank lines, which the reader skips or not depending on `multiLine`.

    The first column takes part for another reason too: Spark refuses queries that need only the raw record.
    """
    has_first = F.coalesce(trim_space(F.col("c0")) != "", F.lit(False))
    if fields == 1:
        return F.col(RAW).isNotNull() | has_first
    return F.coalesce(trim_space(F.col(RAW)) != "", F.lit(True)) | has_first
