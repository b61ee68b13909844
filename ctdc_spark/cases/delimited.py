"""Open CSV, TSV and the like: which of their lines are records, and what is odd about them."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.delimited_files import RAW, DelimitedFiles, find_delimited
from ctdc_spark.cases.extra_rows import BETWEEN, CELLS, EXTRA, classify_rows
from ctdc_spark.cases.headers import HeaderGroup, group_by_header, name_file
from ctdc_spark.cases.opened import OpenedData, join_sql, trim_space, trim_sql
from ctdc_spark.cases.row_marks import (
    BLOCK,
    BROKEN_LINE,
    FILE_NAME,
    FILE_PATH,
    POSITION,
    RAGGED,
    TRAILING,
    mark_order,
)
from ctdc_spark.cases.unicode_form import list_lookalikes
from ctdc_spark.engine.failures import explained_failures
from ctdc_spark.errors import DataError

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
        files, groups = group_by_header(files)
        names = groups[0].names
        frames = [_mark_records(files, group, names, settings) for group in groups]
    has_lines = files.lines_are_text and any(group.multi_line for group in groups)
    return OpenedData(
        place=location.place,
        names=names,
        frame=reduce(lambda left, right: left.unionByName(right), frames),
        ordered=True,
        lines=files.lines if has_lines else None,
        encoding=files.encoding.name,
        remarks=(
            *dict.fromkeys(group.layout.remark for group in groups if group.layout.remark),
            *list_lookalikes(names),
        ),
        trailing=any(group.layout.empty for group in groups),
    )


def _mark_records(files: DelimitedFiles, group: HeaderGroup, names: tuple[str, ...], settings: Settings) -> DataFrame:
    """Return the records of a group of files as in `OpenedData`, their columns in the order of `names`."""
    layout = group.layout
    frame = files.read(layout.fields, header=not group.header, multi_line=group.multi_line, spaced=group.spaced)
    if group.paths:
        frame = frame.where(F.col(f"_metadata.{FILE_PATH}").isin(list(group.paths)))
    place = {name: f"c{position}" for name, position in zip(layout.names, layout.positions, strict=True)}
    trailing = join_sql("", (f"c{i}" for i in layout.empty)) != "" if layout.empty else F.lit(False)
    cells = files.encoding.decode(join_sql(BETWEEN, place.values()))
    texts = frame.where(_is_record(layout.fields)).select(
        *(_text(files, place[name]).alias(f"c{i}") for i, name in enumerate(names)),
        F.col(RAW),
        cells.alias(CELLS),
        F.col("_metadata.file_name").alias(FILE_NAME),
        trailing.alias(TRAILING),
        *mark_order(),
    )
    extra = classify_rows(names, files.encoding.encode_delimiter(files.delimiter), settings)
    is_broken = F.col(CELLS).contains("\n") if group.multi_line else F.lit(False)
    # a step of its own, or all cells would be put together once for every use
    marks = (F.col(RAW).isNotNull().alias(RAGGED), is_broken.alias(BROKEN_LINE), extra.alias(EXTRA))
    marked = texts.select("*", *marks).drop(RAW, CELLS)
    return _after_header(files, group, marked, frame) if group.header else marked


def _text(files: DelimitedFiles, field: str) -> Column:
    if files.encoding.high_characters is None:
        return F.expr(trim_sql(field))
    return trim_space(files.encoding.decode(F.col(field)))


def _after_header(files: DelimitedFiles, group: HeaderGroup, marked: DataFrame, raw: DataFrame) -> DataFrame:
    """The records below a header that is not the first line: in each file, after the first record like it.

    Raises:
        DataError: a file has no such record.
    """
    header = list(group.header)
    cells = F.array(
        *(F.coalesce(trim_space(files.encoding.decode(F.col(f"c{i}"))), F.lit("")) for i in range(len(header)))
    )
    lines = raw.select(cells.alias("cells"), *mark_order()).where(F.col(BLOCK) == 0)
    first = F.min(F.when(F.col("cells") == F.array(*map(F.lit, header)), F.col(POSITION)))
    places = [tuple(row) for row in lines.groupBy(FILE_PATH).agg(first).collect()]
    lacking = sorted(name_file(path) for path, position in places if position is None)
    if lacking or not places:
        raise DataError(
            f"{files.location.place}: found no header like that of the first file in {', '.join(lacking[:3])}; check "
            "sensitive_microdata_header_line"
        )
    begin = F.create_map(*(F.lit(part) for place in places for part in place))
    is_above = (F.col(BLOCK) == 0) & (F.col(POSITION) <= F.element_at(begin, F.col(FILE_PATH)))
    return marked.where(~is_above)


def _is_record(fields: int) -> Column:
    """Tell records from blank lines, which the reader skips or not depending on `multiLine`.

    The first column takes part for another reason too: Spark refuses queries that need only the raw record.
    """
    has_first = F.coalesce(trim_space(F.col("c0")) != "", F.lit(False))
    if fields == 1:
        return F.col(RAW).isNotNull() | has_first
    return F.coalesce(trim_space(F.col(RAW)) != "", F.lit(True)) | has_first
