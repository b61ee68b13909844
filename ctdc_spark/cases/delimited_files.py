"""CSV and its relatives, read so that nothing goes wrong in silence.

Spark's reader renames repeated columns, fills short records with nulls, takes every file's columns to be in
the order of one file's header and reads a quoted line break as the end of a record, all without a word. So
here the header is read first, columns are named by position, each record of another length is marked, files
with another order of columns are read apart, and quoted line breaks are looked for.

Whether a value may hold a line break (`multiLine`) decides whether a file can be split among tasks. A single
file up to `headers.WHOLE_FILE_BYTES`, or a compressed one, is read as a whole in any case, which is always
right. For a larger one and for several files all lines are looked at first, in parallel: only if one does not
stand on its own are the files read as wholes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.encodings import TextEncoding, find_encoding
from ctdc_spark.cases.headers import HeaderGroup, group_by_header
from ctdc_spark.cases.lines import FileLines, open_lines
from ctdc_spark.cases.location import Location, find_delimited_files
from ctdc_spark.cases.opened import (
    BROKEN_LINE,
    FILE_NAME,
    FILE_PATH,
    RAGGED,
    OpenedData,
    mark_order,
    trim_space,
)
from ctdc_spark.engine.failures import explained_failures

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

    from ctdc_spark.settings import Settings

_RAW = "raw"


@dataclass(frozen=True)
class DelimitedFiles:
    """Where the files are and how they are written.

    Attributes:
        columns_are_named: the settings name the columns that are used, so that the header is not alone in saying so.
    """

    spark: SparkSession
    location: Location
    delimiter: str
    encoding: TextEncoding
    columns_are_named: bool

    @property
    def lines(self) -> FileLines:
        """The files as lines."""
        return open_lines(self.spark, self.location, self.delimiter)

    @property
    def lines_are_text(self) -> bool:
        """Lines can be looked at one by one: line feed, quote and delimiter are single bytes, as in ASCII."""
        return self.encoding.keeps_ascii and self.delimiter.isascii()

    def read(self, fields: int, *, header: bool, multi_line: bool) -> DataFrame:
        """Return (c0, c1, ... string, raw string: the whole record if it has another number of fields)."""
        schema = ", ".join(f"c{i} string" for i in range(fields)) + f", {_RAW} string"
        reader = self.spark.read.schema(schema).options(
            header=header,
            multiLine=multi_line,
            sep=self.encoding.encode_delimiter(self.delimiter),
            encoding=self.encoding.spark_name,
            escape='"',  # a quote within quotes is doubled; Spark's default is a backslash
            lineSep="\n",  # the carriage return of Windows is then white space at the end, and trimmed
            mode="PERMISSIVE",
            columnNameOfCorruptRecord=_RAW,
        )
        return reader.options(**self.location.options).csv(self.location.path)

    def read_first_record(self, path: str) -> str | None:
        """Return the text of the first record of a file; its quoted values may hold line breaks."""
        frame = self.read(1, header=False, multi_line=True)
        found = frame.where(F.col(f"_metadata.{FILE_PATH}") == path).select("c0", _RAW).limit(1).collect()
        return self.encoding.decode_text(found[0][_RAW] or found[0]["c0"] or "") if found else None


def find_delimited(spark: SparkSession, settings: Settings) -> DelimitedFiles:
    """Find the files, without a look into them.

    Raises:
        DataError: there are no such files.
    """
    location = find_delimited_files(spark, str(settings.sensitive_microdata_path))
    delimiter = settings.sensitive_microdata_delimiter or location.usual_delimiter
    encoding = find_encoding(settings.sensitive_microdata_encoding)
    return DelimitedFiles(spark, location, delimiter, encoding, columns_are_named=bool(settings.use_columns))


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
        F.col(_RAW).isNotNull().alias(RAGGED),
        F.coalesce(reduce(or_, broken, F.lit(False)), F.lit(False)).alias(BROKEN_LINE),
        F.col("_metadata.file_name").alias(FILE_NAME),
        *mark_order(),
    )


def _is_record(fields: int) -> Column:
    """Tell records from blank lines, which the reader skips or not depending on `multiLine`.

    The first column takes part for another reason as well: Spark refuses queries that need the raw record only.
    """
    has_first = F.coalesce(trim_space(F.col("c0")) != "", F.lit(False))
    if fields == 1:
        return F.col(_RAW).isNotNull() | has_first
    return F.coalesce(trim_space(F.col(_RAW)) != "", F.lit(True)) | has_first
