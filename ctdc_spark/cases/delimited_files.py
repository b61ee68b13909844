"""CSV and its relatives, read so that nothing goes wrong silently.

Spark's reader renames repeated columns, fills short records with nulls, takes every file's columns to be in
the order of one file's header and reads a quoted line break as the end of a record, all silently. So here the header is
read first, columns are named by position, each record of another length is marked, files with another order of columns
are read separately, and quoted line breaks are looked for.

Whether a value may hold a line break (`multiLine`) decides whether a file can be split among tasks. A single
file up to `headers.WHOLE_FILE_BYTES`, or a compressed one, is read as a whole in any case, which is always
right. For a larger one and for several files all lines are looked at first, in parallel: only if one does not
stand on its own are the files read as wholes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from ctdc_spark.cases.encodings import TextEncoding, find_encoding
from ctdc_spark.cases.lines import FileLines, open_lines
from ctdc_spark.cases.location import Location, find_delimited_files
from ctdc_spark.cases.row_marks import FILE_PATH
from ctdc_spark.cases.unicode_form import is_normalized

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from ctdc_spark.settings import Settings

RAW = "raw"


@dataclass(frozen=True)
class DelimitedFiles:
    """Where the files are and how they are written.

    Attributes:
        columns_are_named: the settings name the columns that are used, so the header is not the only one to do so.
        given_delimiter: the one that the settings name, if they do.
        header_line: the number of the header's line; None: the first one.
        escape: what stands before a quote within quotes; None: quotes are doubled.
        normal: names are brought into Unicode's form NFC.
    """

    spark: SparkSession
    location: Location
    delimiter: str
    encoding: TextEncoding
    columns_are_named: bool
    given_delimiter: str | None = None
    header_line: int | None = None
    escape: str | None = None
    normal: bool = True

    @property
    def lines(self) -> FileLines:
        """The files as lines."""
        return open_lines(self.spark, self.location, self.delimiter, self.escape)

    @property
    def lines_are_text(self) -> bool:
        """Lines can be looked at one by one: line feed, quote and delimiter are single bytes, as in ASCII."""
        return self.encoding.keeps_ascii and self.delimiter.isascii()

    def read(self, fields: int, *, header: bool, multi_line: bool, spaced: bool = False) -> DataFrame:
        """Return (c0, c1, ... string, raw string: the whole record if it has another number of fields).

        Args:
            fields: of a record.
            header: the first line is none.
            multi_line: a quoted value may hold a line break.
            spaced: pass over white space around quotes; control characters count as such, so it is not the rule.
        """
        schema = ", ".join(f"c{i} string" for i in range(fields)) + f", {RAW} string"
        reader = self.spark.read.schema(schema).options(
            header=header,
            multiLine=multi_line,
            sep=self.encoding.encode_delimiter(self.delimiter),
            encoding=self.encoding.spark_name,
            escape=self.escape or '"',  # a quote within quotes is doubled; Spark's default is a backslash
            ignoreLeadingWhiteSpace=spaced,
            ignoreTrailingWhiteSpace=spaced,
            lineSep="\n",  # the carriage return of Windows is then white space at the end, and trimmed
            mode="PERMISSIVE",
            columnNameOfCorruptRecord=RAW,
        )
        return reader.options(**self.location.options).csv(self.location.path)

    def read_first_record(self, path: str) -> str | None:
        """Return the text of the first record of a file; its quoted values may hold line breaks."""
        frame = self.read(1, header=False, multi_line=True)
        found = frame.where(F.col(f"_metadata.{FILE_PATH}") == path).select("c0", RAW).limit(1).collect()
        return self.encoding.decode_text(found[0][RAW] or found[0]["c0"] or "") if found else None


def find_delimited(spark: SparkSession, settings: Settings) -> DelimitedFiles:
    """Find the files, without looking into them.

    Raises:
        DataError: there are no such files.
    """
    location = find_delimited_files(spark, str(settings.sensitive_microdata_path))
    delimiter = settings.sensitive_microdata_delimiter or location.usual_delimiter
    encoding = find_encoding(settings.sensitive_microdata_encoding)
    return DelimitedFiles(
        spark,
        location,
        delimiter,
        encoding,
        columns_are_named=bool(settings.use_columns),
        given_delimiter=settings.sensitive_microdata_delimiter,
        header_line=settings.sensitive_microdata_header_line,
        escape=settings.sensitive_microdata_escape,
        normal=is_normalized(settings),
    )
